using System.Net;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>Graceful restart (RFC 4724) with processes that end without a word.</summary>
public sealed class RestartTests : InteropTest
{
    [Theory]
    [MemberData(nameof(Daemons.That), Ability.AsksToKeepRoutes, MemberType = typeof(Daemons))]
    public async Task Their_process_is_killed_and_their_routes_stay_until_it_has_told_its_new_ones(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Routes = PeerSetup.Many(100) });
        BgpSpeaker speaker = await Speaker(Neighbor());
        await speaker.AnnounceAsync(Locals(10));
        await Eventually(async () => await Learned(speaker, Family.Ipv4Unicast) == 100, "their routes are here");
        peer.Kill();
        await Eventually(async () => (await Status(speaker)).IsRestarting, "its absence is noticed");
        Assert.Equal(100, await Learned(speaker, Family.Ipv4Unicast));
        Assert.All((await speaker.GetRoutesAsync()).Where(r => r.Neighbor is not null), r => Assert.True(r.IsStale));
        peer.Setup = peer.Setup with { Routes = PeerSetup.Many(90) };
        await peer.StartAsync();
        await Eventually(async () => await IsUp(speaker) && await Learned(speaker, Family.Ipv4Unicast) == 90, "it is back with 90");
        await Eventually(async () => (await speaker.GetRoutesAsync()).All(r => !r.IsStale), "nothing is stale");
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 10, "ours are there again");
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.KeepsOurRoutes, MemberType = typeof(Daemons))]
    public async Task Our_process_is_killed_and_our_routes_stay_until_it_has_told_its_new_ones(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup());
        BgpSpeaker source = await Speaker("10.77.0.3", 65003, Neighbor("10.77.0.1", 65001));
        await source.AnnounceAsync(Locals(100));
        using var server = new RouteServerProcess(Namespaces, """
            { "routerId": "10.77.0.1", "asn": 65001, "listen": ["10.77.0.1:179"], "ebgpRequiresPolicy": false, "neighbors": [
              { "address": "10.77.0.2", "asn": 65002, "localAddress": "10.77.0.1" }, { "address": "10.77.0.3", "asn": 65003, "localAddress": "10.77.0.1" } ] }
            """);
        server.Start();
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 100, "our routes are there");
        server.Kill();
        await Eventually(async () => !await IsUp(source), "it is gone");
        await source.WithdrawAsync([.. Locals(10).Select(r => r.Prefix)]);
        await Task.Delay(1000);
        Assert.Equal(100, peer.Learned(Family.Ipv4Unicast));
        server.Start("--restarted");
        await Eventually(() => peer.Learned(Family.Ipv4Unicast) == 90, "the 10 that did not come back are swept");
    }
}
