using Calico.Ipam.Pools;
using Calico.Policy.Selectors;

namespace Calico.Ipam;

/// <summary>What the allocator must know besides blocks: pools, reservations, settings, and the labels that selectors look at. A picture of one moment, immutable.</summary>
public sealed class IpamCluster
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>(0);

    private readonly Func<string, IReadOnlyDictionary<string, string>?> _nodeLabels;
    private readonly PoolEntry[] _pools;

    /// <summary>A cluster.</summary>
    /// <param name="pools">Pools in any order; they are tried in ordinal order of their names.</param>
    /// <param name="reservations">Addresses that are never assigned automatically.</param>
    /// <param name="config">The settings; null for <see cref="IpamConfig.Default"/>.</param>
    /// <param name="nodeLabels">The labels of a node, or null for a node that is not known; such a node counts as one without labels.</param>
    public IpamCluster(
        IEnumerable<IPPool> pools,
        IEnumerable<IPReservation>? reservations = null,
        IpamConfig? config = null,
        Func<string, IReadOnlyDictionary<string, string>?>? nodeLabels = null)
    {
        ArgumentNullException.ThrowIfNull(pools);
        _pools = [.. pools.OrderBy(pool => pool.Name, StringComparer.Ordinal).ThenBy(pool => pool.Range).Select(pool => new PoolEntry(pool))];
        Pools = [.. _pools.Select(entry => entry.Pool)];
        Config = config ?? IpamConfig.Default;
        _nodeLabels = nodeLabels ?? (static _ => null);
        Reserved = AddressFilter.From((reservations ?? []).SelectMany(reservation => reservation.ReservedCidrs));
        NeverAutomatic = Reserved.Union(AddressFilter.From(Pools.SelectMany(pool => pool.Exclusions)));
    }

    /// <summary>The pools in the order in which they are tried.</summary>
    public IReadOnlyList<IPPool> Pools { get; }

    /// <summary>The settings.</summary>
    public IpamConfig Config { get; }

    /// <summary>IPReservations alone: what utilisation reports as reserved.</summary>
    internal AddressFilter Reserved { get; }

    /// <summary>IPReservations and the pools' exclusions: what automatic assignment passes over.</summary>
    internal AddressFilter NeverAutomatic { get; }

    internal ReadOnlySpan<PoolEntry> Entries => _pools;

    internal IReadOnlyDictionary<string, string> NodeLabels(string node) => _nodeLabels(node) ?? NoLabels;

    internal bool NodeIsKnown(string node) => _nodeLabels(node) is not null;

    /// <summary>The pool that an address or a block lies in.</summary>
    internal PoolEntry? PoolOf(in Net.IpPrefix prefix)
    {
        foreach (PoolEntry entry in _pools)
        {
            if (entry.Range.Contains(prefix)) return entry;
        }

        return null;
    }
}

/// <summary>A pool with its selectors parsed once.</summary>
internal sealed class PoolEntry
{
    private readonly Selector? _node;
    private readonly Selector? _namespace;

    public PoolEntry(IPPool pool)
    {
        Pool = pool;
        Range = pool.Range;
        (_node, NodeSelectorError) = Parse(pool.NodeSelector);
        (_namespace, NamespaceSelectorError) = Parse(pool.NamespaceSelector);
    }

    public IPPool Pool { get; }

    public Net.IpPrefix Range { get; }

    public string? NodeSelectorError { get; }

    public string? NamespaceSelectorError { get; }

    /// <summary>A selector that cannot be read selects nothing: the safe side.</summary>
    public bool SelectsNode(IReadOnlyDictionary<string, string> labels) =>
        NodeSelectorError is null && (_node is null || _node.Matches(labels));

    /// <summary>A pool with a namespace selector takes no requests that state no namespace.</summary>
    public bool SelectsNamespace(IReadOnlyDictionary<string, string>? labels) =>
        NamespaceSelectorError is null && (_namespace is null || (labels is not null && _namespace.Matches(labels)));

    private static (Selector? Selector, string? Error) Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return (null, null);
        return Selector.TryParse(text, out Selector? selector, out SelectorError error) ? (selector, null) : (null, error.ToString());
    }
}
