using System.Net;

namespace Calico.Netlink;

/// <summary>Requests and messages of the conntrack subsystem (linux/netfilter/nfnetlink_conntrack.h). Numbers are in network order.</summary>
public static class ConntrackMessages
{
    internal const byte Subsystem = 1;
    internal const byte New = 0, Get = 1, Delete = 2;
    internal const byte Icmp = 1, Icmp6 = 58, Tcp = 6;
    private const int HeaderLength = 4;
    private const ushort Original = 1, Reply = 2, Status = 3, ProtocolInfo = 4, Timeout = 7, Mark = 8, OriginalCounters = 9, ReplyCounters = 10, Id = 12, Zone = 18, MarkMask = 21, Labels = 22;
    private const ushort TupleIp = 1, TupleProtocol = 2, TupleZone = 3;
    private const ushort Source4 = 1, Destination4 = 2, Source6 = 3, Destination6 = 4;
    private const ushort Number = 1, SourcePort = 2, DestinationPort = 3, IcmpId = 4, IcmpType = 5, IcmpCode = 6, Icmp6Id = 7, Icmp6Type = 8, Icmp6Code = 9;
    private const ushort InfoTcp = 1, TcpState = 1, TcpFlagsOriginal = 4, TcpFlagsReply = 5, Packets = 1, Bytes = 2;
    private const byte TcpSackPermitted = 2, TcpBeLiberal = 8;

