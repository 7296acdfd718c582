using System.Net.Sockets;

namespace Calico.Bgp.Topology;

/// <summary>What stands before a peer's BGPFilters on import: nothing; after them: routes of better than normal priority beat the node's own (live migration).</summary>
/// <param name="routes">Gives the normal priorities.</param>
/// <param name="filters">The peer's BGPFilters.</param>
/// <param name="rules">Their text: imports that would decide alike are equal, so that an unchanged one asks no peer to send its routes again.</param>
internal sealed class TopologyImport(TopologyRoutes routes, RouteFilter filters, string rules) : RouteFilter, IEquatable<TopologyImport>
{
    private const ushort AboveLocal = 201;
    private readonly (string, uint, uint) _meaning = (rules, routes.NormalPriority(AddressFamily.InterNetwork), routes.NormalPriority(AddressFamily.InterNetworkV6));

    public bool Equals(TopologyImport? other) => other is not null && _meaning == other._meaning;

    public override bool Equals(object? obj) => Equals(obj as TopologyImport);

    public override int GetHashCode() => _meaning.GetHashCode();

    public override bool DependsOnPrefix => filters.DependsOnPrefix;
    public override bool DependsOnNeighbor => filters.DependsOnNeighbor;

    public override FilterVerdict Apply(ref RouteContext route)
    {
        if (filters.Apply(ref route) == FilterVerdict.Reject) return FilterVerdict.Reject;
        uint normal = routes.NormalPriority(route.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);
        if (route.Attributes.LocalPreference > TopologyRoutes.PriorityBase - normal) route.Preference = AboveLocal;
        return FilterVerdict.Accept;
    }

    public override string ToString() => $"calico import ({filters})";
}

/// <summary>The way out of a node: the priority becomes LOCAL_PREF, the peer's BGPFilters, communities, Calico's own rules.</summary>
/// <param name="routes">Calico's own rules.</param>
/// <param name="filters">The peer's BGPFilters.</param>
/// <param name="interfaces">Finds outgoing interfaces.</param>
/// <param name="rules">The filters' text: exports that would decide alike are equal, so that an unchanged one tells no peer everything again.</param>
internal sealed class TopologyExport(TopologyRoutes routes, RouteFilter filters, InterfaceResolver? interfaces, string rules) : RouteFilter, IEquatable<TopologyExport>
{
    private readonly (string, string, InterfaceResolver?) _meaning = (rules, routes.ExportMeaning, interfaces);

    public bool Equals(TopologyExport? other) => other is not null && _meaning == other._meaning;

    public override bool Equals(object? obj) => Equals(obj as TopologyExport);

    public override int GetHashCode() => _meaning.GetHashCode();

    public override bool DependsOnNeighbor => filters.DependsOnNeighbor;

    public override FilterVerdict Apply(ref RouteContext route)
    {
        uint priority = PriorityOf(ref route);
        if (route.Source.IsLocal || route.Attributes.LocalPreference is null) route.Edit().SetLocalPreference(TopologyRoutes.PriorityBase - priority);
        FilterVerdict verdict = filters.Apply(ref route);
        if (verdict != FilterVerdict.Pass) return verdict;
        string? outgoing = route.LocalRoute is { } local ? local.Interface : interfaces is not null && route.Attributes.NextHop is { } nextHop ? interfaces(nextHop) : null;
        if (!routes.MayExport(route.Bits, outgoing, priority, !route.Neighbor.IsExternal)) return FilterVerdict.Reject;
        routes.AddCommunities(ref route);
        return FilterVerdict.Accept;
    }

    public override string ToString() => $"calico export ({filters})";

    private uint PriorityOf(ref RouteContext route)
    {
        if (!route.Source.IsLocal && route.Attributes.LocalPreference is { } preference and <= TopologyRoutes.PriorityBase) return TopologyRoutes.PriorityBase - preference;
        if (route.LocalRoute is { Metric: > 0 and var metric }) return metric;
        return routes.NormalPriority(route.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);
    }
}
