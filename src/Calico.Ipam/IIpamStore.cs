namespace Calico.Ipam;

/// <summary>
/// The store that IPAM keeps its documents in: keys to bytes, each with a revision, changed by comparison only. etcd, SQLite, a Kubernetes API server or a dictionary can be one.
/// </summary>
/// <remarks>
/// Rules an implementation must keep (<c>Calico.Ipam.Testing</c> checks them):
/// a revision is positive and never used twice for a key, also not after the key was deleted and created again;
/// a commit is all or nothing and seen whole by every later read, of any process;
/// keys are ordered and compared as ordinal strings; values are opaque and come back byte for byte.
/// Members may be called from any thread at once. A failure of which the outcome is certain (nothing was written) is an exception;
/// a failure that leaves it open is <see cref="CommitStatus.Ambiguous"/>, never a silent second try.
/// </remarks>
public interface IIpamStore
{
    /// <summary>How many writes one <see cref="CommitAsync"/> takes: 1 where the store has no transactions over several keys, else at least 2.</summary>
    int MaxWritesPerCommit { get; }

    /// <summary>
    /// Whether <see cref="CommitAsync"/> can ever answer <see cref="CommitStatus.Ambiguous"/>. Then sequence numbers move in random steps, so that a writer knows its own write again.
    /// </summary>
    bool CanBeAmbiguous { get; }

    /// <summary>The entry of a key now, or null where there is none.</summary>
    /// <param name="key">The whole key, such as <c>/calico/ipam/v2/config</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>All entries whose key starts with a prefix, in ordinal order of keys, as of one moment.</summary>
    /// <param name="prefix">Compared as a plain string; callers end it with <c>/</c>.</param>
    /// <param name="keysOnly">Leaves the values empty, for callers that only want to know what exists.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default);

    /// <summary>Writes all, or nothing when any comparison fails.</summary>
    /// <param name="writes">1 to <see cref="MaxWritesPerCommit"/> writes to different keys.</param>
    /// <param name="cancellationToken">Ends the wait; when the write may be on its way already the answer is <see cref="CommitStatus.Ambiguous"/>.</param>
    ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default);
}
