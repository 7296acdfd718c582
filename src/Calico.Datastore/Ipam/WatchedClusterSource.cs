using System.Collections.Immutable;
using Calico.Ipam;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Datastore;

/// <summary>
/// Pools, reservations, settings and node labels for Calico.Ipam, followed as they change: a request costs no read. For processes that live; a tool that runs
/// once is better off with <see cref="StoreClusterSource"/>.
/// </summary>
/// <remarks>
/// At the start, and after trouble until all has been read again, each request reads directly. Otherwise a picture lags behind the store by the time an event
/// takes. While the store cannot be reached the last picture stays: what is decided by it cannot be written either.
/// A document that cannot be read is left out and named in <see cref="Problems"/>.
/// </remarks>
public sealed class WatchedClusterSource : IIpamClusterSource, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, IPPool> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IPReservation> _reservations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _problems = new(StringComparer.Ordinal);
    private readonly StoreClusterSource _direct;
    private readonly ILogger _log;
    private readonly Task _following;
    private ImmutableDictionary<string, IReadOnlyDictionary<string, string>> _labels = ImmutableDictionary.Create<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
    private IpamConfig _config = IpamConfig.Default;
    private volatile IpamCluster? _picture;
    private volatile IReadOnlyList<string> _told = [];

    /// <summary>Begins to follow.</summary>
    /// <param name="store">The datastore; not disposed with this.</param>
    /// <param name="logger">Told of documents that cannot be read and of trouble with the datastore; null = nobody is.</param>
    /// <param name="timeProvider">The clock of the retries; null = the system's.</param>
    public WatchedClusterSource(IDatastore store, ILogger<WatchedClusterSource>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _log = logger ?? (ILogger)NullLogger.Instance;
        _direct = new StoreClusterSource(new DatastoreIpamStore(store), time: timeProvider);
        Syncer syncer = new(store, [IpamKeys.Pools, IpamKeys.Reservations, IpamKeys.Nodes, IpamKeys.Config], timeProvider);
        _following = Task.Run(() => FollowAsync(syncer, _stop.Token));
    }

    /// <summary>Documents that cannot be read at present, each with the reason.</summary>
    public IReadOnlyList<string> Problems => _told;

    /// <summary>Whether requests are decided without reading.</summary>
    public bool IsFollowing => _picture is not null;

    /// <inheritdoc/>
    public ValueTask<IpamCluster> GetAsync(CancellationToken cancellationToken = default) =>
        _picture is { } picture ? new(picture) : _direct.GetAsync(cancellationToken);

    /// <summary>Stops following.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _picture = null;
        _stop.Dispose();
    }

    private async Task FollowAsync(Syncer syncer, CancellationToken cancellation)
    {
        bool changed = true;
        await foreach (SyncBatch batch in syncer.RunAsync(cancellation).ConfigureAwait(false))
        {
            if (batch.Problem is { } problem)
            {
                if (_picture is not null) DatastoreLog.NotFollowed(_log, problem.Message);
                _picture = null;
                continue;
            }

            foreach (SyncUpdate update in batch.Updates) changed |= Apply(update);
            if (batch.Status != SyncStatus.InSync || (!changed && _picture is not null)) continue;
            _told = [.. _problems.Values];
            _picture = new IpamCluster(_pools.Values, _reservations.Values, _config, _labels.GetValueOrDefault);
            changed = false;
        }
    }

    private bool Apply(SyncUpdate update)
    {
        string key = update.Key;
        try
        {
            _problems.Remove(key);
            return Take(key, update);
        }
        catch (Exception error) when (error is IpamDataException or ResourceException)
        {
            _pools.Remove(key);
            _reservations.Remove(key);
            _problems[key] = error.Message;
            DatastoreLog.NotReadable(_log, key, error.Message);
            return true;
        }
    }

    private bool Take(string key, SyncUpdate update)
    {
        KeyValue? item = update.Item;
        if (key.StartsWith(IpamKeys.Pools, StringComparison.Ordinal)) Put(_pools, key, item is null ? null : IPPool.Decode(item.Value, key));
        else if (key.StartsWith(IpamKeys.Reservations, StringComparison.Ordinal)) Put(_reservations, key, item is null ? null : IPReservation.Decode(item.Value, key));
        else if (key == IpamKeys.Config) _config = item is null ? IpamConfig.Default : IpamConfig.Decode(item.Value);
        else if (key.StartsWith(IpamKeys.Nodes, StringComparison.Ordinal)) return Label(key[IpamKeys.Nodes.Length..], update.ReadResource());
        else return false;
        return true;
    }

    private bool Label(string node, Resource? resource)
    {
        ImmutableDictionary<string, IReadOnlyDictionary<string, string>> before = _labels;
        if (resource is null) _labels = before.Remove(node);
        else if (!before.TryGetValue(node, out IReadOnlyDictionary<string, string>? known) || !Same(known, resource.Labels)) _labels = before.SetItem(node, resource.Labels);
        return !ReferenceEquals(before, _labels);
    }

    private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    private static void Put<T>(Dictionary<string, T> documents, string key, T? document)
        where T : class
    {
        if (document is null) documents.Remove(key);
        else documents[key] = document;
    }
}
