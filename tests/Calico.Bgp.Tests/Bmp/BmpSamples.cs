using System.Buffers;
using System.Net;
using Calico.Bgp.Bmp;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>Random messages of every type, and what was read written again.</summary>
internal static class BmpSamples
{
    public static byte[] Message(Random random)
    {
        var output = new ArrayBufferWriter<byte>();
        BmpPeer peer = Peer(random);
        switch (random.Next(7))
        {
            case 0:
                BmpWriter.Write(output, new BmpRouteMonitoring { Peer = peer, Update = Bgp(random, MessageType.Update) });
                break;
            case 1:
                BmpWriter.Write(output, new BmpPeerUp
                {
                    Peer = peer,
                    LocalAddress = peer.Type == BmpPeerType.LocRib ? null : Address(random, peer.Address!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6),
                    LocalPort = (ushort)random.Next(65536),
                    RemotePort = (ushort)random.Next(65536),
                    SentOpen = Bgp(random, MessageType.Open),
                    ReceivedOpen = Bgp(random, MessageType.Open),
                    Information = Items(random),
                });
                break;
            case 2:
                var reason = (BmpPeerDownReason)random.Next(1, 7);
                byte[] data = reason switch
                {
                    BmpPeerDownReason.LocalNotification or BmpPeerDownReason.RemoteNotification => Bgp(random, MessageType.Notification),
                    BmpPeerDownReason.LocalNoNotification => [0, (byte)random.Next(1, 29)],
                    _ => [],
                };
                BmpWriter.Write(output, new BmpPeerDown { Peer = peer, Reason = reason, Data = data });
                break;
            case 3:
                var statistics = new ArrayBufferWriter<byte>();
                for (int i = random.Next(5); i > 0; i--)
                {
                    if (random.Next(2) == 0) BmpWriter.WriteCounter(statistics, (BmpStatistic)random.Next(7), random.NextInt64(uint.MaxValue));
                    else BmpWriter.WriteGauge(statistics, BmpStatistic.AdjRibInOfFamily, random.NextInt64(), Family.Ipv6Unicast);
                }

                BmpWriter.Write(output, new BmpStatisticsReport { Peer = peer, Statistics = statistics.WrittenSpan });
                break;
            case 4:
                BmpWriter.Write(output, BmpMessageType.Initiation, new BmpInformation { Items = Items(random) });
                break;
            case 5:
                BmpWriter.Write(output, BmpMessageType.Termination, new BmpInformation { Items = Items(random) });
                break;
            default:
                BmpWriter.Write(output, new BmpRouteMirroring { Peer = peer, Items = Items(random) });
                break;
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a message with the decoder of its type and writes it again; the error's text when it is refused.</summary>
    public static byte[]? Rewrite(ReadOnlySpan<byte> octets, out string? refusal)
    {
        FrameStatus status = BmpFrame.TryRead(octets, out BmpFrame frame, out BmpError error);
        var output = new ArrayBufferWriter<byte>();
        bool read = status == FrameStatus.Complete && TryRewrite(frame, output, out error);
        refusal = read ? null : status == FrameStatus.Incomplete ? "incomplete" : error.IsError ? error.ToString() : "";
        return read ? output.WrittenSpan.ToArray() : null;
    }

    private static bool TryRewrite(in BmpFrame frame, ArrayBufferWriter<byte> output, out BmpError error)
    {
        switch (frame.Type)
        {
            case BmpMessageType.RouteMonitoring:
                if (!BmpRouteMonitoring.TryRead(frame, out BmpRouteMonitoring route, out error)) return false;
                BmpWriter.Write(output, route);
                return true;
            case BmpMessageType.PeerUp:
                if (!BmpPeerUp.TryRead(frame, out BmpPeerUp up, out error)) return false;
                BmpWriter.Write(output, up);
                return true;
            case BmpMessageType.PeerDown:
                if (!BmpPeerDown.TryRead(frame, out BmpPeerDown down, out error)) return false;
                BmpWriter.Write(output, down);
                return true;
            case BmpMessageType.StatisticsReport:
                if (!BmpStatisticsReport.TryRead(frame, out BmpStatisticsReport report, out error)) return false;
                BmpWriter.Write(output, report);
                return true;
            case BmpMessageType.RouteMirroring:
                if (!BmpRouteMirroring.TryRead(frame, out BmpRouteMirroring mirroring, out error)) return false;
                BmpWriter.Write(output, mirroring);
                return true;
            case BmpMessageType.Initiation or BmpMessageType.Termination:
                if (!BmpInformation.TryRead(frame, out BmpInformation information, out error)) return false;
                BmpWriter.Write(output, frame.Type, information);
                return true;
            default:
                error = new BmpError($"unknown type {frame.Type}");
                return false;
        }
    }

    private static BmpPeer Peer(Random random)
    {
        var type = (BmpPeerType)random.Next(4);
        bool isIpv6 = random.Next(2) == 0;
        BmpPeerFlags flags = (BmpPeerFlags)(random.Next(8) << 4) | (isIpv6 ? BmpPeerFlags.Ipv6 : 0);
        return new BmpPeer
        {
            Type = type,
            Flags = flags,
            Distinguisher = new RouteDistinguisher((ulong)random.NextInt64()),
            Address = type == BmpPeerType.LocRib ? null : Address(random, isIpv6),
            Asn = (uint)random.NextInt64(uint.MaxValue),
            RouterId = (uint)random.NextInt64(uint.MaxValue),
            Seconds = (uint)random.NextInt64(uint.MaxValue),
            Microseconds = (uint)random.Next(1_000_000),
        };
    }

    private static IPAddress Address(Random random, bool isIpv6) => new(Octets(random, isIpv6 ? 16 : 4));

    private static byte[] Bgp(Random random, MessageType type) => TestUpdates.Message(Octets(random, random.Next(100)), type);

    private static byte[] Items(Random random)
    {
        var items = new ArrayBufferWriter<byte>();
        for (int i = random.Next(4); i > 0; i--) BmpWriter.WriteTlv(items, (ushort)random.Next(4), Octets(random, random.Next(30)));
        return items.WrittenSpan.ToArray();
    }

    private static byte[] Octets(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
