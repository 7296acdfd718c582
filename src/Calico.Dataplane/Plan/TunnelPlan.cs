using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;

namespace Calico.Dataplane.Plan;

internal enum TunnelKind : byte
{
    Vxlan,
    IpIp,
}

/// <summary>A tunnel device as it should be.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="V6">Whether it runs over IPv6.</param>
/// <param name="Address">Its own address.</param>
/// <param name="Local">The node's address it sends from.</param>
/// <param name="Mac">Its MAC address; null where there is none.</param>
/// <param name="Peers">The other nodes' ends.</param>
internal sealed record TunnelPlan(string Device, TunnelKind Kind, bool V6, IPAddress Address, IPAddress Local, PhysicalAddress? Mac, IReadOnlyList<TunnelPeer> Peers);

/// <summary>Another node's end of a tunnel.</summary>
/// <param name="Inner">Its device's address.</param>
/// <param name="Outer">The node's address.</param>
/// <param name="Mac">Its device's MAC address.</param>
internal sealed record TunnelPeer(IPAddress Inner, IPAddress Outer, PhysicalAddress Mac);

internal static class VtepMac
{
    /// <summary>0x66 and the first five octets of SHA-1 of the node's name, with <c>-v6</c> behind it for IPv6 (felix/dataplane/linux/vxlan_mgr.go).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Calico derives addresses so; nothing is protected by it.")]
    public static PhysicalAddress Of(string node, bool v6)
    {
        byte[] digest = SHA1.HashData(Encoding.UTF8.GetBytes(v6 ? node + "-v6" : node));
        return new PhysicalAddress([0x66, .. digest[..5]]);
    }
}
