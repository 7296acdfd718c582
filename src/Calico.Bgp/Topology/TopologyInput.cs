using System.Net;

namespace Calico.Bgp.Topology;

/// <summary>Everything that one node's BGP configuration follows from. Plain facts; <see cref="BgpTopology.Compute"/> makes the configuration of them.</summary>
public sealed record TopologyInput
{
    /// <summary>The node to configure.</summary>
    public required string Node { get; init; }

    /// <summary>All nodes of the cluster, this one among them.</summary>
    public IReadOnlyList<TopologyNode> Nodes { get; init; } = [];

    /// <summary>The <c>default</c> BGPConfiguration; null when there is none.</summary>
    public BgpConfigurationSpec? Configuration { get; init; }

    /// <summary>BGPConfigurations of single nodes, by node name (the objects <c>node.NAME</c>).</summary>
    public IReadOnlyDictionary<string, BgpConfigurationSpec> NodeConfigurations { get; init; } = new Dictionary<string, BgpConfigurationSpec>();

    /// <summary>BGPPeers by name.</summary>
    public IReadOnlyDictionary<string, BgpPeerSpec> Peers { get; init; } = new Dictionary<string, BgpPeerSpec>();

    /// <summary>BGPFilters by name.</summary>
    public IReadOnlyDictionary<string, BgpFilterSpec> Filters { get; init; } = new Dictionary<string, BgpFilterSpec>();

    /// <summary>The IP pools.</summary>
    public IReadOnlyList<TopologyPool> Pools { get; init; } = [];

    /// <summary>The address blocks that are this node's.</summary>
    public IReadOnlyList<TopologyBlock> Blocks { get; init; } = [];

    /// <summary>Services with their endpoints.</summary>
    public IReadOnlyList<TopologyService> Services { get; init; } = [];

    /// <summary>Workloads of this node that a BGPPeer with <c>localWorkloadSelector</c> names.</summary>
    public IReadOnlyList<TopologyWorkloadPeer> WorkloadPeers { get; init; } = [];

    /// <summary>Passwords by (secret, key). A missing one gives a session without password, as Calico has it.</summary>
    public IReadOnlyDictionary<(string Secret, string Key), string> Secrets { get; init; } = new Dictionary<(string, string), string>();

    /// <summary>CALICO_ROUTER_ID: null takes the node's IPv4 address, <c>hash</c> one made of its name, else the address given.</summary>
    public string? RouterId { get; init; }
}

/// <summary>A node as BGP sees it.</summary>
public sealed record TopologyNode
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels, for <c>nodeSelector</c> and <c>peerSelector</c>.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its own AS (<c>spec.bgp.asNumber</c>); null takes the cluster's.</summary>
    public Asn? AsNumber { get; init; }

    /// <summary>Its IPv4 address (<c>spec.bgp.ipv4Address</c>).</summary>
    public IPAddress? IPv4Address { get; init; }

    /// <summary>The network around that address: same-subnet decisions need it.</summary>
    public IPNetwork? IPv4Subnet { get; init; }

    /// <summary>Its IPv6 address.</summary>
    public IPAddress? IPv6Address { get; init; }

    /// <summary>The network around that address.</summary>
    public IPNetwork? IPv6Subnet { get; init; }

    /// <summary>Its route reflector cluster id, a dotted quad; null when it is no reflector.</summary>
    public string? RouteReflectorClusterId { get; init; }

    internal IPAddress? AddressOf(bool v6) => v6 ? IPv6Address : IPv4Address;

    internal bool IsReflector => !string.IsNullOrEmpty(RouteReflectorClusterId);
}

/// <summary>How a pool's traffic travels between nodes.</summary>
public enum EncapsulationMode
{
    /// <summary>Plain.</summary>
    Never,

    /// <summary>Encapsulated.</summary>
    Always,

    /// <summary>Encapsulated unless both nodes are in one subnet.</summary>
    CrossSubnet,
}

/// <summary>An IP pool as BGP sees it.</summary>
/// <param name="Cidr">Its range.</param>
/// <param name="DisableBgpExport">Whether its routes stay at home.</param>
/// <param name="Ipip">IPIP encapsulation.</param>
/// <param name="Vxlan">VXLAN encapsulation.</param>
public sealed record TopologyPool(IPNetwork Cidr, bool DisableBgpExport = false, EncapsulationMode Ipip = EncapsulationMode.Never, EncapsulationMode Vxlan = EncapsulationMode.Never);

/// <summary>A block of this node.</summary>
/// <param name="Cidr">Its range.</param>
/// <param name="IsPending">Whether its affinity is still being claimed: its addresses then go out one by one.</param>
public sealed record TopologyBlock(IPNetwork Cidr, bool IsPending = false);

/// <summary>A local workload that speaks BGP with its node.</summary>
/// <param name="Peer">The BGPPeer that selects it.</param>
/// <param name="Name">The workload's name, for the session's.</param>
/// <param name="Address">Its address.</param>
public sealed record TopologyWorkloadPeer(string Peer, string Name, IPAddress Address);
