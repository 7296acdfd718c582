using System.Collections.Concurrent;

namespace Calico.Datastore.Sqlite.Storage;

/// <summary>
/// Group commit. Operations queue; whoever finds nobody writing carries out what is queued: all of it in one SQLite transaction, one durable write.
/// A lone caller therefore writes on its own thread without any hand-over, and callers that come meanwhile share the next transaction.
/// While another process holds the lock the writer waits without a thread, a random while each time.
/// </summary>
internal sealed class Writer(SqliteDatastoreOptions options, Action changed) : IDisposable
{
    private const int MaximumBatch = 512;

    private readonly ConcurrentQueue<Operation> _queue = new();
    private readonly List<Operation> _batch = [];
    private WriteSession? _session;
    private int _busy;
    private volatile bool _disposed;

    public Task<T> RunAsync<T>(Func<WriteSession, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteDatastore));
        cancellationToken.ThrowIfCancellationRequested();
        Operation<T> operation = new(work, cancellationToken);
        _queue.Enqueue(operation);
        if (Interlocked.CompareExchange(ref _busy, 1, 0) == 0) _ = DrainAsync();
        return operation.Task;
    }

    public void Dispose()
    {
        _disposed = true;
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _busy, 1, 0) != 0) wait.SpinOnce();
        _session?.Dispose();
        foreach (Operation operation in _queue) operation.Fail(new ObjectDisposedException(nameof(SqliteDatastore)));
    }

    private async Task DrainAsync()
    {
        do
        {
            while (TakeBatch())
            {
                await CarryOutAsync().ConfigureAwait(false);
                // The caller that began this has its answer; what others queued meanwhile is not done on its thread.
                if (!_queue.IsEmpty) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            Volatile.Write(ref _busy, 0);
        }
        while (!_queue.IsEmpty && Interlocked.CompareExchange(ref _busy, 1, 0) == 0);
    }

    private bool TakeBatch()
    {
        _batch.Clear();
        while (_batch.Count < MaximumBatch && _queue.TryDequeue(out Operation? operation))
        {
            if (!operation.IsCancelled) _batch.Add(operation);
        }

        return _batch.Count > 0;
    }

    private async ValueTask CarryOutAsync()
    {
        bool committing = false;
        try
        {
            _session ??= Open();
            await BeginAsync(_session).ConfigureAwait(false);
            foreach (Operation operation in _batch) operation.Execute(_session);
            committing = true;
            _session.End();
        }
        catch (Exception exception) when (exception is SqliteError or DatastoreException)
        {
            Abandon();
            foreach (Operation operation in _batch) operation.Fail(exception, committing, options.Path);
            return;
        }

        if (_session.Changed) changed();
        foreach (Operation operation in _batch) operation.Complete();
    }

    /// <summary>The waiting for the lock is ours, so that it takes no thread: SQLite itself shall not block.</summary>
    private WriteSession Open()
    {
        Database database = Schema.Open(options);
        database.BusyTimeout(TimeSpan.Zero);
        return new(database, options);
    }

    private async ValueTask BeginAsync(WriteSession session)
    {
        if (session.TryBegin()) return;
        long started = TimeProvider.System.GetTimestamp();
        while (!session.TryBegin())
        {
            if (TimeProvider.System.GetElapsedTime(started) >= options.LockTimeout)
                throw new DatastoreException(DatastoreError.Locked, $"The datastore {options.Path} was locked by another process for {options.LockTimeout.TotalSeconds:0.#} s.");
            await Task.Delay(TimeSpan.FromMicroseconds(Random.Shared.Next(200, 3000))).ConfigureAwait(false);
        }
    }

    /// <summary>Rolls back; where even that fails the connection is of no use any more and the next batch opens a new one.</summary>
    private void Abandon()
    {
        try
        {
            _session?.Rollback();
        }
        catch (SqliteError)
        {
            _session?.Dispose();
            _session = null;
        }
    }
}
