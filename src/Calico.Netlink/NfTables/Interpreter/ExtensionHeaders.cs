using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>TCP and IPv4 options, IPv6 extension headers, SCTP chunks (nft_exthdr.c).</summary>
internal static class ExtensionHeaders
{
    public static bool Load(NftPacket packet, ExthdrExpression e, RegisterFile registers)
    {
        int at = Find(packet, e.Header, e.Type);
        if (e.Presence) return registers.Store(e.Destination, at >= 0 ? (byte)1 : (byte)0);
        long from = at + (long)e.Offset;
        return at >= 0 && from + e.Length <= packet.Data.Length && registers.Store(e.Destination, packet.Data.AsSpan((int)from, (int)e.Length));
    }

    public static bool Write(NftPacket packet, ExthdrWriteExpression e, ReadOnlySpan<byte> value)
    {
        int at = Find(packet, e.Header, e.Type);
        if (at < 0 || e.Offset + e.Length > packet.Data[at + 1]) return at < 0;
        Span<byte> target = packet.Data.AsSpan(at + (int)e.Offset, (int)e.Length);
        // The kernel only ever lowers an MSS.
        if (e is { Type: 2, Offset: 2, Length: 2 } && value.SequenceCompareTo(target) > 0) return true;
        value.CopyTo(target);
        return true;
    }

    public static bool Reset(NftPacket packet, ExthdrResetExpression e)
    {
        int at = Find(packet, e.Header, e.Type);
        if (at >= 0) packet.Data.AsSpan(at, packet.Data[at + 1]).Fill(1); // TCPOPT_NOP
        return true;
    }

    private static int Find(NftPacket packet, NftExtensionHeader header, byte type) => header switch
    {
        NftExtensionHeader.Ipv6 => packet.NfProto == 10 ? PacketLayout.FindExtension(packet.Data, type) : -1,
        NftExtensionHeader.TcpOption when packet.L4Protocol == 6 && packet.FragmentOffset == 0 => FindOption(packet.Data, packet.TransportOffset, 20, 12, type),
        NftExtensionHeader.Ipv4Option when packet.NfProto == 2 => FindOption(packet.Data, 0, 20, -1, type),
        NftExtensionHeader.SctpChunk when packet.L4Protocol == 132 && packet.FragmentOffset == 0 => FindChunk(packet.Data, packet.TransportOffset + 12, type),
        _ => -1,
    };

    private static int FindOption(ReadOnlySpan<byte> data, int start, int fixedLength, int lengthAt, byte type)
    {
        if (data.Length < start + fixedLength) return -1;
        int words = lengthAt < 0 ? data[start] & 15 : data[start + lengthAt] >> 4;
        int end = Math.Min(start + words * 4, data.Length);
        for (int at = start + fixedLength; at < end;)
        {
            if (data[at] == 0) return -1;
            if (data[at] == 1)
            {
                at++;
                continue;
            }

            if (at + 1 >= end || data[at + 1] < 2 || at + data[at + 1] > end) return -1;
            if (data[at] == type) return at;
            at += data[at + 1];
        }

        return -1;
    }

    private static int FindChunk(ReadOnlySpan<byte> data, int at, byte type)
    {
        while (at + 4 <= data.Length)
        {
            if (data[at] == type) return at;
            int length = data[at + 2] << 8 | data[at + 3];
            if (length < 4) return -1;
            at += (length + 3) & ~3;
        }

        return -1;
    }
}
