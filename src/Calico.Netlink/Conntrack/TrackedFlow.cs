namespace Calico.Netlink;

/// <summary>State of a tracked connection (linux/netfilter/nf_conntrack_common.h, IPS_*).</summary>
[Flags]
public enum FlowStatus : uint
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>IPS_EXPECTED: another connection announced it.</summary>
    Expected = 1,

    /// <summary>IPS_SEEN_REPLY: packets were seen in both directions.</summary>
    SeenReply = 2,

    /// <summary>IPS_ASSURED: never dropped early.</summary>
    Assured = 4,

    /// <summary>IPS_CONFIRMED: the first packet has left.</summary>
    Confirmed = 8,

    /// <summary>IPS_SRC_NAT: its source is translated.</summary>
    SourceNat = 16,

    /// <summary>IPS_DST_NAT: its destination is translated.</summary>
    DestinationNat = 32,

    /// <summary>IPS_DYING: it is being removed.</summary>
    Dying = 512,

    /// <summary>IPS_OFFLOAD: a flow table forwards it.</summary>
    Offload = 16384,
}

/// <summary>State of a tracked TCP connection (linux/netfilter/nf_conntrack_tcp.h).</summary>
public enum FlowTcpState : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>SYN_SENT.</summary>
    SynSent = 1,

    /// <summary>SYN_RECV.</summary>
    SynReceived = 2,

    /// <summary>ESTABLISHED.</summary>
    Established = 3,

    /// <summary>FIN_WAIT.</summary>
    FinWait = 4,

    /// <summary>CLOSE_WAIT.</summary>
    CloseWait = 5,

    /// <summary>LAST_ACK.</summary>
    LastAck = 6,

    /// <summary>TIME_WAIT.</summary>
    TimeWait = 7,

    /// <summary>CLOSE.</summary>
    Close = 8,

    /// <summary>SYN_SENT2: both ends opened at once.</summary>
    SynSent2 = 9,
}

/// <summary>Packets and bytes of one direction; counted when net.netfilter.nf_conntrack_acct is 1.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes.</param>
public readonly record struct FlowCounters(ulong Packets, ulong Bytes);

/// <summary>A tracked connection (CTA_*).</summary>
public sealed record TrackedFlow
{
    /// <summary>The direction of the first packet, before any translation.</summary>
    public required FlowTuple Original { get; init; }

    /// <summary>The direction of the answers, after any translation.</summary>
    public required FlowTuple Reply { get; init; }

    /// <summary>State bits.</summary>
    public FlowStatus Status { get; init; }

    /// <summary>Seconds until it is forgotten.</summary>
    public uint TimeoutSeconds { get; init; }

    /// <summary>The connection mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The zone; 0 is the default one.</summary>
    public ushort Zone { get; init; }

    /// <summary>The kernel's id; tells two connections of the same tuple apart.</summary>
    public uint Id { get; init; }

    /// <summary>TCP state; null for other protocols.</summary>
    public FlowTcpState? TcpState { get; init; }

    /// <summary>The 128 labels, one bit each (CTA_LABELS). The kernel keeps them only where a rule of the namespace uses <c>ct label</c>.</summary>
    public UInt128 Labels { get; init; }

    /// <summary>Counters of the original direction; null when not counted.</summary>
    public FlowCounters? OriginalCounters { get; init; }

    /// <summary>Counters of the reply direction; null when not counted.</summary>
    public FlowCounters? ReplyCounters { get; init; }

    /// <summary>The original direction, mark and state in one line.</summary>
    public override string ToString() => $"{Original} mark 0x{Mark:x} zone {Zone} {Status} {TcpState}";

    /// <summary>Decodes a message of the conntrack subsystem; false for anything else and for bytes that are no connection.</summary>
    public static bool TryDecode(in NetlinkMessage message, out TrackedFlow flow) => ConntrackMessages.TryDecode(message, out flow);
}
