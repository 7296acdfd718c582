using System.Buffers.Binary;

namespace Calico.Bgp.Tests.Captures;

/// <summary>What TCP carries to and from port 179, segment by segment.</summary>
internal static class BgpSegments
{
    public static IEnumerable<byte[]> Read(byte[] file)
    {
        foreach ((int link, byte[] frame) in CaptureFile.Read(file))
        {
            int ip = NetworkHeader(link, frame);
            if (ip >= 0 && Payload(frame.AsSpan(ip)) is { Length: > 0 } payload) yield return payload;
        }
    }

    private static int NetworkHeader(int link, ReadOnlySpan<byte> frame) => link switch
    {
        1 => Ethernet(frame, 0),
        9 => frame is [0xFF, 3, ..] ? 4 : 2,
        101 => 0,
        113 => 16,
        178 => Ethernet(frame, 4 + ((frame[3] & 0x80) != 0 ? 2 + BinaryPrimitives.ReadUInt16BigEndian(frame[4..]) : 0)),
        _ => -1,
    };

    private static int Ethernet(ReadOnlySpan<byte> frame, int start)
    {
        int at = start + 12;
        while (at + 2 <= frame.Length)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
            if (type is 0x8100 or 0x88A8) at += 4;
            else return type is 0x800 or 0x86DD ? at + 2 : -1;
        }

        return -1;
    }

    private static byte[]? Payload(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 40) return null;
        bool v6 = packet[0] >> 4 == 6;
        if (packet[v6 ? 6 : 9] != 6) return null;
        int header = v6 ? 40 : (packet[0] & 15) * 4;
        int length = v6 ? 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) : BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        ReadOnlySpan<byte> tcp = packet[header..Math.Min(packet.Length, length)];
        if (tcp.Length < 20 || (BinaryPrimitives.ReadUInt16BigEndian(tcp) != 179 && BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]) != 179)) return null;
        int start = (tcp[12] >> 4) * 4;
        return start <= tcp.Length ? tcp[start..].ToArray() : null;
    }
}
