namespace Calico.Bgp.Bmp;

/// <summary>Types of BMP messages (RFC 7854 section 4.1).</summary>
public enum BmpMessageType : byte
{
    /// <summary>An UPDATE, mirrored or made of the routes of a table.</summary>
    RouteMonitoring = 0,

    /// <summary>Counters of a peer.</summary>
    StatisticsReport = 1,

    /// <summary>A session has ended.</summary>
    PeerDown = 2,

    /// <summary>A session is up.</summary>
    PeerUp = 3,

    /// <summary>Who speaks.</summary>
    Initiation = 4,

    /// <summary>Why the connection ends.</summary>
    Termination = 5,

    /// <summary>Messages verbatim.</summary>
    RouteMirroring = 6,
}

/// <summary>What kind of peer a message is about (RFC 7854 section 4.2, RFC 9069 section 4.1).</summary>
public enum BmpPeerType : byte
{
    /// <summary>A peer of the global instance.</summary>
    Global = 0,

    /// <summary>A peer of a VPN instance, named by its distinguisher.</summary>
    RouteDistinguisher = 1,

    /// <summary>A peer of a local instance.</summary>
    Local = 2,

    /// <summary>The Loc-RIB of an instance, which is no peer (RFC 9069).</summary>
    LocRib = 3,
}

/// <summary>Flags of the per-peer header.</summary>
[Flags]
public enum BmpPeerFlags : byte
{
    /// <summary>An IPv4 peer, before policy, AS numbers of four octets.</summary>
    None = 0,

    /// <summary>O: Adj-RIB-Out instead of Adj-RIB-In (RFC 8671).</summary>
    AdjRibOut = 0x10,

    /// <summary>A: AS_PATH has two-octet numbers.</summary>
    TwoOctetAsPath = 0x20,

    /// <summary>L: after policy.</summary>
    PostPolicy = 0x40,

    /// <summary>V: the peer address is IPv6. In messages of the Loc-RIB the bit is F: the table is filtered (RFC 9069).</summary>
    Ipv6 = 0x80,
}

/// <summary>Why a session ended (RFC 7854 section 4.9).</summary>
public enum BmpPeerDownReason : byte
{
    /// <summary>The monitored speaker sent a NOTIFICATION; the message follows.</summary>
    LocalNotification = 1,

    /// <summary>The monitored speaker ended the session without one; the event of the state machine follows.</summary>
    LocalNoNotification = 2,

    /// <summary>The peer sent a NOTIFICATION; the message follows.</summary>
    RemoteNotification = 3,

    /// <summary>The peer ended the session without one.</summary>
    RemoteNoNotification = 4,

    /// <summary>The peer is no longer monitored.</summary>
    Deconfigured = 5,

    /// <summary>The Loc-RIB is no longer monitored; TLVs follow (RFC 9069).</summary>
    LocRib = 6,
}

/// <summary>Types of information TLVs in Initiation and Peer Up messages (RFC 7854 section 4.4, RFC 9069 section 5.3).</summary>
public enum BmpInformationType : ushort
{
    /// <summary>Free UTF-8 text.</summary>
    String = 0,

    /// <summary>sysDescr (RFC 1213), ASCII.</summary>
    SystemDescription = 1,

    /// <summary>sysName (RFC 1213), ASCII.</summary>
    SystemName = 2,

    /// <summary>Name of the VRF or table, UTF-8.</summary>
    TableName = 3,
}

/// <summary>Types of TLVs in Termination messages (RFC 7854 section 4.5).</summary>
public enum BmpTerminationType : ushort
{
    /// <summary>Free UTF-8 text.</summary>
    String = 0,

    /// <summary>A <see cref="BmpTerminationReason"/> in two octets.</summary>
    Reason = 1,
}

/// <summary>Why a monitored speaker ends the connection.</summary>
public enum BmpTerminationReason : ushort
{
    /// <summary>Administratively closed.</summary>
    Administrative = 0,

    /// <summary>Unspecified.</summary>
    Unspecified = 1,

    /// <summary>Out of resources: the collector does not keep up.</summary>
    OutOfResources = 2,

    /// <summary>Redundant connection.</summary>
    Redundant = 3,

    /// <summary>Permanently administratively closed: the speaker will not come again.</summary>
    Permanent = 4,
}

/// <summary>Types of statistics (RFC 7854 section 4.8); counters are 32 bits wide, gauges 64.</summary>
public enum BmpStatistic : ushort
{
    /// <summary>Prefixes rejected by inbound policy.</summary>
    Rejected = 0,

    /// <summary>Known duplicate prefix advertisements.</summary>
    DuplicateAdvertisements = 1,

    /// <summary>Known duplicate withdraws.</summary>
    DuplicateWithdraws = 2,

    /// <summary>Updates invalidated by a loop of CLUSTER_LIST.</summary>
    ClusterListLoops = 3,

    /// <summary>Updates invalidated by a loop of AS_PATH.</summary>
    AsPathLoops = 4,

    /// <summary>Updates invalidated by ORIGINATOR_ID.</summary>
    OriginatorLoops = 5,

    /// <summary>Updates invalidated by a confederation loop.</summary>
    ConfederationLoops = 6,

    /// <summary>Routes in Adj-RIBs-In (gauge).</summary>
    AdjRibIn = 7,

    /// <summary>Routes in Loc-RIB (gauge).</summary>
    LocRib = 8,

    /// <summary>Routes of a family in Adj-RIB-In (family and gauge).</summary>
    AdjRibInOfFamily = 9,

    /// <summary>Routes of a family in Loc-RIB (family and gauge).</summary>
    LocRibOfFamily = 10,

    /// <summary>Updates subjected to treat-as-withdraw (RFC 7606).</summary>
    TreatedAsWithdraw = 11,

    /// <summary>Prefixes subjected to treat-as-withdraw.</summary>
    PrefixesTreatedAsWithdraw = 12,

    /// <summary>Duplicate update messages.</summary>
    DuplicateUpdates = 13,
}

/// <summary>What is wrong with a BMP message.</summary>
/// <param name="Message">The reason, for people.</param>
public readonly record struct BmpError(string Message)
{
    /// <summary>Whether there is an error.</summary>
    public bool IsError => Message is not null;

    /// <summary>The reason.</summary>
    /// <returns>For example <c>The peer header is cut off.</c>.</returns>
    public override string ToString() => Message ?? "no error";
}
