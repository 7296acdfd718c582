using System.Net;

namespace Calico.Bgp.Tests.Core;

/// <summary>Next hops of a family other than the session's, and link-local ones (RFC 2545, 4760, 8950).</summary>
public class NextHopTests
{
    private static readonly byte[] LinkLocal2 = IPAddress.Parse("fe80::2").GetAddressBytes();

    private static BgpCore Core(params NeighborOptions[] neighbors)
    {
        var core = new BgpCore(
            new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), EbgpRequiresPolicy = false, Neighbors = neighbors }, new NoHost(), new ManualTime(), seed: 1);
        core.Start();
        return core;
    }

    private static NeighborOptions N(string address, uint asn) => new() { Address = IPAddress.Parse(address), Asn = asn, Passive = true };

    /// <summary>MP_REACH_NLRI for 2001:db8:1::/48 with this next hop.</summary>
    private static byte[] Announce(params byte[] nextHop)
    {
        byte[] reach = [0, 2, 1, (byte)nextHop.Length, .. nextHop, 0, 48, 0x20, 1, 0x0d, 0xb8, 0, 1];
        byte[] attributes = [0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFE, 0x4D, 0x80, 14, (byte)reach.Length, .. reach];
        return TestUpdates.Message([0, 0, 0, (byte)attributes.Length, .. attributes]);
    }

    private static BgpCapabilities Capabilities => new() { Families = [Family.Ipv4Unicast, Family.Ipv6Unicast], FourOctetAsn = new Asn(65101), ExtendedNextHop = [Family.Ipv4Unicast] };

    [Fact]
    public void IPv6_routes_go_over_an_IPv4_session_with_the_address_given_for_them()
    {
        BgpCore core = Core(N("10.99.1.1", 65101) with { LocalNextHopIPv6 = IPAddress.Parse("fd00::1") }, N("10.99.1.2", 65102));
        TestPeer with = new TestPeer(core, "10.99.1.1", 65101).Establish(), without = new TestPeer(core, "10.99.1.2", 65102).Establish();
        core.Announce(new LocalRoute(IPNetwork.Parse("2001:db8:1::/48")));
        core.Flush();
        with.Read();
        without.Read();
        Assert.Equal("fd00::1", with.Routes["2001:db8:1::/48"].NextHop!.ToString());
        Assert.Empty(without.Routes);
    }

    [Fact]
    public void The_session_s_link_local_address_goes_along_with_the_global_one()
    {
        BgpCore core = Core(N("fe80::2%2", 65101) with { LocalNextHopIPv6 = IPAddress.Parse("fd00::1") });
        TestPeer peer = new TestPeer(core, "fe80::2%2", 65101, "fe80::1%2").Establish(Capabilities);
        core.Announce(new LocalRoute(IPNetwork.Parse("2001:db8:1::/48")));
        core.Announce(new LocalRoute(IPNetwork.Parse("40.0.0.0/24")));
        core.Flush();
        peer.Read();
        PathAttributes ipv6 = peer.Routes["2001:db8:1::/48"], ipv4 = peer.Routes["40.0.0.0/24"];
        Assert.Equal(("fd00::1", "fe80::1"), (ipv6.NextHop!.ToString(), ipv6.LinkLocalNextHop!.ToString()));
        Assert.Equal("fe80::1", ipv4.NextHop!.ToString());
    }

    [Fact]
    public void Zeros_before_a_link_local_next_hop_are_no_next_hop_and_do_not_go_further()
    {
        BgpCore core = Core(N("fe80::2%2", 65101), N("fd00::3", 65000), N("10.99.1.4", 65000));
        TestPeer outside = new TestPeer(core, "fe80::2%2", 65101, "fe80::1%2").Establish(Capabilities);
        TestPeer inside = new TestPeer(core, "fd00::3", 65000, "fd00::1").Establish(), inside4 = new TestPeer(core, "10.99.1.4", 65000).Establish();
        outside.Give(Announce([.. new byte[16], .. LinkLocal2]));
        PathAttributes route = core.Routes(new RibQuery { Family = Family.Ipv6Unicast }).Single().Attributes;
        Assert.Equal(("fe80::2", "fe80::2"), (route.NextHop!.ToString(), route.LinkLocalNextHop!.ToString()));
        inside.Read();
        inside4.Read();
        Assert.Equal("fd00::1", inside.Routes["2001:db8:1::/48"].NextHop!.ToString());
        Assert.Empty(inside4.Routes);
    }

    [Fact]
    public void A_lone_link_local_next_hop_is_one()
    {
        BgpCore core = Core(N("fe80::2%2", 65101));
        new TestPeer(core, "fe80::2%2", 65101, "fe80::1%2").Establish(Capabilities).Give(Announce(LinkLocal2));
        Assert.Equal("fe80::2", core.Routes(new RibQuery { Family = Family.Ipv6Unicast }).Single().Attributes.LinkLocalNextHop!.ToString());
    }

    [Fact]
    public void A_changed_next_hop_needs_no_new_session()
    {
        BgpCore core = Core(N("10.99.1.1", 65101) with { LocalNextHopIPv6 = IPAddress.Parse("fd00::1") });
        TestPeer peer = new TestPeer(core, "10.99.1.1", 65101).Establish();
        core.Announce(new LocalRoute(IPNetwork.Parse("2001:db8:1::/48")));
        core.Flush();
        NeighborOptions changed = N("10.99.1.1", 65101) with { LocalNextHopIPv6 = IPAddress.Parse("fd00::9") };
        core.Apply(new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), EbgpRequiresPolicy = false, Neighbors = [changed] });
        core.Flush();
        peer.Read();
        Assert.False(peer.IsClosed);
        Assert.Equal("fd00::9", peer.Routes["2001:db8:1::/48"].NextHop!.ToString());
        ArgumentException error = Assert.Throws<ArgumentException>(() => Core(N("10.99.1.1", 65101) with { LocalNextHopIPv6 = IPAddress.Loopback }));
        Assert.Contains("LocalNextHopIPv6: '127.0.0.1'", error.Message, StringComparison.Ordinal);
    }
}
