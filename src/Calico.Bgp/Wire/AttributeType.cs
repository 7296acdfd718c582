namespace Calico.Bgp;

/// <summary>Path attribute type codes (IANA, BGP Path Attributes).</summary>
public enum AttributeType : byte
{
    /// <summary>ORIGIN (RFC 4271).</summary>
    Origin = 1,

    /// <summary>AS_PATH (RFC 4271).</summary>
    AsPath = 2,

    /// <summary>NEXT_HOP (RFC 4271).</summary>
    NextHop = 3,

    /// <summary>MULTI_EXIT_DISC (RFC 4271).</summary>
    MultiExitDiscriminator = 4,

    /// <summary>LOCAL_PREF (RFC 4271).</summary>
    LocalPreference = 5,

    /// <summary>ATOMIC_AGGREGATE (RFC 4271).</summary>
    AtomicAggregate = 6,

    /// <summary>AGGREGATOR (RFC 4271).</summary>
    Aggregator = 7,

    /// <summary>COMMUNITIES (RFC 1997).</summary>
    Communities = 8,

    /// <summary>ORIGINATOR_ID (RFC 4456).</summary>
    OriginatorId = 9,

    /// <summary>CLUSTER_LIST (RFC 4456).</summary>
    ClusterList = 10,

    /// <summary>MP_REACH_NLRI (RFC 4760).</summary>
    MpReachNlri = 14,

    /// <summary>MP_UNREACH_NLRI (RFC 4760).</summary>
    MpUnreachNlri = 15,

    /// <summary>EXTENDED COMMUNITIES (RFC 4360).</summary>
    ExtendedCommunities = 16,

    /// <summary>AS4_PATH (RFC 6793).</summary>
    As4Path = 17,

    /// <summary>AS4_AGGREGATOR (RFC 6793).</summary>
    As4Aggregator = 18,

    /// <summary>PMSI_TUNNEL (RFC 6514).</summary>
    PmsiTunnel = 22,

    /// <summary>Tunnel Encapsulation (RFC 9012).</summary>
    TunnelEncapsulation = 23,

    /// <summary>IPv6 Address Specific Extended Community (RFC 5701).</summary>
    Ipv6ExtendedCommunities = 25,

    /// <summary>AIGP (RFC 7311).</summary>
    Aigp = 26,

    /// <summary>LARGE_COMMUNITY (RFC 8092).</summary>
    LargeCommunities = 32,

    /// <summary>Only to Customer (RFC 9234).</summary>
    OnlyToCustomer = 35,
}

/// <summary>Attribute Flags octet (RFC 4271 section 4.3).</summary>
[Flags]
public enum AttributeFlags : byte
{
    /// <summary>Well-known and not transitive, which no attribute is.</summary>
    None = 0,

    /// <summary>The length has two octets.</summary>
    ExtendedLength = 0x10,

    /// <summary>A speaker on the way did not know the attribute.</summary>
    Partial = 0x20,

    /// <summary>Passed on by speakers that do not know it.</summary>
    Transitive = 0x40,

    /// <summary>Not every speaker knows it.</summary>
    Optional = 0x80,
}
