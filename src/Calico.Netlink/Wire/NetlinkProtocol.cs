namespace Calico.Netlink;

/// <summary>The netlink families a socket can be opened for (linux/netlink.h, NETLINK_*).</summary>
public enum NetlinkProtocol
{
    /// <summary>NETLINK_ROUTE: links, addresses, routes, rules, neighbours, nexthops.</summary>
    Route = 0,

    /// <summary>NETLINK_NETFILTER: nf_tables, conntrack, nflog, ipset.</summary>
    Netfilter = 12,

    /// <summary>NETLINK_GENERIC: families that are found by name at run time.</summary>
    Generic = 16,
}

/// <summary>The byte order of host-order fields in a netlink message.</summary>
public enum NetlinkByteOrder
{
    /// <summary>The order of the machine this program runs on: the one the kernel speaks.</summary>
    Host,

    /// <summary>Little-endian, whatever the machine.</summary>
    LittleEndian,

    /// <summary>Big-endian, whatever the machine.</summary>
    BigEndian,
}
