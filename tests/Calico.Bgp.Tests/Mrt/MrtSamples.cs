using System.Buffers;
using System.Net;
using Calico.Bgp.Mrt;

namespace Calico.Bgp.Tests.Mrt;

/// <summary>Files with every kind of record the writer makes.</summary>
internal static class MrtSamples
{
    public static byte[] File(Random random)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MrtWriter(output);
        MrtPeer[] peers = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => new MrtPeer(Address(random, false), Address(random, random.Next(2) == 0), (uint)random.Next(65536), random.Next(2) == 0))];
        writer.Write(Time(random), new MrtPeerIndexTable { CollectorId = Address(random, false), ViewName = random.Next(2) == 0 ? "" : "main", Peers = peers });
        for (int i = random.Next(1, 8); i > 0; i--) Record(random, writer, peers.Length);
        return output.WrittenSpan.ToArray();
    }

    private static void Record(Random random, MrtWriter writer, int peers)
    {
        bool v6 = random.Next(2) == 0;
        byte[] nlri = v6 ? [32, 0x20, 1, 0xD, 0xB8] : [24, 198, 51, 100];
        byte[] attributes = [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1];
        MrtTimestamp time = Time(random);
        switch (random.Next(5))
        {
            case 0:
                bool addPath = random.Next(2) == 0;
                int count = random.Next(4);
                var entries = new ArrayBufferWriter<byte>();
                for (int i = 0; i < count; i++)
                    new MrtRibEntry { PeerIndex = (ushort)random.Next(peers), OriginatedTime = 7, PathId = addPath ? 9u : 0, Attributes = attributes }.WriteTo(entries, addPath);
                writer.Write(time, new MrtRib
                {
                    Sequence = 3,
                    Family = new Family((ushort)(v6 ? 2 : 1), (byte)random.Next(1, 3)),
                    NlriOctets = nlri,
                    IsGeneric = random.Next(2) == 0,
                    AddPath = addPath,
                    EntryCount = (ushort)count,
                    Entries = entries.WrittenSpan,
                });
                break;
            case 1:
                writer.Write(time, new MrtTableDump { Prefix = Address(random, v6), PrefixLength = 20, Status = 1, OriginatedTime = 5, PeerAddress = Address(random, v6), PeerAsn = 64512, Attributes = attributes });
                break;
            case 2:
                writer.Write(time, new MrtRouteEntry { Session = Session(random, false), Family = v6 ? Family.Ipv6Unicast : Family.Ipv4Unicast, NextHopOctets = [192, 0, 2, 1], NlriOctets = nlri, Attributes = attributes });
                break;
            case 3:
                writer.Write(time, new MrtStateChange { Session = Session(random, random.Next(2) == 0), OldState = 5, NewState = 6 });
                break;
            default:
                byte[] update = TestUpdates.Announce(new PathAttributesBuilder().Build(), IPAddress.Parse("192.0.2.1"), IPNetwork.Parse("10.0.0.0/8"));
                writer.Write(time, new MrtMessage { Session = Session(random, random.Next(2) == 0), IsLocal = random.Next(2) == 0, Message = update });
                break;
        }
    }

    private static MrtTimestamp Time(Random random) => new((uint)random.Next(), random.Next(2) == 0 ? (uint)random.Next(1_000_000) : null);

    private static MrtSession Session(Random random, bool fourOctets)
    {
        bool v6 = random.Next(2) == 0;
        return new MrtSession { PeerAsn = 64512, LocalAsn = fourOctets ? 4200000000u : 64513, InterfaceIndex = 2, PeerAddress = Address(random, v6), LocalAddress = Address(random, v6), FourOctetAsn = fourOctets };
    }

    private static IPAddress Address(Random random, bool v6)
    {
        byte[] octets = new byte[v6 ? 16 : 4];
        random.NextBytes(octets);
        return new IPAddress(octets);
    }
}

/// <summary>A stream that gives a few octets at a time.</summary>
internal sealed class PiecewiseStream(ReadOnlyMemory<byte> octets, Random random) : MemoryStream(octets.ToArray())
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, random.Next(1, 40))]);
}
