namespace Calico.Ipam.Testing;

/// <summary>
/// One process's view of a shared store in which every call waits until the test lets it go on: any interleaving of any number of processes, crashes between
/// any two calls and lost replies, all on one thread and repeatable. Give every process its own instance over the same inner store.
/// </summary>
/// <param name="inner">The store that all share.</param>
/// <param name="maxWritesPerCommit">1 hides the inner store's transactions; null keeps them.</param>
public sealed class SteppedIpamStore(InMemoryIpamStore inner, int? maxWritesPerCommit = null) : IIpamStore
{
    private readonly Queue<(bool IsCommit, Action<StoreFault> Go)> _waiting = [];
    private bool _crashed;

    /// <inheritdoc/>
    public int MaxWritesPerCommit => maxWritesPerCommit ?? inner.MaxWritesPerCommit;

    /// <inheritdoc/>
    public bool CanBeAmbiguous => true;

    /// <summary>Whether a call waits to be let go on.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>Whether the call that waits longest is a commit.</summary>
    public bool IsCommitWaiting => _waiting.TryPeek(out (bool IsCommit, Action<StoreFault> Go) next) && next.IsCommit;

    /// <summary>Called after each commit with its true outcome.</summary>
    public Action<ReadOnlyMemory<StoreWrite>, CommitResult>? AfterCommit { get; set; }

    /// <summary>Lets the call that waits longest happen; the process runs on until its next call before this returns.</summary>
    /// <param name="fault">What goes wrong with it; counts for commits only.</param>
    public void Step(StoreFault fault = StoreFault.None)
    {
        if (!_waiting.TryDequeue(out (bool IsCommit, Action<StoreFault> Go) next)) throw new InvalidOperationException("No call is waiting.");
        next.Go(fault);
    }

    /// <summary>Ends the process: waiting calls never happen, later ones never return.</summary>
    public void Crash()
    {
        _crashed = true;
        _waiting.Clear();
    }

    /// <inheritdoc/>
    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        Wait(false, _ => inner.GetAsync(key, CancellationToken.None));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default) =>
        Wait(false, _ => inner.ListAsync(prefix, keysOnly, CancellationToken.None));

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default) =>
        Wait(true, fault => Commit(writes, fault));

    private async ValueTask<CommitResult> Commit(ReadOnlyMemory<StoreWrite> writes, StoreFault fault)
    {
        if (fault == StoreFault.LostRequest) return CommitResult.Ambiguous;
        if (fault == StoreFault.Conflict) return CommitResult.Conflict;
        CommitResult result = await inner.CommitAsync(writes).ConfigureAwait(false);
        AfterCommit?.Invoke(writes, result);
        return fault == StoreFault.LostReply ? CommitResult.Ambiguous : result;
    }

    private ValueTask<T> Wait<T>(bool commit, Func<StoreFault, ValueTask<T>> call)
    {
        TaskCompletionSource<T> reply = new();
        if (_crashed) return new(reply.Task);
        _waiting.Enqueue((commit, fault => Reply(call(fault), reply)));
        return new(reply.Task);
    }

    // The inner store answers at once, and whoever awaits the reply runs on right here.
    private static void Reply<T>(ValueTask<T> answer, TaskCompletionSource<T> reply) => reply.SetResult(answer.GetAwaiter().GetResult());
}
