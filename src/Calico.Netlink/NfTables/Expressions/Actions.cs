namespace Calico.Netlink.NfTables.Expressions;

/// <summary>Counts the packets that come by.</summary>
/// <param name="Packets">Packets so far.</param>
/// <param name="Bytes">Bytes so far.</param>
public sealed record CounterExpression(ulong Packets = 0, ulong Bytes = 0) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "counter";

    /// <inheritdoc/>
    public override NftExpression Normalize() => new CounterExpression();
}

/// <summary>Breaks when a number of bytes is used up, or until it is.</summary>
/// <param name="Bytes">The number.</param>
/// <param name="Over">Breaks until it is used up (nft's <c>over</c>).</param>
/// <param name="Consumed">Bytes used so far.</param>
/// <param name="Depleted">Whether the kernel has reported it used up.</param>
public sealed record QuotaExpression(ulong Bytes, bool Over = false, ulong Consumed = 0, bool Depleted = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "quota";

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { Consumed = 0, Depleted = false };
}

/// <summary>Breaks above a rate, or below it: a token bucket.</summary>
/// <param name="Rate">Packets or bytes for each <paramref name="UnitSeconds"/>.</param>
/// <param name="UnitSeconds">1 second, 60, 3600, 86400 or 604800.</param>
/// <param name="Burst">How far above the rate a burst may go: packets or bytes.</param>
/// <param name="CountBytes">Bytes instead of packets.</param>
/// <param name="Over">Breaks below the rate (nft's <c>over</c>).</param>
public sealed record LimitExpression(ulong Rate, ulong UnitSeconds = 1, uint Burst = 5, bool CountBytes = false, bool Over = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "limit";
}

/// <summary>Breaks above a number of connections, or up to it.</summary>
/// <param name="Count">The number.</param>
/// <param name="Over">Breaks up to it (nft's <c>over</c>).</param>
public sealed record ConnLimitExpression(uint Count, bool Over = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "connlimit";
}

/// <summary>Remembers when a packet came by last.</summary>
/// <param name="Set">Whether one ever did.</param>
/// <param name="MillisecondsAgo">How long ago.</param>
public sealed record LastExpression(bool Set = false, ulong MillisecondsAgo = 0) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "last";

    /// <inheritdoc/>
    public override NftExpression Normalize() => new LastExpression();
}

/// <summary>Syslog levels (enum nft_log_level).</summary>
public enum NftLogLevel : uint
{
    /// <summary>emerg</summary>
    Emergency,

    /// <summary>alert</summary>
    Alert,

    /// <summary>crit</summary>
    Critical,

    /// <summary>err</summary>
    Error,

    /// <summary>warn</summary>
    Warning,

    /// <summary>notice</summary>
    Notice,

    /// <summary>info</summary>
    Info,

    /// <summary>debug</summary>
    Debug,

    /// <summary>audit</summary>
    Audit,
}

/// <summary>Logs the packet: to the kernel log, or to a group's nflog socket.</summary>
public sealed record LogExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "log";

    /// <summary>What is put before each line or beside each packet; at most 127 bytes.</summary>
    public string? Prefix { get; init; }

    /// <summary>The nflog group; null is the kernel log.</summary>
    public ushort? Group { get; init; }

    /// <summary>How many bytes of each packet go to the group; 0 is all.</summary>
    public uint SnapLength { get; init; }

    /// <summary>How many packets are gathered before the socket gets them; 0 leaves it to the socket.</summary>
    public ushort QueueThreshold { get; init; }

    /// <summary>The level in the kernel log; null is warning.</summary>
    public NftLogLevel? Level { get; init; }

    /// <summary>What more goes into the kernel log (NF_LOG_*): 1 TCP sequence, 2 TCP options, 4 IP options, 8 user, 32 MAC; 31 all but MAC.</summary>
    public uint Flags { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => Group is null && Level is null ? this with { Level = NftLogLevel.Warning } : this;
}

/// <summary>How a packet is refused (enum nft_reject_types).</summary>
public enum NftRejectType : uint
{
    /// <summary>An ICMP or ICMPv6 unreachable of the family's own code.</summary>
    IcmpUnreachable = 0,

    /// <summary>A TCP reset.</summary>
    TcpReset = 1,

    /// <summary>An ICMP or ICMPv6 unreachable, whichever fits, of a common code (enum nft_reject_inet_code).</summary>
    IcmpxUnreachable = 2,
}

/// <summary>Refuses the packet with an answer; ends the walk with drop.</summary>
/// <param name="Type">How.</param>
/// <param name="Code">The ICMP code; for <see cref="NftRejectType.IcmpxUnreachable"/> 0 no route, 1 port, 2 host, 3 administratively prohibited.</param>
public sealed record RejectExpression(NftRejectType Type, byte Code) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "reject";
}

/// <summary>How NAT chooses (NF_NAT_RANGE_*), apart from what the registers say.</summary>
[Flags]
public enum NftNatFlags : uint
{
    /// <summary>As the kernel likes.</summary>
    None = 0,

    /// <summary>What the kernel adds for the registers in use: an address, a port.</summary>
    FromRegisters = 3,

    /// <summary>A random port.</summary>
    Random = 1 << 2,

    /// <summary>The same address for the same client.</summary>
    Persistent = 1 << 3,

    /// <summary>A fully random port.</summary>
    FullyRandom = 1 << 4,

    /// <summary>Ports are shifted by the same offset.</summary>
    ProtocolOffset = 1 << 5,

    /// <summary>The address keeps its host part.</summary>
    NetMap = 1 << 6,
}