    /// <summary>Asks for all tracked connections that match; mark and family are filtered by the kernel.</summary>
    public static void DumpFlows(this NetlinkBatch batch, ConntrackFilter? filter = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        filter ??= ConntrackFilter.All;
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, Get, NetlinkFlags.Dump, AddressFamilies.Number(filter.Family));
        if (filter.Mark is not uint mark) return;
        message.AttributeUInt32BigEndian(Mark, mark);
        message.AttributeUInt32BigEndian(MarkMask, filter.MarkMask);
    }

    /// <summary>Makes an entry; refused (EEXIST) when the tuple is tracked.</summary>
    public static void AddFlow(this NetlinkBatch batch, TrackedFlow flow)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(flow);
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, FamilyOf(flow.Original));
        WriteTuple(message, Original, flow.Original);
        WriteTuple(message, Reply, flow.Reply);
        if (flow.Status != 0) message.AttributeUInt32BigEndian(Status, (uint)flow.Status);
        message.AttributeUInt32BigEndian(Timeout, flow.TimeoutSeconds);
        if (flow.Mark != 0) message.AttributeUInt32BigEndian(Mark, flow.Mark);
        if (flow.Zone != 0) message.AttributeUInt16BigEndian(Zone, flow.Zone);
        if (flow.Labels != 0) WriteLabels(message, flow.Labels);
        if (flow.TcpState is not { } state) return;
        using NetlinkNest info = message.Nest(ProtocolInfo);
        using NetlinkNest tcp = message.Nest(InfoTcp);
        message.AttributeUInt8(TcpState, (byte)state);
        // No window was seen: both directions are checked liberally, and may use selective acknowledgements.
        foreach (ushort direction in (ReadOnlySpan<ushort>)[TcpFlagsOriginal, TcpFlagsReply])
            message.Attribute(direction, 2).Fill(TcpSackPermitted | TcpBeLiberal);
    }

    /// <summary>Forgets one connection: the one of this original tuple and zone, and of this id unless that is 0.</summary>
    public static void DeleteFlow(this NetlinkBatch batch, FlowTuple original, ushort zone = 0, uint id = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(original);
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, Delete, NetlinkFlags.None, FamilyOf(original));
        WriteTuple(message, Original, original);
        if (zone != 0) message.AttributeUInt16BigEndian(Zone, zone);
        if (id != 0) message.AttributeUInt32BigEndian(Id, id);
    }

    /// <summary>Forgets all connections.</summary>
    public static void FlushFlows(this NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.BeginNetfilter(Subsystem, Delete, NetlinkFlags.None, family: 0);
    }

    internal static byte FamilyOf(FlowTuple tuple) => tuple.IsIPv6 ? AddressFamilies.IPv6 : AddressFamilies.IPv4;

    // An array of longs in the machine's order, the lowest bits first.
    private static void WriteLabels(NetlinkMessageWriter message, UInt128 labels)
    {
        Span<byte> value = message.Attribute(Labels, 16);
        NetlinkWire.WriteUInt64(value, (ulong)labels, message.Swap);
        NetlinkWire.WriteUInt64(value[8..], (ulong)(labels >> 64), message.Swap);
    }

    private static UInt128 ReadLabels(ReadOnlySpan<byte> value) =>
        value.Length < 16 ? 0 : new UInt128(BitConverter.ToUInt64(value[8..]), BitConverter.ToUInt64(value));

    internal static void WriteTuple(NetlinkMessageWriter message, ushort type, FlowTuple tuple)
    {
        if (tuple.Source.AddressFamily != tuple.Destination.AddressFamily) throw new ArgumentException($"Tuple {tuple}: the addresses are of two families.");
        using NetlinkNest nest = message.Nest(type);
        using (message.Nest(TupleIp))
        {
            message.AttributeAddress(tuple.IsIPv6 ? Source6 : Source4, tuple.Source);
            message.AttributeAddress(tuple.IsIPv6 ? Destination6 : Destination4, tuple.Destination);
        }

        using (message.Nest(TupleProtocol))
        {
            message.AttributeUInt8(Number, tuple.Protocol);
            if (tuple.IsIcmp)
            {
                bool six = tuple.Protocol == Icmp6;
                message.AttributeUInt16BigEndian(six ? Icmp6Id : IcmpId, tuple.IcmpId);
                message.AttributeUInt8(six ? Icmp6Type : IcmpType, tuple.IcmpType);
                message.AttributeUInt8(six ? Icmp6Code : IcmpCode, tuple.IcmpCode);
            }
            else
            {
                message.AttributeUInt16BigEndian(SourcePort, tuple.SourcePort);
                message.AttributeUInt16BigEndian(DestinationPort, tuple.DestinationPort);
            }
        }

        if (tuple.Zone != 0) message.AttributeUInt16BigEndian(TupleZone, tuple.Zone);
    }

    internal static bool TryDecode(in NetlinkMessage message, out TrackedFlow flow)
    {
        flow = null!;
        if (message.Subsystem != Subsystem || message.Payload.Length < HeaderLength || (byte)message.Type is not (New or Delete)) return false;
        FlowTuple? original = null, reply = null;
        (uint status, uint timeout, uint mark, uint id, ushort zone) = (0, 0, 0, 0, 0);
        FlowTcpState? state = null;
        UInt128 labels = 0;
        FlowCounters? sent = null, received = null;
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Original: original = ReadTuple(attributes.Nested()); break;
                case Reply: reply = ReadTuple(attributes.Nested()); break;
                case Status: status = attributes.ReadUInt32BigEndian(); break;
                case Timeout: timeout = attributes.ReadUInt32BigEndian(); break;
                case Mark: mark = attributes.ReadUInt32BigEndian(); break;
                case Id: id = attributes.ReadUInt32BigEndian(); break;
                case Zone: zone = attributes.ReadUInt16BigEndian(); break;
                case OriginalCounters: sent = ReadCounters(attributes.Nested()); break;
                case ReplyCounters: received = ReadCounters(attributes.Nested()); break;
                case Labels: labels = ReadLabels(attributes.Value); break;
                case ProtocolInfo: state = ReadState(attributes.Nested()); break;
            }
        }

        if (attributes.IsMalformed || original is null || reply is null) return false;
        flow = new TrackedFlow
        {
            Original = original, Reply = reply, Status = (FlowStatus)status, TimeoutSeconds = timeout, Mark = mark, Zone = zone, Id = id,
            TcpState = state, Labels = labels, OriginalCounters = sent, ReplyCounters = received,
        };
        return true;
    }

    internal static FlowTuple? ReadTuple(NetlinkAttributeReader attributes)
    {
        IPAddress? source = null, destination = null;
        FlowTuple protocol = new() { Source = IPAddress.None, Destination = IPAddress.None, Protocol = 0 };
        ushort zone = 0;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case TupleIp: (source, destination) = ReadAddresses(attributes.Nested()); break;
                case TupleProtocol: protocol = ReadProtocol(protocol, attributes.Nested()); break;
                case TupleZone: zone = attributes.ReadUInt16BigEndian(); break;
            }
        }

        return source is null || destination is null || attributes.IsMalformed ? null : protocol with { Source = source, Destination = destination, Zone = zone };
    }

    private static (IPAddress? Source, IPAddress? Destination) ReadAddresses(NetlinkAttributeReader attributes)
    {
        IPAddress? source = null, destination = null;
        while (attributes.MoveNext())
        {
            if (attributes.Type is Source4 or Source6) source = attributes.ReadAddress();
            else if (attributes.Type is Destination4 or Destination6) destination = attributes.ReadAddress();
        }

        return (source, destination);
    }

    private static FlowTuple ReadProtocol(FlowTuple tuple, NetlinkAttributeReader attributes)
    {
        while (attributes.MoveNext())
        {
            tuple = attributes.Type switch
            {
                Number => tuple with { Protocol = attributes.ReadUInt8() },
                SourcePort => tuple with { SourcePort = attributes.ReadUInt16BigEndian() },
                DestinationPort => tuple with { DestinationPort = attributes.ReadUInt16BigEndian() },
                IcmpId or Icmp6Id => tuple with { IcmpId = attributes.ReadUInt16BigEndian() },
                IcmpType or Icmp6Type => tuple with { IcmpType = attributes.ReadUInt8() },
                IcmpCode or Icmp6Code => tuple with { IcmpCode = attributes.ReadUInt8() },
                _ => tuple,
            };
        }

        return tuple;
    }

    private static FlowCounters ReadCounters(NetlinkAttributeReader attributes)
    {
        (ulong packets, ulong bytes) = (0, 0);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Packets) packets = attributes.ReadUInt64BigEndian();
            else if (attributes.Type == Bytes) bytes = attributes.ReadUInt64BigEndian();
        }

        return new FlowCounters(packets, bytes);
    }

    private static FlowTcpState? ReadState(NetlinkAttributeReader attributes)
    {
        while (attributes.MoveNext())
        {
            if (attributes.Type != InfoTcp) continue;
            NetlinkAttributeReader tcp = attributes.Nested();
            while (tcp.MoveNext())
            {
                if (tcp.Type == TcpState) return (FlowTcpState)tcp.ReadUInt8();
            }
        }

        return null;
    }
}
