using System.Collections.Concurrent;
using Calico.Ipam.Documents;

namespace Calico.Ipam;

/// <summary>Reads pools, reservations, settings and nodes from the keys where Calico keeps them. A document is decoded once per revision.</summary>
/// <remarks>A pool that cannot be read is left out of automatic choice and named in <see cref="Problems"/>; the others keep working.</remarks>
public sealed class StoreClusterSource : IIpamClusterSource
{
    private readonly IIpamStore _store;
    private readonly TimeSpan _cacheFor;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, (long Revision, object Document)> _decoded = new(StringComparer.Ordinal);
    private volatile Cached? _cached;

    /// <summary>A source over a store.</summary>
    /// <param name="store">Where the documents are.</param>
    /// <param name="cacheFor">How long a picture is used without reading again.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public StoreClusterSource(IIpamStore store, TimeSpan cacheFor = default, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _cacheFor, _time) = (store, cacheFor, time ?? TimeProvider.System);
    }

    /// <summary>Documents that could not be read the last time, each with the reason.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <inheritdoc/>
    public async ValueTask<IpamCluster> GetAsync(CancellationToken cancellationToken = default)
    {
        if (_cached is { } cached && _time.GetElapsedTime(cached.ReadAt) < _cacheFor) return cached.Cluster;
        List<string> problems = [];
        long readAt = _time.GetTimestamp();
        ValueTask<IReadOnlyList<StoreEntry>> poolsRead = _store.ListAsync(IpamKeys.Pools, cancellationToken: cancellationToken);
        ValueTask<IReadOnlyList<StoreEntry>> reservationsRead = _store.ListAsync(IpamKeys.Reservations, cancellationToken: cancellationToken);
        ValueTask<IReadOnlyList<StoreEntry>> nodesRead = _store.ListAsync(IpamKeys.Nodes, cancellationToken: cancellationToken);
        StoreEntry? config = await _store.GetAsync(IpamKeys.Config, cancellationToken).ConfigureAwait(false);
        List<IPPool> pools = Decode(await poolsRead.ConfigureAwait(false), static entry => IPPool.Decode(entry.Value, entry.Key), problems);
        List<IPReservation> reservations = Decode(await reservationsRead.ConfigureAwait(false), static entry => IPReservation.Decode(entry.Value, entry.Key), problems);
        List<NodeLabels> nodes = Decode(await nodesRead.ConfigureAwait(false), NodeLabels.Decode, problems);
        IpamConfig settings = config is null ? IpamConfig.Default : IpamConfig.Decode(config.Value);
        if (_cached is { } before && before.Sees(pools, reservations, nodes, config?.Revision ?? 0))
        {
            _cached = before with { ReadAt = readAt };
            return before.Cluster;
        }

        Dictionary<string, IReadOnlyDictionary<string, string>> labels = nodes.ToDictionary(node => node.Name, node => node.Labels, StringComparer.Ordinal);
        IpamCluster cluster = new(pools, reservations, settings, labels.GetValueOrDefault);
        Problems = problems;
        _cached = new Cached(cluster, readAt, pools, reservations, nodes, config?.Revision ?? 0);
        return cluster;
    }

    private List<T> Decode<T>(IReadOnlyList<StoreEntry> entries, Func<StoreEntry, T> decode, List<string> problems)
        where T : notnull
    {
        List<T> documents = new(entries.Count);
        foreach (StoreEntry entry in entries)
        {
            if (_decoded.TryGetValue(entry.Key, out (long Revision, object Document) known) && known.Revision == entry.Revision)
            {
                documents.Add((T)known.Document);
                continue;
            }

            try
            {
                T document = decode(entry);
                _decoded[entry.Key] = (entry.Revision, document);
                documents.Add(document);
            }
            catch (IpamDataException e)
            {
                problems.Add(e.Message);
            }
        }

        return documents;
    }

    private sealed record Cached(IpamCluster Cluster, long ReadAt, List<IPPool> Pools, List<IPReservation> Reservations, List<NodeLabels> Nodes, long ConfigRevision)
    {
        // Documents are decoded once per revision, so an unchanged one is the same object.
        public bool Sees(List<IPPool> pools, List<IPReservation> reservations, List<NodeLabels> nodes, long configRevision) =>
            ConfigRevision == configRevision && Same(Pools, pools) && Same(Reservations, reservations) && Same(Nodes, nodes);

        private static bool Same<T>(List<T> left, List<T> right)
            where T : class =>
            left.Count == right.Count && !left.Where((item, index) => !ReferenceEquals(item, right[index])).Any();
    }

    private sealed record NodeLabels(string Name, IReadOnlyDictionary<string, string> Labels)
    {
        public static NodeLabels Decode(StoreEntry entry) =>
            new(entry.Key[IpamKeys.Nodes.Length..], ResourceJson.Parse(entry.Value.Span, entry.Key).Metadata.Map("labels"));
    }
}
