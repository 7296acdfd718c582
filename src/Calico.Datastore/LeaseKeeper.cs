namespace Calico.Datastore;

/// <summary>A lease that renews itself until disposed; disposing revokes it.</summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly IDatastore _store;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewing;

    private LeaseKeeper(IDatastore store, long lease, TimeSpan timeToLive, TimeProvider time)
    {
        _store = store;
        Lease = lease;
        _renewing = RenewAsync(timeToLive, time);
    }

    /// <summary>The lease's id, for <see cref="Write.Lease"/>.</summary>
    public long Lease { get; }

    /// <summary>Cancelled when the lease ran out before it could be renewed: its keys are gone, or will be any moment.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Grants a lease and begins to renew it every third of its time.</summary>
    public static async ValueTask<LeaseKeeper> StartAsync(IDatastore store, TimeSpan timeToLive, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        long lease = await store.GrantLeaseAsync(timeToLive, cancellationToken).ConfigureAwait(false);
        return new(store, lease, timeToLive, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Stops renewing and revokes the lease; where the store cannot be reached the lease runs out by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        try
        {
            await _store.RevokeLeaseAsync(Lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DatastoreException)
        {
        }

        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync(TimeSpan timeToLive, TimeProvider time)
    {
        try
        {
            long renewedAt = time.GetTimestamp();
            while (true)
            {
                await Task.Delay(timeToLive / 3, time, _stop.Token).ConfigureAwait(false);
                try
                {
                    long before = time.GetTimestamp();
                    if (!await _store.RenewLeaseAsync(Lease, _stop.Token).ConfigureAwait(false)) break;
                    renewedAt = before;
                }
                catch (DatastoreException) when (time.GetElapsedTime(renewedAt) < timeToLive)
                {
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (DatastoreException)
        {
        }

        await _lost.CancelAsync().ConfigureAwait(false);
    }
}
