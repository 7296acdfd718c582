using System.Buffers.Binary;
using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>Requests and messages of the nflog subsystem. Numbers are in network order.</summary>
internal static class NflogMessages
{
    private const byte Subsystem = 4, Packet = 0, Configure = 1;
    private const int HeaderLength = 4;
    private const byte Bind = 1, CopyPacket = 2;
    private const ushort Command = 1, Mode = 2, BufferSize = 3, Timeout = 4, Threshold = 5, Flags = 6, SequenceFlag = 1;
    private const ushort Header = 1, Mark = 2, Timestamp = 3, Input = 4, Output = 5, PhysicalInput = 6, PhysicalOutput = 7, Address = 8, Payload = 9, Prefix = 10, User = 11, Sequence = 12;

    public static void WriteBind(NetlinkBatch batch, ushort group, NflogOptions options)
    {
        batch.BeginNetfilter(Subsystem, Configure, NetlinkFlags.Ack, family: 0, group).AttributeUInt8(Command, Bind);
        NetlinkMessageWriter message = batch.BeginNetfilter(Subsystem, Configure, NetlinkFlags.Ack, family: 0, group);
        Span<byte> mode = message.Attribute(Mode, 6);
        BinaryPrimitives.WriteUInt32BigEndian(mode, options.CopyRange);
        mode[4] = CopyPacket;
        mode[5] = 0;
        message.AttributeUInt32BigEndian(BufferSize, options.KernelBufferBytes);
        message.AttributeUInt32BigEndian(Timeout, (uint)Math.Clamp(options.FlushTimeout.TotalMilliseconds / 10, 1, uint.MaxValue));
        message.AttributeUInt32BigEndian(Threshold, options.FlushThreshold);
        message.AttributeUInt16BigEndian(Flags, SequenceFlag);
    }

    public static bool TryDecode(in NetlinkMessage message, out NflogPacket packet)
    {
        packet = null!;
        if (message.Type != (Subsystem << 8 | Packet) || message.Payload.Length < HeaderLength) return false;
        NflogPacket result = new() { Group = BinaryPrimitives.ReadUInt16BigEndian(message.Payload[2..]) };
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext()) result = Take(result, ref attributes);
        if (attributes.IsMalformed) return false;
        packet = result;
        return true;
    }

    private static NflogPacket Take(NflogPacket packet, ref NetlinkAttributeReader attribute) => attribute.Type switch
    {
        Header when attribute.Value.Length >= 3 => packet with { HardwareProtocol = attribute.ReadUInt16BigEndian(), Hook = attribute.Value[2] },
        Mark => packet with { Mark = attribute.ReadUInt32BigEndian() },
        Timestamp when attribute.Value.Length >= 16 => packet with { Timestamp = ReadTimestamp(attribute.Value) },
        Input => packet with { InputInterface = (int)attribute.ReadUInt32BigEndian() },
        Output => packet with { OutputInterface = (int)attribute.ReadUInt32BigEndian() },
        PhysicalInput => packet with { PhysicalInputInterface = (int)attribute.ReadUInt32BigEndian() },
        PhysicalOutput => packet with { PhysicalOutputInterface = (int)attribute.ReadUInt32BigEndian() },
        Address => packet with { SourceAddress = ReadAddress(attribute.Value) },
        Payload => packet with { Payload = attribute.Value.ToArray() },
        Prefix => packet with { Prefix = attribute.ReadString() },
        User => packet with { UserId = attribute.ReadUInt32BigEndian() },
        Sequence => packet with { Sequence = attribute.ReadUInt32BigEndian() },
        _ => packet,
    };

    // struct nfulnl_msg_packet_hw { __be16 hw_addrlen; __u16 pad; __u8 hw_addr[8]; }
    private static PhysicalAddress? ReadAddress(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4) return null;
        int length = BinaryPrimitives.ReadUInt16BigEndian(value);
        return length <= value.Length - 4 ? new PhysicalAddress(value.Slice(4, length).ToArray()) : null;
    }

    private static DateTimeOffset? ReadTimestamp(ReadOnlySpan<byte> value)
    {
        ulong seconds = BinaryPrimitives.ReadUInt64BigEndian(value), micros = BinaryPrimitives.ReadUInt64BigEndian(value[8..]);
        return seconds < 253_402_300_799 && micros < 1_000_000
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds).AddTicks((long)micros * TimeSpan.TicksPerMicrosecond)
            : null;
    }
}
