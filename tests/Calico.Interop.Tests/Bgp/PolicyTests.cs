using System.Net;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

public sealed class PolicyTests : InteropTest
{
    [Fact]
    public async Task Changed_filters_hold_at_once_without_a_new_session()
    {
        Peer peer = await Start(Daemon.Bird, new PeerSetup { Asn = 65001, Routes = PeerSetup.Many(20) });
        NeighborOptions neighbor = Neighbor(asn: 65001) with { LocalAddress = IPAddress.Parse("10.77.0.1") };
        BgpSpeaker speaker = await Speaker(neighbor);
        await speaker.AnnounceAsync(Locals(1));
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 20 && peer.Learned(Family.Ipv4Unicast) == 1, "routes both ways");
        Assert.Equal(100u, peer.Paths("40.0.0.0/24")[0].LocalPreference);
        var policy = new RoutePolicyBuilder("some");
        policy.Rule().When(RouteMatch.Prefixes(PrefixList.Parse(["30.0.0.0/21+"]))).Then(RouteEdit.LocalPreference(300)).Accept();
        await speaker.ApplyAsync(new BgpSpeakerOptions
        {
            Asn = 65001,
            RouterId = IPAddress.Parse("10.77.0.1"),
            Listen = [new IPEndPoint(IPAddress.Parse("10.77.0.1"), 179)],
            EbgpRequiresPolicy = false,
            ConnectRetryTime = TimeSpan.FromSeconds(1),
            Neighbors = [neighbor with { Import = policy.Build(), Export = RouteFilter.RejectAll }],
        });
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 8 && peer.Learned(Family.Ipv4Unicast) == 0, "new filters hold");
        Assert.Equal(300u, (await Route(speaker, "30.0.1.0/24"))!.Attributes.LocalPreference);
        await IsUpSinceTheStart(speaker);
    }
}
