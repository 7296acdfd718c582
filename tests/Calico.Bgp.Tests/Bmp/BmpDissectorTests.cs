using System.Buffers;
using System.Globalization;
using System.Net;
using Calico.Bgp.Bmp;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>Wireshark's dissector on what the feed writes: it reads every message, and finds in it what was meant.</summary>
public sealed class BmpDissectorTests
{
    private const int Port = 11019;

    [Fact]
    public void Wireshark_reads_every_message()
    {
        var core = new BgpCore(new BgpSpeakerOptions
        {
            Asn = 65000,
            RouterId = IPAddress.Parse("10.99.0.1"),
            EbgpRequiresPolicy = false,
            Neighbors = [new() { Address = IPAddress.Parse("10.99.1.1"), Asn = 65101, Passive = true }],
        }, new NoHost(), new ManualTime(), seed: 1);
        core.Start();
        var feed = new BmpFeed(core, new BmpOptions { Collector = new IPEndPoint(IPAddress.Loopback, Port), Tables = BmpTables.PrePolicy | BmpTables.PostPolicy | BmpTables.LocRib, SystemName = "speaker-1" });
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65101).Establish();
        peer.Give(peer.Announcement("20.1.0.0/16", med: 5));
        feed.RequestStatistics();
        List<byte[]> messages = Take(feed);
        peer.Give(w => MessageWriter.WriteNotification(w, new BgpError(BgpErrorCode.Cease, CeaseSubcode.AdministrativeReset)));
        messages.AddRange(Take(feed));
        string[][] rows = Wireshark.Dissect(messages, Port, "bmp", "bmp.type", "bmp.peer.flags.post_policy", "bmp.peer.ip.addr", "bmp.peer.asn", "bmp.init.info", "bmp.peer.up.ip.addr", "bgp.nlri_prefix", "bmp.peer.down.reason", "bmp.stats.data.routes_adj_rib_in", "_ws.malformed");
        // Wireshark 4.0 takes the table name after the OPENs of the Loc-RIB's Peer Up (RFC 9069 section 5.2) for more BGP.
        Assert.All(rows.Where(row => row is not ["3", _, "0.0.0.0", ..]), row => Assert.Equal("", row[9]));
        Assert.Equal(messages.Select(m => m[5].ToString(CultureInfo.InvariantCulture)), rows.Select(r => r[0]));
        Assert.Equal("Calico.Bgp,speaker-1", rows[0][4]);
        string[] up = rows.First(r => r[0] == "3" && r[2] == "10.99.1.1");
        Assert.Equal(("65101", "10.99.0.1"), (up[3], up[5]));
        Assert.Equal(3, rows.Count(r => r[0] == "0" && r[6].Contains("20.1.0.0", StringComparison.Ordinal)));
        Assert.Equal("3", rows.First(r => r[0] == "2")[7]);
        Assert.Equal("1", rows.First(r => r[0] == "1")[8]);
    }

    private static List<byte[]> Take(BmpFeed feed)
    {
        var output = new ArrayBufferWriter<byte>();
        while (feed.Read(output, int.MaxValue) && output.WrittenCount is var before && feed.Read(output, int.MaxValue) && output.WrittenCount != before)
        {
        }

        var messages = new List<byte[]>();
        for (ReadOnlySpan<byte> rest = output.WrittenSpan; BmpFrame.TryRead(rest, out BmpFrame frame, out _) == FrameStatus.Complete; rest = rest[frame.Raw.Length..]) messages.Add(frame.Raw.ToArray());
        return messages;
    }
}
