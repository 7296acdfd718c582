using System.Globalization;
using Calico.Bgp.Bmp;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>A collector: keeps of each peer, before and after policy, and of the Loc-RIB, what it has been told.</summary>
internal sealed class BmpCollector
{
    private int _read;
    private readonly List<byte> _octets = [];

    public Dictionary<string, SortedDictionary<string, string>> Tables { get; } = [];

    /// <summary>One line for each message that is no Route Monitoring of a route.</summary>
    public List<string> Events { get; } = [];

    public byte[] Octets => [.. _octets];

    public SortedDictionary<string, string> Table(string name) => Tables.TryGetValue(name, out SortedDictionary<string, string>? table) ? table : [];

    public void Give(ReadOnlySpan<byte> octets)
    {
        _octets.AddRange(octets);
        byte[] all = [.. _octets];
        while (BmpFrame.TryRead(all.AsSpan(_read), out BmpFrame frame, out BmpError error) is var status && status != FrameStatus.Incomplete)
        {
            Assert.True(status == FrameStatus.Complete, error.ToString());
            _read += frame.Raw.Length;
            Take(frame);
        }
    }

    private void Take(in BmpFrame frame)
    {
        BmpError error;
        switch (frame.Type)
        {
            case BmpMessageType.RouteMonitoring:
                Assert.True(BmpRouteMonitoring.TryRead(frame, out BmpRouteMonitoring route, out error), error.ToString());
                Apply(Name(route.Peer), route.Update, route.Peer.Flags.HasFlag(BmpPeerFlags.TwoOctetAsPath));
                break;
            case BmpMessageType.PeerUp:
                Assert.True(BmpPeerUp.TryRead(frame, out BmpPeerUp up, out error), error.ToString());
                string sent = BgpMessageText.Format(up.SentOpen), received = BgpMessageText.Format(up.ReceivedOpen);
                Events.Add($"up {Name(up.Peer)} sent {sent.Split(' ')[2]} received {received.Split(' ')[2]}");
                break;
            case BmpMessageType.PeerDown:
                Assert.True(BmpPeerDown.TryRead(frame, out BmpPeerDown down, out error), error.ToString());
                Events.Add($"down {Name(down.Peer)} {down.Reason} {(down.Event is { } e ? e.ToString() : down.Data.IsEmpty ? "" : BgpMessageText.Format(down.Data))}".TrimEnd());
                // RFC 7854 section 4.9: the routes of the peer go with it.
                Tables.Remove(Name(down.Peer));
                Tables.Remove(Name(down.Peer) + " post");
                break;
            case BmpMessageType.StatisticsReport:
                Assert.True(BmpStatisticsReport.TryRead(frame, out BmpStatisticsReport report, out error), error.ToString());
                var reader = new BmpTlvReader(report.Statistics);
                while (reader.TryRead(out BmpTlv item)) Events.Add(string.Create(CultureInfo.InvariantCulture, $"{Name(report.Peer)} {(BmpStatistic)item.Type} {item.Family}{(item.Family is null ? "" : " ")}{item.Number}"));
                break;
            default:
                Assert.True(BmpInformation.TryRead(frame, out BmpInformation information, out error), error.ToString());
                var items = new BmpTlvReader(information.Items);
                while (items.TryRead(out BmpTlv item))
                    Events.Add(frame.Type == BmpMessageType.Termination ? $"{frame.Type} {(BmpTerminationReason)item.Number!}" : $"{frame.Type} {(BmpInformationType)item.Type} {item.Text}");
                break;
        }
    }

    private static string Name(in BmpPeer peer) => peer.Type == BmpPeerType.LocRib ? "loc-rib" : $"{peer.Address}{(peer.Flags.HasFlag(BmpPeerFlags.PostPolicy) ? " post" : "")}";

    private void Apply(string name, ReadOnlySpan<byte> message, bool twoOctets)
    {
        DecodedUpdate update = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false, IsConfederation = true, FourOctetAsn = !twoOctets, ExtendedNextHop = true }).Decode(message[19..]);
        Assert.True(update.Treatment <= ErrorTreatment.AttributeDiscard, update.Error.ToString());
        if (update.EndOfRib is { } family)
        {
            Events.Add($"end-of-rib {name} {family}");
            return;
        }

        if (!Tables.TryGetValue(name, out SortedDictionary<string, string>? table)) Tables[name] = table = new(StringComparer.Ordinal);
        foreach (string prefix in Prefixes(Family.Ipv4Unicast, update.Withdrawn)) table.Remove(prefix);
        foreach (string prefix in Prefixes(update.UnreachFamily, update.UnreachNlri)) table.Remove(prefix);
        foreach (string prefix in Prefixes(Family.Ipv4Unicast, update.Nlri)) table[prefix] = update.ToAttributes().ToString();
        foreach (string prefix in Prefixes(update.ReachFamily, update.ReachNlri)) table[prefix] = update.ToReachAttributes().ToString();
    }

    private static List<string> Prefixes(Family family, ReadOnlySpan<byte> field)
    {
        var list = new List<string>();
        var reader = new NlriReader(family, field);
        while (reader.TryRead(out Nlri nlri)) list.Add(nlri.ToString());
        return list;
    }
}
