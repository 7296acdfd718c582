using System.Buffers.Binary;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>Where the transport header is, as the kernel finds it (nft_set_pktinfo_ipv4, nft_set_pktinfo_ipv6).</summary>
internal static class PacketLayout
{
    public static (byte NfProto, byte? Protocol, int Transport, int Fragment) Find(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return default;
        return (data[0] >> 4) switch
        {
            4 => FindIpv4(data),
            6 => FindIpv6(data),
            _ => default,
        };
    }

    private static (byte, byte?, int, int) FindIpv4(ReadOnlySpan<byte> data)
    {
        int header = (data[0] & 15) * 4;
        if (header < 20 || data.Length < header) return (2, null, 0, 0);
        return (2, data[9], header, BinaryPrimitives.ReadUInt16BigEndian(data[6..]) & 0x1fff);
    }

    private static (byte, byte?, int, int) FindIpv6(ReadOnlySpan<byte> data)
    {
        if (data.Length < 40) return (10, null, 0, 0);
        byte next = data[6];
        int at = 40, fragment = 0;
        while (next is 0 or 43 or 44 or 51 or 60)
        {
            if (data.Length < at + 8) return (10, null, 0, 0);
            int length = next switch { 44 => 8, 51 => (data[at + 1] + 2) * 4, _ => (data[at + 1] + 1) * 8 };
            if (next == 44) fragment = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]) >> 3;
            next = data[at];
            at += length;
            if (fragment != 0) break;
        }

        return (10, next, at, fragment);
    }

    /// <summary>An IPv6 extension header's place; -1 when it is missing.</summary>
    public static int FindExtension(ReadOnlySpan<byte> data, byte wanted)
    {
        if (data.Length < 40) return -1;
        byte next = data[6];
        int at = 40;
        while (true)
        {
            if (next == wanted) return at;
            if (next is not (0 or 43 or 44 or 51 or 60) || data.Length < at + 8) return -1;
            int length = next switch { 44 => 8, 51 => (data[at + 1] + 2) * 4, _ => (data[at + 1] + 1) * 8 };
            next = data[at];
            at += length;
        }
    }
}

/// <summary>The Internet checksum (RFC 1071).</summary>
internal static class Checksum
{
    public static ushort Of(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i + 1 < data.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
        if (data.Length % 2 == 1) sum += (uint)data[^1] << 8;
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>A checksum after a change of some 16-bit words (RFC 1624).</summary>
    public static ushort Update(ushort checksum, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        uint sum = (ushort)~checksum;
        sum += (ushort)~SumOf(before);
        sum += SumOf(after);
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private static ushort SumOf(ReadOnlySpan<byte> data) => (ushort)~Of(data);
}
