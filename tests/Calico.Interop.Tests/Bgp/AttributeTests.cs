using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

public sealed class AttributeTests : InteropTest
{
    private const uint Ours = 4_200_000_001, Theirs = 4_200_000_002;

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.Session, MemberType = typeof(Daemons))]
    public async Task Four_octet_numbers_and_communities_of_all_kinds(Daemon daemon)
    {
        PeerRoute theirs = new("30.0.0.0/24") { Community = "65002:7", LargeCommunity = "4200000002:1:4294967295", RouteTarget = "65002:9" };
        Peer peer = await Start(daemon, new PeerSetup { Asn = Theirs, Sessions = [new() { OurAsn = Ours }], Routes = [theirs] });
        BgpSpeaker speaker = await Speaker("10.77.0.1", Ours, Neighbor(asn: Theirs));
        PathAttributes attributes = new PathAttributesBuilder(PathAttributes.LocalDefault)
            .Add(Community.Parse("65001:7")).Add(Community.Parse("65001:8")).Add(LargeCommunity.Parse("4200000001:2:3")).Add(ExtendedCommunity.Parse("rt:65001:9")).Build();
        await speaker.AnnounceAsync(Locals(1)[0] with { Attributes = attributes });
        await Eventually(async () => await Route(speaker, "30.0.0.0/24") is not null, "their route is here");
        PathAttributes got = (await Route(speaker, "30.0.0.0/24"))!.Attributes;
        Assert.Equal($"{Theirs}", got.AsPath.ToString());
        Assert.Equal([theirs.Community], got.Communities.Select(c => c.ToString()));
        Assert.Equal([theirs.LargeCommunity], got.LargeCommunities.Select(c => c.ToString()));
        Assert.Equal([$"rt:{theirs.RouteTarget}"], got.ExtendedCommunities.Select(c => c.ToString()));
        await Eventually(() => peer.Paths("40.0.0.0/24").Count == 1, "ours is there");
        PeerPath path = peer.Paths("40.0.0.0/24")[0];
        Assert.Equal($"{Ours}", path.AsPath);
        Assert.Equal(["65001:7", "65001:8"], path.Communities);
        Assert.Equal(["4200000001:2:3"], path.LargeCommunities);
        Assert.Equal(["65001:9"], path.RouteTargets);
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.TwoOctetAsn, MemberType = typeof(Daemons))]
    public async Task A_neighbour_without_four_octet_numbers_gets_AS_TRANS_and_AS4_PATH(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { OurAsn = daemon == Daemon.Exabgp ? Asn.Trans.Value : Ours, FourOctetAsn = false, Ipv6 = false }], Routes = PeerSetup.Many(1) });
        BgpSpeaker speaker = await Speaker("10.77.0.1", Ours, Neighbor());
        await speaker.AnnounceAsync(Locals(1));
        await Eventually(async () => await Route(speaker, "30.0.0.0/24") is not null, "their route is here");
        await Eventually(() => peer.Paths("40.0.0.0/24").Count == 1, "ours is there");
        // Both put AS_PATH (23456) and AS4_PATH together, though they do not announce that they can.
        Assert.Equal($"{Ours}", peer.Paths("40.0.0.0/24")[0].AsPath);
    }

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.AddPathSend, MemberType = typeof(Daemons))]
    public async Task Both_paths_of_theirs_come(Daemon daemon)
    {
        await Start(daemon, new PeerSetup { Sessions = [new() { AddPath = true }, new() { Ours = "10.77.0.3", OurAsn = 65003 }, new() { Ours = "10.77.0.4", OurAsn = 65004 }] });
        BgpSpeaker speaker = await Speaker(Neighbor() with { AddPath = AddPathMode.Receive });
        BgpSpeaker third = await Speaker("10.77.0.3", 65003, Neighbor()), fourth = await Speaker("10.77.0.4", 65004, Neighbor());
        await third.AnnounceAsync(Locals(1));
        await fourth.AnnounceAsync(Locals(1));
        await Eventually(async () => (await Paths(speaker)).SequenceEqual(["65002 65003", "65002 65004"]), "both paths are here");
        await third.WithdrawAsync(Locals(1)[0].Prefix);
        await Eventually(async () => (await Paths(speaker)).SequenceEqual(["65002 65004"]), "one is withdrawn");
    }

    private static async Task<IEnumerable<string>> Paths(BgpSpeaker speaker) =>
        (await speaker.GetRoutesAsync(new RibQuery { AllPaths = true })).Select(r => r.Attributes.AsPath.ToString()).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Daemons.That), Ability.AddPathReceive, MemberType = typeof(Daemons))]
    public async Task Both_paths_of_ours_go(Daemon daemon)
    {
        Peer peer = await Start(daemon, new PeerSetup { Sessions = [new() { AddPath = true }] });
        await Speaker(Neighbor() with { AddPath = AddPathMode.Send }, Neighbor("10.77.0.3", 65003), Neighbor("10.77.0.4", 65004));
        BgpSpeaker third = await Speaker("10.77.0.3", 65003, Neighbor("10.77.0.1", 65001)), fourth = await Speaker("10.77.0.4", 65004, Neighbor("10.77.0.1", 65001));
        await third.AnnounceAsync(Locals(1));
        await fourth.AnnounceAsync(Locals(1));
        await Eventually(() => There().SequenceEqual(["65001 65003", "65001 65004"]), "both paths are there");
        await third.WithdrawAsync(Locals(1)[0].Prefix);
        await Eventually(() => There().SequenceEqual(["65001 65004"]), "one is withdrawn");

        IEnumerable<string> There() => peer.Paths("40.0.0.0/24").Select(p => p.AsPath).Order(StringComparer.Ordinal);
    }
}
