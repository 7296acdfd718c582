namespace Calico.Datastore;

/// <summary>
/// A revisioned key-value store as etcd v3 has it: the one port that everything of the suite keeps its state behind.
/// </summary>
/// <remarks>
/// <para>Every commit that changes something takes the next <em>revision</em>, a number that only grows and is shared by all keys. A value is as old as
/// the revision that wrote it (<see cref="KeyValue.ModRevision"/>), and that number is what compare-and-swap compares.</para>
/// <para>Reads are linearizable: they see every commit that was acknowledged before they began.
/// All members may be called from any number of threads at once.</para>
/// <para>Every member throws <see cref="DatastoreException"/> when the store cannot answer, and <see cref="OperationCanceledException"/> when the caller gave up.
/// A commit given up while it may already be on its way is not cancelled but <see cref="CommitOutcome.Ambiguous"/>.</para>
/// </remarks>
public interface IDatastore : IAsyncDisposable
{
    /// <summary>How many keys one transaction may write, and how many conditions it may have; at least 2.</summary>
    int MaximumWrites { get; }

    /// <summary>Whether a commit of this store can end as <see cref="CommitOutcome.Ambiguous"/>.</summary>
    bool CanBeAmbiguous { get; }

    /// <summary>Reads one key.</summary>
    /// <returns>The value with its revisions, or null when the key does not exist.</returns>
    ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Reads every key that begins with <paramref name="prefix"/>, in ordinal order, as one consistent picture.</summary>
    /// <param name="prefix">The first characters of the keys; end it with <c>/</c> so that <c>foo</c> does not match <c>foobar</c>. Empty = all keys.</param>
    /// <param name="keysOnly">Leaves the values empty.</param>
    /// <param name="cancellationToken">Gives the read up.</param>
    /// <returns>The values and the revision the picture is of: a watch from that revision misses nothing and repeats nothing.</returns>
    ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default);

    /// <summary>Carries out all writes of <paramref name="transaction"/> if all its conditions hold, else none.</summary>
    /// <remarks>A commit is durable when this returns. It is never repeated behind the caller's back: where the answer was lost,
    /// the outcome is <see cref="CommitOutcome.Ambiguous"/> and the caller reads again and decides.</remarks>
    /// <exception cref="ArgumentException">A key is empty, or written twice in one transaction.</exception>
    ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default);

    /// <summary>Every change under <paramref name="prefix"/> after <paramref name="afterRevision"/>, in order, none lost and none twice, until cancelled.</summary>
    /// <param name="prefix">As in <see cref="ListAsync"/>.</param>
    /// <param name="afterRevision">The last revision already known, usually <see cref="KeyValueList.Revision"/>.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <remarks>Connection losses are healed inside. All events of one commit come in one batch. An empty batch tells that nothing happened up to its revision.</remarks>
    /// <exception cref="DatastoreException">With <see cref="DatastoreError.Compacted"/>: the history after <paramref name="afterRevision"/> is gone; list again and watch from there.</exception>
    IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken = default);

    /// <summary>Makes a lease: keys written with it are deleted when nobody has renewed it for <paramref name="timeToLive"/>.</summary>
    /// <param name="timeToLive">At least one second; stores round up to whole seconds.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <returns>The lease's id, never 0.</returns>
    ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default);

    /// <summary>Renews a lease for its full time.</summary>
    /// <returns>False when it had expired or was revoked: its keys are gone.</returns>
    ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default);

    /// <summary>Ends a lease now and deletes its keys. An unknown lease is not an error.</summary>
    ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default);

    /// <summary>Forgets the history up to <paramref name="revision"/>. Present values stay; watches from before it fail with <see cref="DatastoreError.Compacted"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The revision is in the future.</exception>
    ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default);
}
