namespace Calico.Ipam.Testing;

/// <summary>What goes wrong with a commit.</summary>
public enum StoreFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The request never arrives: nothing is written, and the caller cannot know.</summary>
    LostRequest,

    /// <summary>The reply never arrives: all is written (if the comparisons hold), and the caller cannot know.</summary>
    LostReply,

    /// <summary>Nothing is written, as if somebody else had been quicker.</summary>
    Conflict,

    /// <summary>The store says that it cannot: an <see cref="IOException"/>, nothing is written.</summary>
    Failure,
}

/// <summary>A store that fails, delays and loses replies on command, around any other store.</summary>
/// <param name="inner">The store that keeps the documents.</param>
/// <param name="maxWritesPerCommit">1 hides the inner store's transactions; null keeps them.</param>
public sealed class FaultyIpamStore(IIpamStore inner, int? maxWritesPerCommit = null) : IIpamStore
{
    /// <summary>Asked before each commit what shall go wrong; may itself write to the inner store, as another process would.</summary>
    public Func<ReadOnlyMemory<StoreWrite>, ValueTask<StoreFault>>? OnCommit { get; set; }

    /// <summary>Called after each commit with its true outcome.</summary>
    public Func<ReadOnlyMemory<StoreWrite>, CommitResult, ValueTask>? AfterCommit { get; set; }

    /// <summary>Called before each read with its key or prefix; may wait, or throw.</summary>
    public Func<string, ValueTask>? OnRead { get; set; }

    /// <inheritdoc/>
    public int MaxWritesPerCommit => maxWritesPerCommit ?? inner.MaxWritesPerCommit;

    /// <inheritdoc/>
    public bool CanBeAmbiguous => true;

    /// <summary>Commits asked for so far.</summary>
    public int Commits { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        if (OnRead is not null) await OnRead(key).ConfigureAwait(false);
        return await inner.GetAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        if (OnRead is not null) await OnRead(prefix).ConfigureAwait(false);
        return await inner.ListAsync(prefix, keysOnly, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
    {
        Commits++;
        StoreFault fault = OnCommit is null ? StoreFault.None : await OnCommit(writes).ConfigureAwait(false);
        switch (fault)
        {
            case StoreFault.Failure:
                throw new IOException("The store was told to fail.");
            case StoreFault.Conflict:
                return CommitResult.Conflict;
            case StoreFault.LostRequest:
                return CommitResult.Ambiguous;
        }

        CommitResult result = await inner.CommitAsync(writes, cancellationToken).ConfigureAwait(false);
        if (AfterCommit is not null) await AfterCommit(writes, result).ConfigureAwait(false);
        return fault == StoreFault.LostReply ? CommitResult.Ambiguous : result;
    }
}
