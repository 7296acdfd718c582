using System.Net;

namespace Calico.Bgp.Tests.Core;

/// <summary>Two connections to one neighbour: a collision (RFC 4271 section 6.8), or a restart that nobody noticed (RFC 4724 section 4.2)?</summary>
public class CollisionTests
{
    private readonly ManualTime _time = new();
    private readonly BgpCore _core;

    public CollisionTests()
    {
        _core = new BgpCore(
            new BgpSpeakerOptions
            {
                Asn = 65000,
                RouterId = IPAddress.Parse("10.99.0.1"),
                EbgpRequiresPolicy = false,
                Neighbors = [new() { Address = IPAddress.Parse("10.99.1.1"), Asn = 65101, Passive = true }],
            },
            new NoHost(),
            _time,
            seed: 1);
        _core.Start();
    }

    private TestPeer Peer() => new(_core, "10.99.1.1", 65101);

    private static BgpCapabilities Capabilities(bool restarting) => new()
    {
        Families = [Family.Ipv4Unicast],
        FourOctetAsn = new Asn(65101),
        GracefulRestart = new GracefulRestartCapability(restarting, false, TimeSpan.FromSeconds(120), [new GracefulRestartFamily(Family.Ipv4Unicast, true)]),
    };

    private static void SendOpen(TestPeer peer, bool restarting = false) =>
        peer.Give(w => OpenWriter.Write(w, 65101, 180, 0x0A630101, Capabilities(restarting)));

    private TestPeer Up(bool restarting = false)
    {
        TestPeer peer = Peer().Establish(Capabilities(restarting));
        peer.Give(peer.Announcement("20.0.0.0/24"));
        return peer;
    }

    private NeighborStatus Status => _core.Neighbors().Single();

    private void AssertCollision(TestPeer first, TestPeer second)
    {
        second.Read();
        Assert.Equal((BgpErrorCode.Cease, CeaseSubcode.CollisionResolution), (second.Notification!.Value.Code, second.Notification.Value.Subcode));
        Assert.False(first.IsClosed);
        Assert.Equal((BgpState.Established, 1, 1, false), (Status.State, Status.TimesEstablished, Status.PrefixesAccepted, _core.Routes().Single().IsStale));
    }

    [Fact]
    public void A_connection_from_before_the_session_came_up_is_a_collision_however_late_its_OPEN()
    {
        TestPeer first = Peer();
        first.Connect();
        SendOpen(first);
        TestPeer second = Peer();
        second.Connect();
        first.Give(MessageWriter.WriteKeepalive);
        first.Give(first.Announcement("20.0.0.0/24"));
        _time.Advance(TimeSpan.FromSeconds(30));
        SendOpen(second, restarting: true);
        AssertCollision(first, second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_soon_after_is_a_collision_seen_late_by_the_neighbour(bool afterItsStart)
    {
        TestPeer first = Up(afterItsStart), second = Peer();
        _time.Advance(TimeSpan.FromMilliseconds(50));
        second.Connect();
        SendOpen(second, afterItsStart);
        AssertCollision(first, second);
    }

    [Theory]
    [InlineData(0.05, true)]
    [InlineData(30, false)]
    public void A_later_connection_or_one_that_says_so_is_a_restart_and_costs_no_route(double seconds, bool saysSo)
    {
        TestPeer first = Up(), second = Peer();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        second.Connect();
        SendOpen(second, saysSo);
        Assert.True(first.IsClosed);
        Assert.True(_core.Routes().Single().IsStale);
        second.Give(MessageWriter.WriteKeepalive);
        second.Give(second.Announcement("20.0.0.0/24"));
        second.Give(w => MessageWriter.WriteEndOfRib(w, Family.Ipv4Unicast));
        second.Read();
        Assert.Null(second.Notification);
        Assert.Equal((BgpState.Established, 2, false), (Status.State, Status.TimesEstablished, _core.Routes().Single().IsStale));
    }
}
