using System.Buffers.Binary;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>Finds headers in a packet and writes into them, checksums repaired as the kernel does (nft_payload.c).</summary>
internal static class PayloadWriter
{
    public static bool TryLocate(NftPacket packet, NftPayloadBase header, out byte[] data, out int start)
    {
        (data, start) = (packet.Data, 0);
        switch (header)
        {
            case NftPayloadBase.LinkLayer:
                data = packet.LinkHeader;
                return data.Length > 0;
            case NftPayloadBase.Network: return true;
            case NftPayloadBase.Transport:
                start = packet.TransportOffset;
                return packet.L4Protocol is not null && packet.FragmentOffset == 0;
            case NftPayloadBase.Inner:
                start = InnerOffset(packet);
                return start > 0;
            default: return false;
        }
    }

    public static bool Write(NftPacket packet, PayloadWriteExpression e, ReadOnlySpan<byte> value)
    {
        if (!TryLocate(packet, e.Base, out byte[] data, out int start)) return false;
        long from = (long)start + e.Offset;
        if (from + e.Length > data.Length) return false;
        Span<byte> target = data.AsSpan((int)from, (int)e.Length);
        byte[] before = target.ToArray();
        bool isChecksumItself = e.ChecksumType != NftChecksumType.None && e.Offset == e.ChecksumOffset;
        value.CopyTo(target);
        if (e.ChecksumType == NftChecksumType.Inet && !isChecksumItself) Repair(data, start + (int)e.ChecksumOffset, before, value);
        if (e.PseudoHeader && TransportChecksum(packet) is int at) Repair(data, at, before, value);
        return true;
    }

    private static void Repair(byte[] data, int at, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        if (at + 2 > data.Length) return;
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at));
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(at), Checksum.Update(checksum, before, after));
    }

    private static int? TransportChecksum(NftPacket packet) => packet.FragmentOffset != 0 ? null : packet.L4Protocol switch
    {
        6 => packet.TransportOffset + 16,
        17 or 136 when packet.Data.Length >= packet.TransportOffset + 8 && (packet.Data[packet.TransportOffset + 6] | packet.Data[packet.TransportOffset + 7]) != 0 => packet.TransportOffset + 6,
        58 => packet.TransportOffset + 2,
        _ => null,
    };

    private static int InnerOffset(NftPacket packet)
    {
        if (packet.L4Protocol is null || packet.FragmentOffset != 0) return 0;
        int at = packet.TransportOffset;
        return packet.L4Protocol switch
        {
            17 => at + 8,
            6 when packet.Data.Length > at + 12 => at + (packet.Data[at + 12] >> 4) * 4,
            _ => 0,
        };
    }
}
