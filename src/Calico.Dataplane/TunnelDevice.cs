using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Calico.Dataplane;

/// <summary>How packets travel through a tunnel.</summary>
public enum TunnelKind
{
    /// <summary>VXLAN (RFC 7348).</summary>
    Vxlan,

    /// <summary>IP in IP (RFC 2003), IPv4 only.</summary>
    IpIp,
}

/// <summary>A tunnel device as it should be.</summary>
/// <param name="Name">Its name: <c>vxlan.calico</c>, <c>vxlan-v6.calico</c>, <c>tunl0</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Address">Its own address.</param>
/// <param name="Local">The node's address it sends from.</param>
/// <param name="HardwareAddress">Its MAC address; null where there is none.</param>
/// <param name="Peers">The other nodes' ends.</param>
public sealed record TunnelDevice(string Name, TunnelKind Kind, IPAddress Address, IPAddress Local, PhysicalAddress? HardwareAddress, IReadOnlyList<TunnelPeer> Peers)
{
    /// <summary>Whether it runs over IPv6.</summary>
    public bool IsIPv6 => Local.AddressFamily == AddressFamily.InterNetworkV6;
}

/// <summary>Another node's end of a tunnel.</summary>
/// <param name="Inner">Its device's address.</param>
/// <param name="Outer">The node's address.</param>
/// <param name="HardwareAddress">Its device's MAC address; <see cref="PhysicalAddress.None"/> where there is none.</param>
public sealed record TunnelPeer(IPAddress Inner, IPAddress Outer, PhysicalAddress HardwareAddress);
