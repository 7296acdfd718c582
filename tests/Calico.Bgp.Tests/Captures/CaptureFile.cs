using System.Buffers.Binary;

namespace Calico.Bgp.Tests.Captures;

/// <summary>The frames of a pcap or pcapng file, little-endian as tcpdump's are.</summary>
internal static class CaptureFile
{
    public static IEnumerable<(int LinkType, byte[] Frame)> Read(byte[] file) =>
        BinaryPrimitives.ReadUInt32LittleEndian(file) == 0x0A0D0D0A ? ReadNg(file) : ReadClassic(file);

    private static IEnumerable<(int, byte[])> ReadClassic(byte[] file)
    {
        int link = Number(file, 20);
        for (int at = 24; at + 16 <= file.Length; at += 16 + Number(file, at + 8))
            yield return (link, file[(at + 16)..Math.Min(file.Length, at + 16 + Number(file, at + 8))]);
    }

    private static IEnumerable<(int, byte[])> ReadNg(byte[] file)
    {
        var links = new List<int>();
        for (int at = 0; at + 12 <= file.Length; at += Number(file, at + 4))
        {
            switch (Number(file, at))
            {
                case 1:
                    links.Add(BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 8)));
                    break;
                case 6:
                    yield return (links[Number(file, at + 8)], file[(at + 28)..(at + 28 + Number(file, at + 20))]);
                    break;
            }
        }
    }

    private static int Number(byte[] file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
}
