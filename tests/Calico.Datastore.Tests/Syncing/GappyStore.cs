using System.Runtime.CompilerServices;

namespace Calico.Datastore.Tests.Syncing;

/// <summary>A store whose reads and watches fail on command.</summary>
internal sealed class GappyStore : IDatastore
{
    private readonly MemoryDatastore _inner = new();
    private CancellationTokenSource _broken = new();

    public int MaximumWrites => _inner.MaximumWrites;

    public bool CanBeAmbiguous => false;

    public void Break() => _broken.Cancel();

    public void Heal() => _broken = new();

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default) => _inner.GetAsync(key, cancellationToken);

    public ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        if (_broken.IsCancellationRequested) throw new DatastoreException(DatastoreError.Unavailable, "broken on command");
        return _inner.ListAsync(prefix, keysOnly, cancellationToken);
    }

    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default) => _inner.CommitAsync(transaction, cancellationToken);

    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CancellationToken broken = _broken.Token;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, broken);
        await using IAsyncEnumerator<WatchBatch> watch = _inner.WatchAsync(prefix, afterRevision, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (!await watch.MoveNextAsync()) yield break;
            }
            catch (OperationCanceledException) when (broken.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new DatastoreException(DatastoreError.Unavailable, "broken on command");
            }

            yield return watch.Current;
        }
    }

    public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) => _inner.GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default) => _inner.RenewLeaseAsync(lease, cancellationToken);

    public ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default) => _inner.RevokeLeaseAsync(lease, cancellationToken);

    public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) => _inner.CompactAsync(revision, cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
