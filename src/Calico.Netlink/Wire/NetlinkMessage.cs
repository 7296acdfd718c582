namespace Calico.Netlink;

/// <summary>One received message: the fields of <c>struct nlmsghdr</c> and a view of the payload, valid until the next receive.</summary>
public readonly ref struct NetlinkMessage
{
    /// <summary>The size of <c>struct nlmsghdr</c> in bytes.</summary>
    public const int HeaderLength = 16;

    internal readonly bool Swap;

    internal NetlinkMessage(ushort type, NetlinkFlags flags, uint sequence, uint portId, ReadOnlySpan<byte> payload, bool swap)
    {
        Type = type;
        Flags = flags;
        Sequence = sequence;
        PortId = portId;
        Payload = payload;
        Swap = swap;
    }

    /// <summary>nlmsg_type.</summary>
    public ushort Type { get; }

    /// <summary>nlmsg_flags.</summary>
    public NetlinkFlags Flags { get; }

    /// <summary>nlmsg_seq: of the request this message answers; 0 in notifications.</summary>
    public uint Sequence { get; }

    /// <summary>nlmsg_pid: the port of the socket whose request caused this message.</summary>
    public uint PortId { get; }

    /// <summary>What follows the header, without padding.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The subsystem of a NETLINK_NETFILTER message (high byte of the type, NFNL_SUBSYS_*).</summary>
    public byte Subsystem => (byte)(Type >> 8);

    /// <summary>The attributes behind a fixed family header of <paramref name="headerLength"/> bytes; none when the payload is shorter.</summary>
    public NetlinkAttributeReader Attributes(int headerLength)
    {
        int start = NetlinkWire.Align(headerLength);
        return new NetlinkAttributeReader(Payload.Length > start ? Payload[start..] : default, Swap);
    }
}

/// <summary>Message types that every netlink family shares (linux/netlink.h, NLMSG_*).</summary>
internal static class NetlinkControl
{
    public const ushort NoOp = 1;
    public const ushort Error = 2;
    public const ushort Done = 3;
    public const ushort Overrun = 4;
    public const ushort FirstFamilyType = 16;
}
