using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

public sealed class ReflectionTests : InteropTest
{
    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Session, MemberType = typeof(Daemons))]
    public async Task We_reflect_between_a_daemon_and_another_client(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Asn = 65001, Routes = PeerSetup.Many(1) });
        await Speaker(Neighbor(asn: 65001) with { RouteReflectorClient = true }, Neighbor("10.77.0.3", 65001) with { RouteReflectorClient = true });
        BgpSpeaker client = await Speaker("10.77.0.3", 65001, Neighbor("10.77.0.1", 65001));
        await client.AnnounceAsync(Locals(1));
        await Eventually(() => peer.Paths("40.0.0.0/24").Count == 1, "the client's route is there");
        PeerPath path = peer.Paths("40.0.0.0/24")[0];
        Assert.Equal(("10.77.0.3", "", "10.77.0.3", 100u), (path.NextHop, path.AsPath, path.Originator, path.LocalPreference));
        Assert.Equal(["10.77.0.1"], path.Clusters);
        await Eventually(async () => await Route(client, "30.0.0.0/24") is not null, "the daemon's route is at the client");
        PathAttributes got = (await Route(client, "30.0.0.0/24"))!.Attributes;
        Assert.Equal(("10.77.0.2", "10.77.0.2", "10.77.0.1"), (got.NextHop!.ToString(), got.OriginatorId!.ToString(), got.ClusterList.Single().ToString()));
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Reflects, MemberType = typeof(Daemons))]
    public async Task A_daemon_reflects_between_two_of_ours(Daemon daemon)
    {
        await Start(daemon, new PeerSetup { Asn = 65001, Sessions = [new() { Client = true }, new() { Ours = "10.77.0.3", Client = true }] });
        BgpSpeaker one = await Speaker(Neighbor(asn: 65001)), two = await Speaker("10.77.0.3", 65001, Neighbor(asn: 65001));
        await one.AnnounceAsync(Locals(1));
        await Eventually(async () => await Route(two, "40.0.0.0/24") is not null, "the route is reflected");
        PathAttributes got = (await Route(two, "40.0.0.0/24"))!.Attributes;
        Assert.Equal(("10.77.0.1", "10.77.0.1", "10.77.0.2"), (got.NextHop!.ToString(), got.OriginatorId!.ToString(), got.ClusterList.Single().ToString()));
        Assert.Equal(0, await Learned(one, Family.Ipv4Unicast));
    }
}
