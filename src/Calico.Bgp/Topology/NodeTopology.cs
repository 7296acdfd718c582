using System.Net;

namespace Calico.Bgp.Topology;

/// <summary>What one node's speaker should be: the outcome of <see cref="BgpTopology.Compute"/>.</summary>
public sealed record NodeTopology
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Its AS.</summary>
    public required Asn Asn { get; init; }

    /// <summary>Its BGP identifier; null when the node has neither an IPv4 address nor a configured one: it cannot speak BGP then.</summary>
    public IPAddress? RouterId { get; init; }

    /// <summary>The port to listen on.</summary>
    public int ListenPort { get; init; } = 179;

    /// <summary>The addresses to listen on; empty: all.</summary>
    public IReadOnlyList<IPAddress> ListenAddresses { get; init; } = [];

    /// <summary>The sessions, by name.</summary>
    public IReadOnlyList<TopologySession> Sessions { get; init; } = [];

    /// <summary>Routes that the node has by configuration: its blocks, service addresses, gateways to peers.</summary>
    public IReadOnlyList<TopologyStaticRoute> StaticRoutes { get; init; } = [];

    /// <summary>What goes to peers and what into the kernel.</summary>
    public required TopologyRoutes Routes { get; init; }

    /// <summary>What is wrong with the input; what it concerns was left out.</summary>
    public IReadOnlyList<TopologyProblem> Problems { get; init; } = [];
}

/// <summary>Where a session comes from.</summary>
public enum TopologySessionKind
{
    /// <summary>The full mesh of nodes.</summary>
    Mesh,

    /// <summary>A BGPPeer for all nodes.</summary>
    Global,

    /// <summary>A BGPPeer for some nodes, or the mirror of one.</summary>
    Node,

    /// <summary>A workload of this node.</summary>
    LocalWorkload,
}

/// <summary>One session of a node.</summary>
public sealed record TopologySession
{
    /// <summary>Name as Calico writes it: kind, address with <c>_</c> for dots and colons, port when it is not 179.</summary>
    public required string Name { get; init; }

    /// <summary>Where it comes from.</summary>
    public required TopologySessionKind Kind { get; init; }

    /// <summary>The remote address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The remote port.</summary>
    public int Port { get; init; } = 179;

    /// <summary>The remote AS.</summary>
    public required Asn RemoteAsn { get; init; }

    /// <summary>The own AS on this session.</summary>
    public required Asn LocalAsn { get; init; }

    /// <summary>Whether <see cref="LocalAsn"/> was set for this peer.</summary>
    public bool HasOwnLocalAsn { get; init; }

    /// <summary>The own address of the session; null lets the kernel choose.</summary>
    public IPAddress? SourceAddress { get; init; }

    /// <summary>Whether to wait for the peer.</summary>
    public bool Passive { get; init; }

    /// <summary>The reflector's cluster id when the peer is its client; null otherwise.</summary>
    public string? ReflectorClientOf { get; init; }

    /// <summary>What next hop is sent.</summary>
    public NextHopMode NextHop { get; init; }

    /// <summary>TCP MD5 password.</summary>
    public string? Password { get; init; }

    /// <summary>Graceful restart time; null takes the speaker's.</summary>
    public TimeSpan? RestartTime { get; init; }

    /// <summary>Between keepalives; null: a third of the hold time.</summary>
    public TimeSpan? KeepaliveTime { get; init; }

    /// <summary>How often the own AS may stand in a received path.</summary>
    public int AllowedLocalAs { get; init; }

    /// <summary>Hops for generalized TTL security; 0 is off.</summary>
    public int TtlSecurity { get; init; }

    /// <summary>BGPFilters in order; those that do not exist are left out.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>Whether both ends are in one AS.</summary>
    public bool IsInternal => RemoteAsn == LocalAsn;
}

/// <summary>What a static route is for.</summary>
public enum TopologyStaticRouteKind
{
    /// <summary>A block of the node: blackhole, so that addresses without workload go nowhere.</summary>
    Block,

    /// <summary>A service range or address: blackhole, announced.</summary>
    Service,

    /// <summary>The way to a peer (<c>reachableBy</c>).</summary>
    Gateway,
}

/// <summary>A route by configuration.</summary>
/// <param name="Prefix">The destination.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Gateway">The next hop; null: blackhole.</param>
public sealed record TopologyStaticRoute(IPNetwork Prefix, TopologyStaticRouteKind Kind, IPAddress? Gateway = null);

/// <summary>Something in the input that could not be used.</summary>
/// <param name="Object">Kind and name, such as <c>BGPPeer/tor</c>.</param>
/// <param name="Field">The path in it.</param>
/// <param name="Reason">What is wrong.</param>
public sealed record TopologyProblem(string Object, string Field, string Reason)
{
    /// <summary>As one line.</summary>
    public override string ToString() => $"{Object}: {Field}: {Reason}";
}