/// <summary>Rewrites the connection's source or destination.</summary>
/// <param name="Destination">The destination (DNAT) instead of the source (SNAT).</param>
/// <param name="Family">IPv4 or IPv6; in <c>inet</c> tables it must be said.</param>
public sealed record NatExpression(bool Destination, NftFamily Family) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "nat";

    /// <summary>The register with the address, or the first of a range.</summary>
    public NftRegister? AddressMin { get; init; }

    /// <summary>The register with the last address of a range.</summary>
    public NftRegister? AddressMax { get; init; }

    /// <summary>The register with the port, or the first of a range; network order.</summary>
    public NftRegister? PortMin { get; init; }

    /// <summary>The register with the last port of a range.</summary>
    public NftRegister? PortMax { get; init; }

    /// <summary>Random, persistent…</summary>
    public NftNatFlags Flags { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { AddressMax = AddressMax == AddressMin ? null : AddressMax, PortMax = PortMax == PortMin ? null : PortMax, Flags = Flags & ~NftNatFlags.FromRegisters };
}

/// <summary>Rewrites the source to the address of the interface the packet leaves by.</summary>
public sealed record MasqueradeExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "masq";

    /// <summary>The register with the port, or the first of a range; network order.</summary>
    public NftRegister? PortMin { get; init; }

    /// <summary>The register with the last port of a range.</summary>
    public NftRegister? PortMax { get; init; }

    /// <summary>Random, persistent…</summary>
    public NftNatFlags Flags { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { PortMax = PortMax == PortMin ? null : PortMax, Flags = Flags & ~NftNatFlags.FromRegisters };
}

/// <summary>Rewrites the destination to this host.</summary>
public sealed record RedirectExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "redir";

    /// <summary>The register with the port, or the first of a range; network order.</summary>
    public NftRegister? PortMin { get; init; }

    /// <summary>The register with the last port of a range.</summary>
    public NftRegister? PortMax { get; init; }

    /// <summary>Random, persistent…</summary>
    public NftNatFlags Flags { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { PortMax = PortMax == PortMin ? null : PortMax, Flags = Flags & ~NftNatFlags.FromRegisters };
}

/// <summary>Hands the packet to a local socket without rewriting it.</summary>
/// <param name="Family">IPv4, IPv6, or 0 (in <c>inet</c> tables) for both.</param>
public sealed record TproxyExpression(byte Family) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "tproxy";

    /// <summary>The register with the address.</summary>
    public NftRegister? Address { get; init; }

    /// <summary>The register with the port, network order.</summary>
    public NftRegister? Port { get; init; }
}

/// <summary>Uses a named object: the one of a name, or the one a map has for a key.</summary>
public sealed record ObjrefExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "objref";

    /// <summary>The kind of object, with <see cref="ObjectName"/>.</summary>
    public NftObjectType ObjectType { get; init; }

    /// <summary>The object's name; null when a map says it.</summary>
    public string? ObjectName { get; init; }

    /// <summary>The map of objects; null when <see cref="ObjectName"/> says it.</summary>
    public string? Map { get; init; }

    /// <summary>The register with the map's key.</summary>
    public NftRegister Key { get; init; }

    /// <summary>The map itself when it is anonymous.</summary>
    public NftSet? Anonymous { get; init; }

    /// <summary>The set's id within the transaction that makes it; null when it is known by name.</summary>
    public uint? SetId { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { SetId = null, Anonymous = Anonymous?.NormalizeAnonymous() };
}

/// <summary>Keeps the packet out of conntrack; only before it, at priority raw.</summary>
public sealed record NotrackExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "notrack";
}

/// <summary>How packets are queued (NFT_QUEUE_FLAG_*).</summary>
[Flags]
public enum NftQueueFlags : ushort
{
    /// <summary>Dropped when nobody listens.</summary>
    None = 0,

    /// <summary>Accepted when nobody listens.</summary>
    Bypass = 1,

    /// <summary>Spread over the queues by CPU.</summary>
    Fanout = 2,
}

/// <summary>Sends the packet to user space.</summary>
/// <param name="Number">The first queue.</param>
/// <param name="Total">How many queues it is spread over.</param>
/// <param name="Flags">Bypass, fanout.</param>
/// <param name="Source">A register with the number, instead.</param>
public sealed record QueueExpression(ushort Number = 0, ushort Total = 1, NftQueueFlags Flags = 0, NftRegister? Source = null) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "queue";
}

/// <summary>Sends the packet out of another device, from a netdev chain; ends the walk.</summary>
/// <param name="Device">The register with the interface index.</param>
/// <param name="Address">The register with a next hop to resolve; null sends it as it is.</param>
/// <param name="Family">The next hop's family: IPv4 or IPv6; 0 without one.</param>
public sealed record ForwardExpression(NftRegister Device, NftRegister? Address = null, uint Family = 0) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "fwd";
}

/// <summary>Sends a copy of the packet to another host or device.</summary>
/// <param name="Address">The register with the next hop.</param>
/// <param name="Device">The register with the interface index.</param>
public sealed record DupExpression(NftRegister? Address, NftRegister? Device) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "dup";
}

/// <summary>Answers SYNs in the server's stead with cookies.</summary>
/// <param name="MaximumSegmentSize">The server's MSS.</param>
/// <param name="WindowScale">The server's window scale.</param>
/// <param name="Flags">1 MSS, 2 window scale, 4 SACK, 8 timestamps (NF_SYNPROXY_OPT_*).</param>
public sealed record SynproxyExpression(ushort MaximumSegmentSize, byte WindowScale, uint Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "synproxy";
}

/// <summary>Puts the packet's established flow into a flow table.</summary>
/// <param name="FlowTable">The flow table's name.</param>
public sealed record FlowOffloadExpression(string FlowTable) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "flow_offload";
}
