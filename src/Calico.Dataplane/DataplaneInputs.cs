using System.Net;

namespace Calico.Dataplane;

/// <summary>Encapsulation of a pool's traffic between nodes (IPPool <c>ipipMode</c>, <c>vxlanMode</c>).</summary>
public enum Encapsulation
{
    /// <summary>Routed as it is; BGP carries the routes.</summary>
    None,

    /// <summary>IP in IP to every other node.</summary>
    IpIp,

    /// <summary>IP in IP to nodes of other subnets only.</summary>
    IpIpCrossSubnet,

    /// <summary>VXLAN to every other node.</summary>
    Vxlan,

    /// <summary>VXLAN to nodes of other subnets only.</summary>
    VxlanCrossSubnet,
}

/// <summary>An IP pool as the dataplane sees it.</summary>
/// <param name="Cidr">The pool's addresses.</param>
/// <param name="Encapsulation">How its traffic travels between nodes.</param>
/// <param name="NatOutgoing">Whether traffic from the pool to outside all pools gets the node's address.</param>
public sealed record DataplanePool(IPNetwork Cidr, Encapsulation Encapsulation = Encapsulation.None, bool NatOutgoing = false);

/// <summary>A node of the cluster as the dataplane sees it.</summary>
/// <param name="Name">Its name.</param>
public sealed record DataplaneNode(string Name)
{
    /// <summary>IPv4 address with the prefix of its subnet, or null.</summary>
    public IPAddress? IPv4Address { get; init; }

    /// <summary>The node's IPv4 subnet, for the CrossSubnet modes; null when unknown (then no node shares it).</summary>
    public IPNetwork? IPv4Subnet { get; init; }

    /// <summary>IPv6 address, or null.</summary>
    public IPAddress? IPv6Address { get; init; }

    /// <summary>The node's IPv6 subnet; null when unknown.</summary>
    public IPNetwork? IPv6Subnet { get; init; }

    /// <summary>Address of its <c>vxlan.calico</c> device, or null when it has none.</summary>
    public IPAddress? VxlanAddress { get; init; }

    /// <summary>Address of its <c>vxlan-v6.calico</c> device, or null when it has none.</summary>
    public IPAddress? VxlanAddressV6 { get; init; }

    /// <summary>Address of its <c>tunl0</c> device, or null when it has none.</summary>
    public IPAddress? IpIpAddress { get; init; }
}

/// <summary>Addresses that live on a node: an IPAM block, or a single borrowed address.</summary>
/// <param name="Cidr">The block.</param>
/// <param name="Node">The node's name.</param>
public sealed record BlockAffinity(IPNetwork Cidr, string Node);

/// <summary>A route that a routing protocol learned.</summary>
/// <param name="Destination">Where it leads.</param>
/// <param name="Gateways">Next hops, at least one, all of the destination's family; several are an equal-cost multipath.</param>
/// <param name="OnLink">The gateways are taken to be on the link even where no address of the interface says so; then <paramref name="Interface"/> must be given.</param>
/// <param name="Interface">The outgoing interface, or null to let the kernel find it from the gateway.</param>
public sealed record LearnedRoute(IPNetwork Destination, IReadOnlyList<IPAddress> Gateways, bool OnLink = false, string? Interface = null);
