using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Calico.Bgp.Topology;

/// <summary>Makes a speaker's options and local routes of a node's topology.</summary>
public static class TopologySpeaker
{
    /// <summary>The options for <see cref="BgpSpeaker"/>.</summary>
    /// <param name="topology">The node's topology.</param>
    /// <param name="filters">The BGPFilters by name, as given to <see cref="BgpTopology.Compute"/>.</param>
    /// <param name="interfaces">Finds the outgoing interface of learned routes, for filters that ask.</param>
    /// <param name="problems">Takes what is wrong with the filters; null: not wanted.</param>
    /// <returns>Options without <see cref="BgpSpeakerOptions.Restarting"/> and resolver: add those with a <c>with</c> expression.</returns>
    /// <exception cref="ArgumentException">The node has no router id.</exception>
    public static BgpSpeakerOptions ToSpeakerOptions(
        this NodeTopology topology, IReadOnlyDictionary<string, BgpFilterSpec> filters, InterfaceResolver? interfaces = null, ICollection<TopologyProblem>? problems = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(filters);
        if (topology.RouterId is null)
            throw new ArgumentException($"Node {topology.Node} has no IPv4 address and no router id: it cannot speak BGP.", nameof(topology));
        FilterCache cache = new(topology.Routes, filters, interfaces, problems ?? []);
        return new BgpSpeakerOptions
        {
            Asn = topology.Asn,
            RouterId = topology.RouterId,
            Listen = topology.ListenAddresses.Count > 0
                ? [.. topology.ListenAddresses.Select(a => new IPEndPoint(a, topology.ListenPort))]
                : [new IPEndPoint(IPAddress.Any, topology.ListenPort), new IPEndPoint(IPAddress.IPv6Any, topology.ListenPort)],
            Neighbors = [.. topology.Sessions.Select(session => NeighborOf(session, cache))],
            ClusterId = topology.Sessions.Select(s => s.ReflectorClientOf).FirstOrDefault(id => id is not null) is { } id ? IPAddress.Parse(id) : null,
        };
    }

    private static NeighborOptions NeighborOf(TopologySession session, FilterCache cache)
    {
        bool v6 = session.Address.AddressFamily == AddressFamily.InterNetworkV6;
        NeighborOptions options = new()
        {
            Name = session.Name,
            Address = session.Address,
            Asn = session.RemoteAsn,
            Port = session.Port,
            LocalAddress = session.SourceAddress,
            Passive = session.Passive,
            // One session a family, as Calico's two daemons have it.
            Families = [v6 ? Family.Ipv6Unicast : Family.Ipv4Unicast],
            Import = cache.Import(session, v6),
            Export = cache.Export(session, v6),
            RouteReflectorClient = session.ReflectorClientOf is not null,
            NextHop = session.NextHop,
            Md5Password = session.Password,
            TtlSecurity = session.TtlSecurity > 0 ? (byte)Math.Min(session.TtlSecurity, 254) : null,
            KeepaliveTime = session.KeepaliveTime,
            LocalAsn = session.HasOwnLocalAsn ? session.LocalAsn : null,
            AllowOwnAs = session.AllowedLocalAs,
        };
        return session.RestartTime is { } restart ? options with { RestartTime = restart } : options;
    }

    // Sessions with equal filters share one object, so that the speaker encodes their updates once.
    private sealed class FilterCache(TopologyRoutes routes, IReadOnlyDictionary<string, BgpFilterSpec> filters, InterfaceResolver? interfaces, ICollection<TopologyProblem> problems)
    {
        private readonly Dictionary<(FilterDirection, bool, string), RouteFilter> _made = [];

        public RouteFilter Import(TopologySession session, bool v6) => Get(FilterDirection.Import, session, v6, chain => new TopologyImport(routes, chain, RulesText(FilterDirection.Import, session, v6)));

        public RouteFilter Export(TopologySession session, bool v6) => Get(FilterDirection.Export, session, v6, chain => new TopologyExport(routes, chain, interfaces, RulesText(FilterDirection.Export, session, v6)));

        private RouteFilter Get(FilterDirection direction, TopologySession session, bool v6, Func<RouteFilter, RouteFilter> wrap)
        {
            (FilterDirection, bool, string) key = (direction, v6, string.Join('\n', session.Filters));
            if (_made.TryGetValue(key, out RouteFilter? made)) return made;
            RouteFilter chain = RouteFilter.Chain([.. from name in session.Filters
                                                      let rules = RulesOf(filters[name], direction, v6)
                                                      where rules is { Count: > 0 }
                                                      select BgpFilter.Compile(name, direction, v6, rules, problems, interfaces)]);
            return _made[key] = wrap(chain);
        }

        private string RulesText(FilterDirection direction, TopologySession session, bool v6) => string.Join('\n', session.Filters.Select(name =>
            JsonSerializer.Serialize(RulesOf(filters[name], direction, v6) ?? [], TopologyJson.Default.IReadOnlyListBgpFilterRuleSpec)));

        private static IReadOnlyList<BgpFilterRuleSpec>? RulesOf(BgpFilterSpec filter, FilterDirection direction, bool v6) => direction == FilterDirection.Import
            ? v6 ? filter.ImportV6 : filter.ImportV4
            : v6 ? filter.ExportV6 : filter.ExportV4;
    }
}
