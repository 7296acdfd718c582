namespace Calico.Netlink;

/// <summary>What a route does with a packet (linux/rtnetlink.h, RTN_*).</summary>
public enum RouteType : byte
{
    /// <summary>RTN_UNSPEC: any, in requests that look up or delete.</summary>
    Unspecified = 0,

    /// <summary>RTN_UNICAST: forward to a gateway or link.</summary>
    Unicast = 1,

    /// <summary>RTN_LOCAL: deliver to this host.</summary>
    Local = 2,

    /// <summary>RTN_BROADCAST.</summary>
    Broadcast = 3,

    /// <summary>RTN_ANYCAST.</summary>
    Anycast = 4,

    /// <summary>RTN_MULTICAST.</summary>
    Multicast = 5,

    /// <summary>RTN_BLACKHOLE: drop silently.</summary>
    Blackhole = 6,

    /// <summary>RTN_UNREACHABLE: drop, answer "host unreachable".</summary>
    Unreachable = 7,

    /// <summary>RTN_PROHIBIT: drop, answer "administratively prohibited".</summary>
    Prohibit = 8,

    /// <summary>RTN_THROW: go on with the next rule.</summary>
    Throw = 9,

    /// <summary>RTN_NAT.</summary>
    Nat = 10,
}

/// <summary>Who made a route (linux/rtnetlink.h, RTPROT_*; /etc/iproute2/rt_protos). Any byte is allowed; Calico uses 80.</summary>
public enum RouteProtocol : byte
{
    /// <summary>RTPROT_UNSPEC: any, in requests that look up or delete.</summary>
    Unspecified = 0,

    /// <summary>RTPROT_REDIRECT: by an ICMP redirect.</summary>
    Redirect = 1,

    /// <summary>RTPROT_KERNEL: by the kernel, such as the route of an address.</summary>
    Kernel = 2,

    /// <summary>RTPROT_BOOT: what <c>ip route add</c> writes by default.</summary>
    Boot = 3,

    /// <summary>RTPROT_STATIC: by the administrator.</summary>
    Static = 4,

    /// <summary>RTPROT_RA: by a router advertisement.</summary>
    RouterAdvertisement = 9,

    /// <summary>RTPROT_BIRD.</summary>
    Bird = 12,

    /// <summary>RTPROT_DHCP.</summary>
    Dhcp = 16,

    /// <summary>80: Felix, Calico's agent.</summary>
    Calico = 80,

    /// <summary>RTPROT_BGP.</summary>
    Bgp = 186,
}

/// <summary>How far the destination of an IPv4 route is (linux/rtnetlink.h, RT_SCOPE_*).</summary>
public enum RouteScope : byte
{
    /// <summary>RT_SCOPE_UNIVERSE: anywhere, through a gateway.</summary>
    Universe = 0,

    /// <summary>RT_SCOPE_SITE.</summary>
    Site = 200,

    /// <summary>RT_SCOPE_LINK: on the link itself.</summary>
    Link = 253,

    /// <summary>RT_SCOPE_HOST: this host.</summary>
    Host = 254,

    /// <summary>RT_SCOPE_NOWHERE: any, in requests that delete.</summary>
    Nowhere = 255,
}

/// <summary>Flags of a route or of one of its next hops (linux/rtnetlink.h, RTNH_F_* and RTM_F_*).</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "rtm_flags is the field's name.")]
public enum RouteFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>RTNH_F_DEAD: the next hop is dead. Set by the kernel.</summary>
    Dead = 1,

    /// <summary>RTNH_F_PERVASIVE: look the gateway up recursively.</summary>
    Pervasive = 2,

    /// <summary>RTNH_F_ONLINK: take the gateway as directly reachable through the link.</summary>
    OnLink = 4,

    /// <summary>RTNH_F_OFFLOAD. Set by the kernel.</summary>
    Offload = 8,

    /// <summary>RTNH_F_LINKDOWN: the link has no carrier. Set by the kernel.</summary>
    LinkDown = 16,

    /// <summary>RTNH_F_UNRESOLVED. Set by the kernel.</summary>
    Unresolved = 32,

    /// <summary>RTNH_F_TRAP. Set by the kernel.</summary>
    Trap = 64,

    /// <summary>RTM_F_NOTIFY.</summary>
    Notify = 0x100,

    /// <summary>RTM_F_CLONED: an entry of the route cache, not of a table.</summary>
    Cloned = 0x200,
}

/// <summary>Router preference of an IPv6 route (RFC 4191).</summary>
public enum RoutePreference : byte
{
    /// <summary>Medium.</summary>
    Medium = 0,

    /// <summary>High.</summary>
    High = 1,

    /// <summary>Low.</summary>
    Low = 3,
}

/// <summary>Numbers of the tables that every namespace has (linux/rtnetlink.h, RT_TABLE_*).</summary>
public static class WellKnownRouteTables
{
    /// <summary>RT_TABLE_DEFAULT.</summary>
    public const uint Default = 253;

    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint Main = 254;

    /// <summary>RT_TABLE_LOCAL.</summary>
    public const uint Local = 255;
}
