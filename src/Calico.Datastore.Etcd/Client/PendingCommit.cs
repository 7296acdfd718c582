using Grpc.Core;

namespace Calico.Datastore.Etcd.Client;

/// <summary>A commit that waits for its turn or its answer.</summary>
internal sealed class PendingCommit
{
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;
    private CancellationTokenRegistration _giveUp;
    private int _isSent;

    public PendingCommit(Transaction transaction, CancellationToken cancellation)
    {
        (Transaction, _cancellation) = (transaction, cancellation);
        foreach (Write write in transaction.Writes) Size += write.Key.Length + (write.Value?.Length ?? 0);
        foreach (Condition condition in transaction.Conditions) Size += 2 * condition.Key.Length;
    }

    public Transaction Transaction { get; }

    /// <summary>About how many bytes it takes in a request.</summary>
    public int Size { get; }

    public Task<CommitResult> Answer => _answer.Task;

    /// <summary>From here on the caller may give up.</summary>
    public void Watch() => _giveUp = _cancellation.UnsafeRegister(static pending => ((PendingCommit)pending!).GiveUp(), this);

    /// <summary>False when the caller has given up before anything was sent: then it is not to be sent.</summary>
    public bool Send()
    {
        Volatile.Write(ref _isSent, 1);
        if (!_cancellation.IsCancellationRequested) return true;
        Volatile.Write(ref _isSent, 0);
        GiveUp();
        return false;
    }

    /// <summary>Certainly nothing of it was carried out: it waits again.</summary>
    public void Unsend() => Volatile.Write(ref _isSent, 0);

    public void Complete(CommitResult result)
    {
        _answer.TrySetResult(result);
        _giveUp.Dispose();
    }

    public void Fail(Exception error)
    {
        _answer.TrySetException(error);
        _giveUp.Dispose();
    }

    private void GiveUp()
    {
        if (Volatile.Read(ref _isSent) == 1) _answer.TrySetResult(CommitResult.Lost($"{StatusCode.Cancelled}: given up after it was sent"));
        else _answer.TrySetCanceled(_cancellation);
    }
}
