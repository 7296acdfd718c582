using System.Net;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

public sealed class RouteExchangeTests : InteropTest
{
    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Session, MemberType = typeof(Daemons))]
    public async Task Ten_thousand_routes_each_way_withdrawal_and_refresh(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Routes = PeerSetup.Many(10_000) });
        BgpSpeaker speaker = await Speaker(Neighbor());
        await speaker.AnnounceAsync(Locals(10_000));
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 10_000, "their routes are here");
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 10_000, "ours are there");
        RibRoute one = (await Route(speaker, "30.0.7.0/24"))!;
        Assert.Equal(("65002", "10.77.0.2"), (one.Attributes.AsPath.ToString(), one.Attributes.NextHop!.ToString()));
        PeerPath path = Assert.Single(peer.Paths("40.0.7.0/24"));
        Assert.Equal(("65001", "10.77.0.1"), (path.AsPath, path.NextHop));

        if (Daemons.Can(daemon, Ability.AnswersRefresh))
        {
            long before = (await Status(speaker)).UpdatesReceived;
            Assert.True(await speaker.RefreshAsync(IPAddress.Parse("10.77.0.2")));
            await Eventually(async () => (await Status(speaker)).UpdatesReceived > before, "they answer our request for a refresh");
        }

        if (Daemons.Can(daemon, Ability.RequestsRefresh))
        {
            long before = (await Status(speaker)).UpdatesSent;
            int refreshes = Heard(speaker).Sent(MessageType.RouteRefresh);
            peer.RequestRefresh("10.77.0.1");
            await Eventually(async () => Heard(speaker).Received(MessageType.RouteRefresh) > 0 && (await Status(speaker)).UpdatesSent > before, "we answer theirs");
            if (Daemons.Can(daemon, Ability.EnhancedRefresh)) await Eventually(() => Heard(speaker).Sent(MessageType.RouteRefresh) >= refreshes + 2, "our answer stands between Begin and End");
        }

        await speaker.WithdrawAsync([.. Locals(10_000).Take(4_000).Select(r => r.Prefix)]);
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 6_000, "4,000 of ours are withdrawn");
        peer.Withdraw("30.0.9.0/24");
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 9_999, "one of theirs is withdrawn");
        Assert.Equal(6_000, peer.Learned(Family.Ipv4Unicast));
        if (Daemons.Can(daemon, Ability.SteadyUnderLoad)) await IsUpSinceTheStart(speaker);
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Session, MemberType = typeof(Daemons))]
    public async Task IPv6_session(Daemon daemon)
    {
        bool both = Daemons.Can(daemon, Ability.Ipv4OverIpv6);
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { Ours = "fd77::1", ExtendedNextHop = both }], Routes = PeerSetup.Many(both ? 10 : 0, 2_000) });
        BgpSpeaker speaker = await Speaker(Neighbor("fd77::2"));
        await speaker.AnnounceAsync([.. LocalsIpv6(2_000), .. Locals(both ? 10 : 0)]);
        await Eventually(async () => await Learned(speaker, Family.Ipv6Unicast) == 2_000, "their routes are here");
        await Eventually(() => peer.Learned(Family.Ipv6Unicast) == 2_000, "ours are there");
        RibRoute one = (await Route(speaker, "2001:db8:7::/48"))!;
        Assert.Equal(("65002", "fd77::2"), (one.Attributes.AsPath.ToString(), one.Attributes.NextHop!.ToString()));
        Assert.StartsWith("fd77::1", Assert.Single(peer.Paths("2001:db9:7::/48")).NextHop, StringComparison.Ordinal);
        if (!both) return;
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 10, "their IPv4 routes are here");
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 10, "our IPv4 routes are there");
        Assert.Equal("fd77::2", (await Route(speaker, "30.0.7.0/24"))!.Attributes.NextHop!.ToString());
        Assert.StartsWith("fd77::1", Assert.Single(peer.Paths("40.0.7.0/24")).NextHop, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Ipv6OverIpv4, MemberType = typeof(Daemons))]
    public async Task IPv6_routes_over_an_IPv4_session(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Routes = PeerSetup.Many(1, 10) });
        BgpSpeaker speaker = await Speaker(Neighbor() with { LocalNextHopIPv6 = IPAddress.Parse("fd77::1") });
        await speaker.AnnounceAsync(LocalsIpv6(10));
        await Eventually(async () => await Learned(speaker, Family.Ipv6Unicast) == 10, "their routes are here");
        await Eventually(() => peer.Learned(Family.Ipv6Unicast) == 10, "ours are there");
        Assert.Equal("fd77::2", (await Route(speaker, "2001:db8:7::/48"))!.Attributes.NextHop!.ToString());
        Assert.StartsWith("fd77::1", Assert.Single(peer.Paths("2001:db9:7::/48")).NextHop, StringComparison.Ordinal);
    }
}
