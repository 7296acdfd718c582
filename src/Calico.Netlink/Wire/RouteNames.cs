namespace Calico.Netlink;

/// <summary>Message and attribute names of NETLINK_ROUTE (linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, fib_rules.h, nexthop.h, pkt_sched.h, pkt_cls.h).</summary>
internal static class RouteNames
{
    private static readonly string[] Verbs = ["NEW", "DEL", "GET", "SET"];

    private static readonly AttributeTable Metrics = new("RTAX_",
        "LOCK MTU WINDOW RTT RTTVAR SSTHRESH CWND ADVMSS REORDERING HOPLIMIT INITCWND FEATURES RTO_MIN INITRWND QUICKACK CC_ALGO FASTOPEN_NO_COOKIE");

    private static readonly AttributeTable Route = new AttributeTable("RTA_",
        "DST SRC IIF OIF GATEWAY PRIORITY PREFSRC METRICS MULTIPATH PROTOINFO FLOW CACHEINFO SESSION MP_ALGO TABLE MARK MFC_STATS VIA NEWDST PREF ENCAP_TYPE ENCAP " +
        "EXPIRES PAD UID TTL_PROPAGATE IP_PROTO SPORT DPORT NH_ID FLOWLABEL").Nest("METRICS", Metrics);

    private static readonly AttributeTable LinkInfo = new("IFLA_INFO_", "KIND DATA XSTATS SLAVE_KIND SLAVE_DATA");

    private static readonly AttributeTable Link = new AttributeTable("IFLA_",
        "ADDRESS BROADCAST IFNAME MTU LINK QDISC STATS COST PRIORITY MASTER WIRELESS PROTINFO TXQLEN MAP WEIGHT OPERSTATE LINKMODE LINKINFO NET_NS_PID IFALIAS NUM_VF " +
        "VFINFO_LIST STATS64 VF_PORTS PORT_SELF AF_SPEC GROUP NET_NS_FD EXT_MASK PROMISCUITY NUM_TX_QUEUES NUM_RX_QUEUES CARRIER PHYS_PORT_ID CARRIER_CHANGES " +
        "PHYS_SWITCH_ID LINK_NETNSID PHYS_PORT_NAME PROTO_DOWN GSO_MAX_SEGS GSO_MAX_SIZE PAD XDP EVENT NEW_NETNSID IF_NETNSID CARRIER_UP_COUNT CARRIER_DOWN_COUNT " +
        "NEW_IFINDEX MIN_MTU MAX_MTU PROP_LIST ALT_IFNAME PERM_ADDRESS PROTO_DOWN_REASON PARENT_DEV_NAME PARENT_DEV_BUS_NAME GRO_MAX_SIZE TSO_MAX_SIZE TSO_MAX_SEGS ALLMULTI")
        .Nest("LINKINFO", LinkInfo);

    private static readonly AttributeTable Address = new("IFA_", "ADDRESS LOCAL LABEL BROADCAST ANYCAST CACHEINFO MULTICAST FLAGS RT_PRIORITY TARGET_NETNSID PROTO");

    private static readonly AttributeTable Neighbour = new("NDA_",
        "DST LLADDR CACHEINFO PROBES VLAN PORT VNI IFINDEX MASTER LINK_NETNSID SRC_VNI PROTOCOL NH_ID FDB_EXT_ATTRS FLAGS_EXT NDM_STATE_MASK NDM_FLAGS_MASK");

    private static readonly AttributeTable Rule = new("FRA_",
        "DST SRC IIFNAME GOTO UNUSED2 PRIORITY UNUSED3 UNUSED4 UNUSED5 FWMARK FLOW TUN_ID SUPPRESS_IFGROUP SUPPRESS_PREFIXLEN TABLE FWMASK OIFNAME PAD L3MDEV UID_RANGE " +
        "PROTOCOL IP_PROTO SPORT_RANGE DPORT_RANGE DSCP FLOWLABEL FLOWLABEL_MASK SPORT_MASK DPORT_MASK DSCP_MASK");

    private static readonly AttributeTable Nexthop = new("NHA_",
        "ID GROUP GROUP_TYPE BLACKHOLE OIF GATEWAY ENCAP_TYPE ENCAP GROUPS MASTER FDB RES_GROUP RES_BUCKET OP_FLAGS GROUP_STATS HW_STATS_ENABLE HW_STATS_USED");

    private static readonly AttributeTable TrafficControl = new("TCA_", "KIND OPTIONS STATS XSTATS RATE FCNT STATS2 STAB PAD DUMP_INVISIBLE CHAIN HW_OFFLOAD INGRESS_BLOCK EGRESS_BLOCK");

    private static readonly AttributeTable NamespaceId = new("NETNSA_", "NSID PID FD TARGET_NSID CURRENT_NSID");

    private static readonly AttributeTable None = new("", "");

    public static MessageDescription Describe(ushort type)
    {
        int offset = type - NetlinkControl.FirstFamilyType;
        if (offset < 0) return new MessageDescription(AttributeNames.Numbered("message", type), 0, None);
        string verb = Verbs[offset & 3];
        return (offset >> 2) switch
        {
            0 => new($"RTM_{verb}LINK", 16, Link),
            1 => new($"RTM_{verb}ADDR", 8, Address),
            2 => new($"RTM_{verb}ROUTE", 12, Route),
            3 => new($"RTM_{verb}NEIGH", 12, Neighbour),
            4 => new($"RTM_{verb}RULE", 12, Rule),
            5 => new($"RTM_{verb}QDISC", TrafficControlHeader.Length, TrafficControl),
            7 => new($"RTM_{verb}TFILTER", TrafficControlHeader.Length, TrafficControl),
            18 => new($"RTM_{verb}NSID", 4, NamespaceId),
            22 => new($"RTM_{verb}NEXTHOP", 8, Nexthop),
            23 => new($"RTM_{verb}LINKPROP", 16, Link),
            _ => new(AttributeNames.Numbered("RTM message", type), 0, None),
        };
    }
}
