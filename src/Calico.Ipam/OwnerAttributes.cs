namespace Calico.Ipam;

/// <summary>The keys that Calico uses in an owner's attributes (libcalico-go <c>lib/ipam/ipam_block.go</c>).</summary>
public static class OwnerAttributes
{
    /// <summary>The pod's name.</summary>
    public const string Pod = "pod";

    /// <summary>The pod's or service's namespace.</summary>
    public const string Namespace = "namespace";

    /// <summary>The node that the address is used on.</summary>
    public const string Node = "node";

    /// <summary>What kind of address: one of <see cref="TunnelTypes"/> or <see cref="ServiceType"/>.</summary>
    public const string Type = "type";

    /// <summary>The service's name.</summary>
    public const string Service = "service";

    /// <summary>When the address was assigned, in the form of Go's <c>Time.String()</c>, not RFC 3339.</summary>
    public const string Timestamp = "timestamp";

    /// <summary>A virtual machine instance's name.</summary>
    public const string VmiName = "vmi-name";

    /// <summary>A virtual machine instance's UID.</summary>
    public const string VmiUid = "vmi-uid";

    /// <summary>A virtual machine's UID.</summary>
    public const string VmUid = "vm-uid";

    /// <summary>A live migration's UID.</summary>
    public const string VmimUid = "vmim-uid";

    /// <summary>A remark (the Windows reserve).</summary>
    public const string Note = "note";

    /// <summary>Type of a node's IPIP tunnel address.</summary>
    public const string IpipTunnel = "ipipTunnelAddress";

    /// <summary>Type of a node's VXLAN tunnel address.</summary>
    public const string VxlanTunnel = "vxlanTunnelAddress";

    /// <summary>Type of a node's IPv6 VXLAN tunnel address.</summary>
    public const string VxlanV6Tunnel = "vxlanV6TunnelAddress";

    /// <summary>Type of a node's WireGuard address.</summary>
    public const string WireguardTunnel = "wireguardTunnelAddress";

    /// <summary>Type of a node's IPv6 WireGuard address.</summary>
    public const string WireguardV6Tunnel = "wireguardV6TunnelAddress";

    /// <summary>Type of a service's load-balancer address.</summary>
    public const string ServiceType = "serviceLoadBalancer";

    /// <summary>All types of tunnel addresses.</summary>
    public static IReadOnlyList<string> TunnelTypes { get; } = [IpipTunnel, VxlanTunnel, VxlanV6Tunnel, WireguardTunnel, WireguardV6Tunnel];
}
