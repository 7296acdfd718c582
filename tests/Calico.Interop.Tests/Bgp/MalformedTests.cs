using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>Malformed attributes from ExaBGP (RFC 7606): the session stays, and so does everybody else's.</summary>
public sealed class MalformedTests : InteropTest
{
    [Fact]
    public async Task Malformed_attributes_cost_the_route_or_the_attribute_alone()
    {
        var exabgp = (ExabgpPeer)await Start(Daemon.Exabgp, new PeerSetup { Routes = PeerSetup.Many(1) });
        BgpSpeaker speaker = await Speaker(Neighbor(), Neighbor("10.77.0.3", 65003) with { Passive = true });
        BgpSpeaker observer = await Speaker("10.77.0.3", 65003, Neighbor("10.77.0.1", 65001));
        await Eventually(async () => await Route(observer, "30.0.0.0/24") is not null, "its first route has come through");

        // Withdrawn: MED of two octets, COMMUNITIES of three, ORIGINATOR_ID of five outside is discarded, AGGREGATOR of one discarded, ATOMIC_AGGREGATE of one discarded.
        exabgp.Announce("31.0.0.0/24");
        exabgp.Announce("31.0.1.0/24");
        await Eventually(async () => await Route(observer, "31.0.1.0/24") is not null, "routes that are to be replaced are there");
        exabgp.Announce("31.0.0.0/24", "attribute [ 0x04 0x80 0x0001 ]");
        exabgp.Announce("31.0.1.0/24", "attribute [ 0x08 0xC0 0x010203 ]");
        exabgp.Announce("31.0.2.0/24", "attribute [ 0x20 0xC0 0x01020304 ]");
        exabgp.Announce("31.0.3.0/24", "attribute [ 0x07 0xC0 0x01 ]");
        exabgp.Announce("31.0.4.0/24", "attribute [ 0x06 0x40 0x01 ]");
        exabgp.Announce("31.0.9.0/24");
        await Eventually(async () => await Route(observer, "31.0.9.0/24") is not null, "the last route has come through");
        foreach (string gone in new[] { "31.0.0.0/24", "31.0.1.0/24", "31.0.2.0/24" }) Assert.Null(await Route(observer, gone));
        PathAttributes aggregator = (await Route(observer, "31.0.3.0/24"))!.Attributes, atomic = (await Route(observer, "31.0.4.0/24"))!.Attributes;
        Assert.Null(aggregator.Aggregator);
        Assert.False(atomic.AtomicAggregate);
        await IsUpSinceTheStart(speaker);
        Assert.Equal(5, (await speaker.GetNeighborsAsync())[0].MalformedUpdates);
    }
}
