namespace Calico.Datastore.Sqlite.Storage;

/// <summary>One queued write: what to do in the transaction, and who waits for it.</summary>
internal abstract class Operation
{
    public abstract bool IsCancelled { get; }

    /// <summary>Does the work; an error of this operation alone is kept for <see cref="Complete"/>, an error of the store is thrown.</summary>
    public abstract void Execute(WriteSession session);

    public abstract void Complete();

    public abstract void Fail(Exception exception, bool committing = false, string path = "");
}

internal sealed class Operation<T>(Func<WriteSession, T> work, CancellationToken cancellationToken) : Operation
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;
    private Exception? _error;

    public Task<T> Task => _completion.Task;

    /// <summary>Only before it is carried out: afterwards the caller gets the answer.</summary>
    public override bool IsCancelled => cancellationToken.IsCancellationRequested && _completion.TrySetCanceled(cancellationToken);

    public override void Execute(WriteSession session)
    {
        try
        {
            _result = work(session);
        }
        catch (Exception error) when (error is DatastoreException or ArgumentException)
        {
            _error = error;
        }
    }

    public override void Complete()
    {
        if (_error is not null) _completion.TrySetException(_error);
        else _completion.TrySetResult(_result);
    }

    public override void Fail(Exception exception, bool committing = false, string path = "")
    {
        if (committing && exception is SqliteError { IsAmbiguousAtCommit: true } && CommitResult.Lost(exception.Message) is T lost)
            _completion.TrySetResult(lost);
        else
            _completion.TrySetException(exception is SqliteError error ? error.ToDatastoreException(path) : exception);
    }
}
