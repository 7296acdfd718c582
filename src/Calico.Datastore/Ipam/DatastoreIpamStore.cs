using Calico.Ipam;
using IpamCommit = Calico.Ipam.CommitResult;

namespace Calico.Datastore;

/// <summary>Lets Calico.Ipam keep its documents in any <see cref="IDatastore"/>.</summary>
/// <param name="store">The datastore; not disposed with this.</param>
public sealed class DatastoreIpamStore(IDatastore store) : IIpamStore
{
    /// <inheritdoc/>
    public int MaxWritesPerCommit => store.MaximumWrites;

    /// <inheritdoc/>
    public bool CanBeAmbiguous => store.CanBeAmbiguous;

    /// <inheritdoc/>
    public async ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        await store.GetAsync(key, cancellationToken).ConfigureAwait(false) is { } item ? Entry(item) : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        KeyValueList list = await store.ListAsync(prefix, keysOnly, cancellationToken).ConfigureAwait(false);
        StoreEntry[] entries = new StoreEntry[list.Items.Count];
        for (int i = 0; i < entries.Length; i++) entries[i] = Entry(list.Items[i]);
        return entries;
    }

    /// <inheritdoc/>
    public async ValueTask<IpamCommit> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
    {
        CommitResult result = await store.CommitAsync(ToTransaction(writes.Span), cancellationToken).ConfigureAwait(false);
        return result.Outcome switch
        {
            CommitOutcome.Committed => IpamCommit.Done(result.Revision),
            CommitOutcome.Conflict => IpamCommit.Conflict,
            _ => IpamCommit.Ambiguous,
        };
    }

    private static Transaction ToTransaction(ReadOnlySpan<StoreWrite> writes)
    {
        Transaction transaction = new();
        foreach (StoreWrite write in writes)
        {
            transaction.Require(write.Key, write.ExpectedRevision);
            if (write.Value is { } value) transaction.Put(write.Key, value);
            else transaction.Delete(write.Key);
        }

        return transaction;
    }

    private static StoreEntry Entry(KeyValue item) => new(item.Key, item.Value, item.ModRevision);
}
