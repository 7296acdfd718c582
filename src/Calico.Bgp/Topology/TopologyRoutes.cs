using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>What the kernel should do with a route that BGP has learned.</summary>
public enum KernelProgramming
{
    /// <summary>Nothing: the dataplane programs it, or nobody does.</summary>
    Reject,

    /// <summary>A plain route.</summary>
    Accept,

    /// <summary>A route into the IPIP tunnel.</summary>
    Tunnel,
}

/// <summary>What goes to peers, with which communities and priority, and what goes into the kernel.</summary>
public sealed class TopologyRoutes
{
    /// <summary>LOCAL_PREF is this less the route's priority (its kernel metric), so that a lower metric wins.</summary>
    public const uint PriorityBase = int.MaxValue;

    private readonly TopologyInput _input;
    private readonly TopologyNode _self;
    private readonly IpPrefix[] _blocks;
    private readonly (IpPrefix Cidr, TopologyPool Pool)[] _pools;
    private readonly IpPrefix[] _services;
    private readonly IpPrefix[] _reflected;
    private readonly HashSet<IpPrefix> _announcedServices;
    private readonly (IpPrefix Range, Community[] Standard, LargeCommunity[] Large)[] _communities;

    internal TopologyRoutes(TopologyInput input, TopologyNode self, ServiceRoutes services, List<TopologyProblem> problems)
    {
        _input = input;
        _self = self;
        _blocks = [.. input.Blocks.Where(b => !b.IsPending).Select(b => IpPrefix.From(b.Cidr))];
        _pools = [.. input.Pools.Select(p => (IpPrefix.From(p.Cidr), p))];
        _services = [.. services.Ranges.Select(IpPrefix.From)];
        _reflected = [.. services.ReflectedRanges.Select(IpPrefix.From)];
        _announcedServices = [.. services.Announced.Select(IpPrefix.From)];
        _communities = [.. AdvertisedCommunities.Of(input, self.Name, problems)];
        ExportMeaning = string.Join('\n',
            $"{NormalPriority(AddressFamily.InterNetwork)} {NormalPriority(AddressFamily.InterNetworkV6)} {self.IsReflector}",
            string.Join(' ', _blocks),
            string.Join(' ', _pools.Select(p => $"{p.Cidr}{(p.Pool.DisableBgpExport ? "!" : "")}")),
            string.Join(' ', _reflected),
            string.Join(' ', _announcedServices.Order()),
            string.Join(' ', _communities.Select(c => $"{c.Range}={string.Join(',', c.Standard)},{string.Join(',', c.Large)}")));
    }

    /// <summary>Everything that export decisions follow from, as text: equal texts decide alike.</summary>
    internal string ExportMeaning { get; }

    /// <summary>The priority (kernel metric) of ordinary routes of a family.</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    public uint NormalPriority(AddressFamily family) =>
        (uint)((family == AddressFamily.InterNetworkV6 ? _input.Configuration?.IPv6NormalRoutePriority : _input.Configuration?.IPv4NormalRoutePriority) ?? 1024);

    /// <summary>Calico's own export decision (after BGPFilters): <c>calico_export_to_bgp_peers</c>, then reject.</summary>
    /// <param name="destination">The route's destination.</param>
    /// <param name="interface">Its outgoing interface, when it has one.</param>
    /// <param name="priority">Its priority (kernel metric).</param>
    /// <param name="toInternalPeer">Whether the session is internal.</param>
    public bool MayExport(IPNetwork destination, string? @interface, uint priority, bool toInternalPeer) =>
        MayExport(IpPrefix.From(destination), @interface, priority, toInternalPeer);

    internal bool MayExport(in IpPrefix net, string? @interface, uint priority, bool toInternalPeer)
    {
        foreach ((IpPrefix cidr, TopologyPool pool) in _pools)
        {
            if (pool.DisableBgpExport && cidr.Contains(net)) return false;
        }

        if (@interface is not null)
        {
            if (toInternalPeer && (@interface.EndsWith(".cali", StringComparison.Ordinal) || @interface.EndsWith(".calico", StringComparison.Ordinal) || @interface.StartsWith("tunl0", StringComparison.Ordinal))) return false;
            if (@interface.StartsWith("bpf", StringComparison.Ordinal) && @interface.EndsWith(".cali", StringComparison.Ordinal)) return false;
        }

        uint normal = NormalPriority(net.AddressFamily);
        foreach (IpPrefix block in _blocks)
        {
            if (net == block) return true;
            if (block.Contains(net)) return priority < normal;
        }

        if (_announcedServices.Contains(net)) return true;
        if (_self.IsReflector)
        {
            foreach (IpPrefix range in _reflected)
            {
                if (range.Contains(net)) return true;
            }
        }

        foreach ((IpPrefix cidr, TopologyPool pool) in _pools)
        {
            if (!pool.DisableBgpExport && cidr.Contains(net)) return true;
        }

        return false;
    }

    internal void AddCommunities(ref RouteContext route)
    {
        foreach ((IpPrefix range, Community[] standard, LargeCommunity[] large) in _communities)
        {
            if (!range.Contains(route.Bits)) continue;
            foreach (Community community in standard) route.Edit().Add(community);
            foreach (LargeCommunity community in large) route.Edit().Add(community);
        }
    }

    /// <summary>The communities that routes to a destination go out with.</summary>
    /// <param name="destination">The destination.</param>
    /// <returns>Their texts, standard before large in each range.</returns>
    public IReadOnlyList<string> CommunitiesOf(IPNetwork destination)
    {
        IpPrefix net = IpPrefix.From(destination);
        return [.. from entry in _communities where entry.Range.Contains(net) from text in entry.Standard.Select(c => c.ToString()).Concat(entry.Large.Select(c => c.ToString())) select text];
    }

    /// <summary>What the kernel gets of a learned route: <c>calico_kernel_programming</c>.</summary>
    /// <param name="destination">The route's destination.</param>
    /// <param name="nextHop">Its next hop.</param>
    public KernelProgramming ForKernel(IPNetwork destination, IPAddress? nextHop)
    {
        IpPrefix net = IpPrefix.From(destination);
        foreach (IpPrefix range in _services)
        {
            if (range.Contains(net)) return KernelProgramming.Reject;
        }

        foreach ((IpPrefix cidr, TopologyPool pool) in _pools)
        {
            if (cidr.Contains(net)) return ForPool(pool, net.IsIPv6, nextHop);
        }

        return KernelProgramming.Accept;
    }

    private KernelProgramming ForPool(TopologyPool pool, bool v6, IPAddress? nextHop)
    {
        bool ipipIsOurs = _input.Configuration?.ProgramClusterRoutes is "Enabled" or "EnabledIPIPOnly";
        bool plainIsOurs = _input.Configuration?.ProgramClusterRoutes is not ("Disabled" or "EnabledIPIPOnly");
        if (pool.Vxlan != EncapsulationMode.Never) return KernelProgramming.Reject;
        if (pool.Ipip == EncapsulationMode.Never) return plainIsOurs ? KernelProgramming.Accept : KernelProgramming.Reject;
        if (!ipipIsOurs) return KernelProgramming.Reject;
        if (v6) return KernelProgramming.Accept;
        bool sameSubnet = pool.Ipip == EncapsulationMode.CrossSubnet && nextHop is not null && _self.IPv4Subnet is { } subnet && subnet.Contains(nextHop);
        return sameSubnet ? KernelProgramming.Accept : KernelProgramming.Tunnel;
    }
}
