using System.Buffers;
using System.Net;
using Calico.Bgp.Bmp;
using FsCheck;
using FsCheck.Xunit;

namespace Calico.Bgp.Tests.Bmp;

/// <summary>What a collector is told, message by message, and that it ends up with the speaker's tables whatever happened.</summary>
public sealed class BmpFeedTests
{
    private readonly ManualTime _time = new();
    private readonly BmpCollector _collector = new();

    private const BmpTables All = BmpTables.PrePolicy | BmpTables.PostPolicy | BmpTables.LocRib;

    private BgpCore Core(params NeighborOptions[] neighbors)
    {
        var core = new BgpCore(new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), EbgpRequiresPolicy = false, Neighbors = neighbors }, new NoHost(), _time, seed: 1);
        core.Start();
        return core;
    }

    private static NeighborOptions N(int host, uint asn, RouteFilter? import = null, bool keep = false) =>
        new() { Address = IPAddress.Parse($"10.99.1.{host}"), Asn = new Asn(asn), Passive = true, Import = import, SoftReconfiguration = keep };

    private static BmpFeed Feed(BgpCore core, BmpTables tables = All, int limit = 1 << 24) =>
        new(core, new BmpOptions { Collector = new IPEndPoint(IPAddress.Loopback, 1), Tables = tables, QueueLimit = limit, SystemName = "test" });

    private void Read(BmpFeed feed, int about = 4096)
    {
        var output = new ArrayBufferWriter<byte>();
        while (feed.Read(output, about))
        {
            _collector.Give(output.WrittenSpan);
            output.ResetWrittenCount();
        }
    }

    private static RouteFilter NoTens()
    {
        var policy = new RoutePolicyBuilder("no-tens");
        policy.Rule().When(RouteMatch.Prefixes(PrefixList.Parse(["10.0.0.0/8{8,32}"]))).Reject();
        policy.Rule().Then(RouteEdit.LocalPreference(77)).Accept();
        return policy.Build();
    }

    [Fact]
    public void A_session_is_told_with_its_opens_then_its_routes_before_and_after_policy()
    {
        BgpCore core = Core(N(1, 65101, NoTens()));
        BmpFeed feed = Feed(core);
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65101).Establish();
        peer.Give(peer.Announcement("10.1.0.0/16"));
        peer.Give(peer.Announcement("20.1.0.0/16"));
        Read(feed);
        Assert.Equal(["Initiation SystemDescription Calico.Bgp", "Initiation SystemName test", "up loc-rib sent 65000 received 65000", "up 10.99.1.1 sent 65000 received 65101"], _collector.Events.Take(4));
        Assert.Equal(["10.1.0.0/16", "20.1.0.0/16"], _collector.Table("10.99.1.1").Keys);
        Assert.Equal(["20.1.0.0/16"], _collector.Table("10.99.1.1 post").Keys);
        Assert.Contains("local-pref 77", _collector.Table("10.99.1.1 post")["20.1.0.0/16"], StringComparison.Ordinal);
        Assert.Equal(["20.1.0.0/16"], _collector.Table("loc-rib").Keys);
        Assert.Contains("end-of-rib 10.99.1.1 post ipv4-unicast", _collector.Events);
        Assert.Contains("end-of-rib loc-rib ipv4-unicast", _collector.Events);
    }

    [Fact]
    public void A_collector_that_comes_late_is_told_kept_routes_or_the_neighbour_is_asked_again()
    {
        BgpCore core = Core(N(1, 65101, NoTens(), keep: true), N(2, 65102));
        TestPeer kept = new TestPeer(core, "10.99.1.1", 65101).Establish(), other = new TestPeer(core, "10.99.1.2", 65102).Establish();
        kept.Give(kept.Announcement("10.1.0.0/16"));
        kept.Give(kept.Announcement("20.1.0.0/16"));
        other.Give(other.Announcement("30.1.0.0/16"));
        BmpFeed feed = Feed(core);
        Read(feed);
        other.Read();
        Assert.Equal(["10.1.0.0/16", "20.1.0.0/16"], _collector.Table("10.99.1.1").Keys);
        Assert.Contains("end-of-rib 10.99.1.1 ipv4-unicast", _collector.Events);
        Assert.Contains(MessageType.RouteRefresh, other.Types);
        Assert.Empty(_collector.Table("10.99.1.2"));
        other.Give(other.Announcement("30.1.0.0/16"));
        Read(feed);
        Assert.Equal(["30.1.0.0/16"], _collector.Table("10.99.1.2").Keys);
        Assert.Equal(["30.1.0.0/16"], _collector.Table("10.99.1.2 post").Keys);
    }

    [Fact]
    public void The_end_of_a_session_is_told_with_its_reason()
    {
        BgpCore core = Core(N(1, 65101), N(2, 65102), N(3, 65103));
        BmpFeed feed = Feed(core, BmpTables.PostPolicy);
        TestPeer[] peers = [.. Enumerable.Range(1, 3).Select(i => new TestPeer(core, $"10.99.1.{i}", (uint)(65100 + i)).Establish())];
        foreach (TestPeer peer in peers) peer.Give(peer.Announcement("20.1.0.0/16"));
        Read(feed);
        Assert.Equal(3, _collector.Tables.Count);
        peers[0].Give(w => MessageWriter.WriteNotification(w, new BgpError(BgpErrorCode.Cease, CeaseSubcode.AdministrativeReset)));
        core.Reset(IPAddress.Parse("10.99.1.2"));
        core.Closed(peers[2]);
        core.Flush();
        Read(feed);
        string[] downs = [.. _collector.Events.Where(e => e.StartsWith("down", StringComparison.Ordinal))];
        Assert.StartsWith("down 10.99.1.1 RemoteNotification NOTIFICATION", downs[0], StringComparison.Ordinal);
        Assert.StartsWith("down 10.99.1.2 LocalNotification NOTIFICATION", downs[1], StringComparison.Ordinal);
        Assert.Equal("down 10.99.1.3 RemoteNoNotification", downs[2]);
        Assert.Empty(_collector.Tables);
    }

    [Fact]
    public void Statistics_count_what_was_accepted_and_rejected()
    {
        BgpCore core = Core(N(1, 65101, NoTens()));
        BmpFeed feed = Feed(core);
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65101).Establish();
        peer.Give(peer.Announcement("10.1.0.0/16"));
        peer.Give(peer.Announcement("20.1.0.0/16"));
        feed.RequestStatistics();
        Read(feed);
        Assert.Contains("10.99.1.1 Rejected 1", _collector.Events);
        Assert.Contains("10.99.1.1 AdjRibIn 1", _collector.Events);
        Assert.Contains("10.99.1.1 AdjRibInOfFamily ipv4-unicast 1", _collector.Events);
        Assert.Contains("loc-rib LocRib 1", _collector.Events);
    }

    [Fact]
    public void More_waiting_than_may_is_an_overflow_and_holds_no_memory()
    {
        BgpCore core = Core(N(1, 65101));
        BmpFeed feed = Feed(core, limit: 65536);
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65101).Establish();
        for (int i = 0; i < 2000 && !feed.IsOverflowed; i++) peer.Give(peer.Announcement($"20.{i / 256}.{i % 256}.0/24"));
        Assert.True(feed.IsOverflowed);
        feed.Close();
        BmpFeed next = Feed(core, BmpTables.PostPolicy);
        Read(next);
        Assert.Equal(core.Routes().Count, _collector.Table("10.99.1.1 post").Count);
    }

    [Property(MaxTest = 60)]
    public void A_collector_has_the_tables_of_the_speaker_whatever_happened(NonNegativeInt seed)
    {
        var random = new Random(seed.Get);
        BgpCore core = Core(N(1, 65101, NoTens(), keep: true), N(2, 65102, keep: true), N(3, 65103, keep: true));
        BmpFeed feed = Feed(core);
        var collector = new BmpCollector();
        var peers = new TestPeer?[4];
        for (int step = 0; step < 120; step++)
        {
            int host = random.Next(1, 4);
            string prefix = $"{(random.Next(2) == 0 ? 10 : 20)}.{random.Next(8)}.0.0/16";
            switch (random.Next(10))
            {
                case 0 when peers[host] is { } gone:
                    core.Closed(gone);
                    core.Flush();
                    peers[host] = null;
                    break;
                case 1:
                    var output = new ArrayBufferWriter<byte>();
                    if (feed.Read(output, random.Next(1, 2000))) collector.Give(output.WrittenSpan);
                    break;
                case 2 or 3 when peers[host] is { } peer:
                    peer.Give(TestUpdates.Withdraw(IPNetwork.Parse(prefix)));
                    break;
                default:
                    if (peers[host] is { } talker) talker.Give(talker.Announcement(prefix, med: (uint)random.Next(3)));
                    else peers[host] = new TestPeer(core, $"10.99.1.{host}", (uint)(65100 + host)).Establish();
                    break;
            }
        }

        var rest = new ArrayBufferWriter<byte>();
        while (feed.Read(rest, 1000))
        {
            collector.Give(rest.WrittenSpan);
            rest.ResetWrittenCount();
        }

        for (int host = 1; host < 4; host++)
        {
            IPAddress address = IPAddress.Parse($"10.99.1.{host}");
            Assert.Equal(Lines(core.Routes(new RibQuery { Neighbor = address })), collector.Table($"{address} post").Select(r => $"{r.Key} {r.Value}"));
        }

        Assert.Equal(Lines(core.Routes()), collector.Table("loc-rib").Select(r => $"{r.Key} {r.Value}"));
    }

    private static IEnumerable<string> Lines(IEnumerable<RibRoute> routes) => routes.Select(r => $"{r.Prefix} {r.Attributes}").Order(StringComparer.Ordinal);
}
