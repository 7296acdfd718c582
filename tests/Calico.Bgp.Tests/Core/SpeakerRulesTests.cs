using System.Net;

namespace Calico.Bgp.Tests.Core;

/// <summary>What RFCs say a speaker does to routes and sessions, one rule a test.</summary>
public class SpeakerRulesTests
{
    private readonly ManualTime _time = new();

    private BgpCore Core(Func<BgpSpeakerOptions, BgpSpeakerOptions>? change = null, params NeighborOptions[] neighbors)
    {
        var options = new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), EbgpRequiresPolicy = false, Neighbors = neighbors };
        var core = new BgpCore(change?.Invoke(options) ?? options, new NoHost(), _time, seed: 1);
        core.Start();
        return core;
    }

    private static NeighborOptions N(int host, uint asn) => new() { Address = IPAddress.Parse($"10.99.1.{host}"), Asn = new Asn(asn), Passive = true };

    private static TestPeer Peer(BgpCore core, int host, uint asn) => new(core, $"10.99.1.{host}", asn);

    private void Pass(BgpCore core, double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        core.RunTimers();
        core.Flush();
    }

    [Fact]
    public void External_export_prepends_and_takes_the_next_hop_and_drops_local_attributes()
    {
        BgpCore core = Core(null, N(1, 65101), N(2, 65102));
        TestPeer a = Peer(core, 1, 65101).Establish(), b = Peer(core, 2, 65102).Establish();
        a.Give(a.Announcement("20.0.0.0/24", "65101 7", med: 5));
        b.Read();
        PathAttributes got = b.Routes["20.0.0.0/24"];
        Assert.Equal(("65000 65101 7", null, null, "10.99.0.1"), (got.AsPath.ToString(), got.MultiExitDiscriminator, got.LocalPreference, got.NextHop!.ToString()));
    }

    [Fact]
    public void Route_server_clients_see_each_other_unchanged()
    {
        BgpCore core = Core(null, N(1, 65101) with { RouteServerClient = true }, N(2, 65102) with { RouteServerClient = true });
        TestPeer a = Peer(core, 1, 65101).Establish(), b = Peer(core, 2, 65102).Establish();
        a.Give(a.Announcement("20.0.0.0/24", "65101 7", med: 5));
        b.Read();
        PathAttributes got = b.Routes["20.0.0.0/24"];
        Assert.Equal(("65101 7", 5u, "10.99.1.1"), (got.AsPath.ToString(), got.MultiExitDiscriminator, got.NextHop!.ToString()));
    }

    [Fact]
    public void Internal_routes_are_not_passed_between_internal_neighbours_unless_one_is_a_client()
    {
        BgpCore core = Core(null, N(1, 65000), N(2, 65000), N(3, 65000) with { RouteReflectorClient = true });
        TestPeer a = Peer(core, 1, 65000).Establish(), b = Peer(core, 2, 65000).Establish(), client = Peer(core, 3, 65000).Establish();
        a.Give(a.Announcement("20.0.0.0/24", "", localPreference: 150));
        client.Give(client.Announcement("20.0.1.0/24", "", localPreference: 150));
        foreach (TestPeer peer in new[] { a, b, client }) peer.Read();
        Assert.Equal(["20.0.1.0/24"], b.Routes.Keys);
        Assert.Equal(["20.0.1.0/24"], a.Routes.Keys);
        PathAttributes reflected = client.Routes["20.0.0.0/24"];
        Assert.Equal(("10.99.1.1", "10.99.0.1", 150u), (reflected.OriginatorId!.ToString(), reflected.ClusterList.Single().ToString(), reflected.LocalPreference));
    }

    [Fact]
    public void Communities_that_forbid_export_are_kept_in()
    {
        BgpCore core = Core(null, N(1, 65101), N(2, 65102), N(3, 65000));
        TestPeer a = Peer(core, 1, 65101).Establish(), external = Peer(core, 2, 65102).Establish(), inside = Peer(core, 3, 65000).Establish();
        a.Give(a.Announcement("20.0.0.0/24", communities: Community.NoExport));
        a.Give(a.Announcement("20.0.1.0/24", communities: Community.NoAdvertise));
        external.Read();
        inside.Read();
        Assert.Empty(external.Routes);
        Assert.Equal(["20.0.0.0/24"], inside.Routes.Keys);
    }

    [Fact]
    public void External_neighbours_without_policy_exchange_nothing()
    {
        BgpCore core = Core(o => o with { EbgpRequiresPolicy = true }, N(1, 65101) with { Import = RouteFilter.AcceptAll }, N(2, 65102), N(3, 65103) with { Export = RouteFilter.AcceptAll });
        TestPeer a = Peer(core, 1, 65101).Establish(), b = Peer(core, 2, 65102).Establish(), c = Peer(core, 3, 65103).Establish();
        a.Give(a.Announcement("20.0.0.0/24"));
        b.Give(b.Announcement("20.0.1.0/24"));
        b.Read();
        c.Read();
        Assert.Empty(b.Routes);
        Assert.Equal(2, b.EndOfRibs);
        Assert.Equal(["20.0.0.0/24"], c.Routes.Keys);
    }

    [Fact]
    public void Private_numbers_go_and_the_neighbours_own_is_overridden()
    {
        BgpCore core = Core(null, N(1, 3000), N(2, 64900) with { RemovePrivateAs = true }, N(3, 7) with { AsOverride = true }, N(4, 3001) with { LocalAsn = new Asn(9) });
        TestPeer a = Peer(core, 1, 3000).Establish(), b = Peer(core, 2, 64900).Establish(), c = Peer(core, 3, 7).Establish(), d = Peer(core, 4, 3001).Establish();
        a.Give(a.Announcement("20.0.0.0/24", "3000 64512 7"));
        foreach (TestPeer peer in new[] { b, c, d }) peer.Read();
        Assert.Equal("65000 3000 7", b.Routes["20.0.0.0/24"].AsPath.ToString());
        Assert.Equal("65000 3000 64512 65000", c.Routes["20.0.0.0/24"].AsPath.ToString());
        Assert.Equal("9 3000 64512 7", d.Routes["20.0.0.0/24"].AsPath.ToString());
    }

    [Fact]
    public void Confederation_members_keep_local_preference_and_the_world_sees_one_as()
    {
        BgpCore core = Core(o => o with { Confederation = new ConfederationOptions(100, [65001]) }, N(1, 65001), N(2, 200), N(3, 65000));
        TestPeer member = Peer(core, 1, 65001).Establish(), world = Peer(core, 2, 200).Establish(), inside = Peer(core, 3, 65000).Establish();
        member.Give(member.Announcement("20.0.0.0/24", "(65001) 300", localPreference: 150));
        world.Give(world.Announcement("20.0.1.0/24", "200"));
        foreach (TestPeer peer in new[] { member, world, inside }) peer.Read();
        Assert.Equal("100 300", world.Routes["20.0.0.0/24"].AsPath.ToString());
        Assert.Equal(("(65001) 300", 150u), (inside.Routes["20.0.0.0/24"].AsPath.ToString(), inside.Routes["20.0.0.0/24"].LocalPreference));
        Assert.Equal("(65000) 200", member.Routes["20.0.1.0/24"].AsPath.ToString());
    }

    [Theory]
    [InlineData(BgpRole.Provider, BgpRole.Customer, true)]
    [InlineData(BgpRole.Peer, BgpRole.Customer, false)]
    public void Roles_have_to_match(BgpRole ours, BgpRole theirs, bool up)
    {
        BgpCore core = Core(null, N(1, 65101) with { Role = ours });
        TestPeer a = Peer(core, 1, 65101).Establish(new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(65101), Role = theirs });
        Assert.Equal(up, a.Notification is null);
        if (!up) Assert.Equal((BgpErrorCode.OpenMessage, (byte)11), (a.Notification!.Value.Code, a.Notification.Value.Subcode));
    }

    [Fact]
    public void Routes_of_a_provider_go_to_customers_alone()
    {
        BgpCore core = Core(null, N(1, 65101) with { Role = BgpRole.Customer }, N(2, 65102) with { Role = BgpRole.Peer }, N(3, 65103) with { Role = BgpRole.Provider });
        TestPeer provider = Peer(core, 1, 65101).Establish(), peer = Peer(core, 2, 65102).Establish(), customer = Peer(core, 3, 65103).Establish();
        provider.Give(provider.Announcement("20.0.0.0/24"));
        peer.Read();
        customer.Read();
        Assert.Empty(peer.Routes);
        Assert.Equal(new Asn(65101), customer.Routes["20.0.0.0/24"].OnlyToCustomer);
    }

    [Fact]
    public void A_restarting_neighbours_routes_stay_until_its_end_of_rib()
    {
        BgpCore core = Core(null, N(1, 65101), N(2, 65102));
        TestPeer b = Peer(core, 2, 65102).Establish();
        BgpCapabilities restart = Restart(forwarding: true);
        TestPeer a = Peer(core, 1, 65101).Establish(restart);
        a.Give(a.Announcement("20.0.0.0/24"));
        a.Give(a.Announcement("20.0.1.0/24"));
        core.Closed(a);
        core.Flush();
        b.Read();
        Assert.Equal(2, b.Routes.Count);
        TestPeer again = Peer(core, 1, 65101).Establish(restart);
        again.Give(again.Announcement("20.0.0.0/24"));
        b.Read();
        Assert.Equal(2, b.Routes.Count);
        again.Give(w => MessageWriter.WriteEndOfRib(w, Family.Ipv4Unicast));
        b.Read();
        Assert.Equal(["20.0.0.0/24"], b.Routes.Keys);
    }

    [Fact]
    public void A_neighbour_that_does_not_come_back_loses_its_routes_and_long_lived_ones_last_longer()
    {
        BgpCore core = Core(null, N(1, 65101), N(3, 65103) with { LongLivedStaleTime = TimeSpan.FromHours(1) }, N(2, 65102) with { LongLivedStaleTime = TimeSpan.FromHours(1) });
        TestPeer b = Peer(core, 2, 65102).Establish(Restart(true, 65102, longLived: 3600));
        TestPeer a = Peer(core, 1, 65101).Establish(Restart(true)), c = Peer(core, 3, 65103).Establish(Restart(true, 65103, longLived: 600));
        a.Give(a.Announcement("20.0.0.0/24"));
        c.Give(c.Announcement("20.0.1.0/24"));
        core.Closed(a);
        core.Closed(c);
        Pass(core, 10);
        b.Read();
        Assert.Equal(2, b.Routes.Count);
        for (int i = 0; i < 30; i++)
        {
            Pass(core, 5);
            if (!b.IsClosed) b.Give(MessageWriter.WriteKeepalive);
        }

        b.Read();
        Assert.Equal(["20.0.1.0/24"], b.Routes.Keys);
        Assert.True(b.Routes["20.0.1.0/24"].Has(Community.LlgrStale));
        for (int i = 0; i < 140; i++)
        {
            Pass(core, 5);
            b.Give(MessageWriter.WriteKeepalive);
        }

        b.Read();
        Assert.Empty(b.Routes);
    }

    private static BgpCapabilities Restart(bool forwarding, uint asn = 65101, int longLived = 0) => new()
    {
        Families = [Family.Ipv4Unicast],
        FourOctetAsn = new Asn(asn),
        RouteRefresh = true,
        GracefulRestart = new GracefulRestartCapability(false, false, TimeSpan.FromSeconds(120), [new GracefulRestartFamily(Family.Ipv4Unicast, forwarding)]),
        LongLived = longLived > 0 ? [new LongLivedFamily(Family.Ipv4Unicast, true, TimeSpan.FromSeconds(longLived))] : [],
    };

    [Fact]
    public void After_our_restart_nothing_is_sent_before_the_neighbours_are_heard_out()
    {
        BgpCore core = Core(o => o with { Restarting = true }, N(1, 65101), N(2, 65102));
        TestPeer a = Peer(core, 1, 65101).Establish(Restart(true));
        core.Announce(new LocalRoute(IPNetwork.Parse("30.0.0.0/24")));
        core.Flush();
        a.Read();
        Assert.Empty(a.Routes);
        Assert.Equal(0, a.EndOfRibs);
        TestPeer b = Peer(core, 2, 65102).Establish(Restart(true, 65102));
        a.Give(w => MessageWriter.WriteEndOfRib(w, Family.Ipv4Unicast));
        Assert.False(core.IsSynchronized);
        b.Give(w => MessageWriter.WriteEndOfRib(w, Family.Ipv4Unicast));
        Assert.True(core.IsSynchronized);
        a.Read();
        Assert.Equal(["30.0.0.0/24"], a.Routes.Keys);
        Assert.Equal(1, a.EndOfRibs);
        Assert.True(OpenOf(a).GracefulRestart!.Restarting);
    }

    private static BgpCapabilities OpenOf(TestPeer peer)
    {
        Assert.Equal(FrameStatus.Complete, MessageFrame.TryRead(peer.Messages[0], 4096, out MessageFrame frame, out _));
        Assert.True(OpenReader.TryRead(frame.Body, out OpenReader open, out _));
        return BgpCapabilities.Read(open.Capabilities);
    }

    [Fact]
    public void Keepalives_go_out_and_silence_ends_the_session()
    {
        BgpCore core = Core(null, N(1, 65101));
        TestPeer a = Peer(core, 1, 65101).Establish(hold: 9);
        for (int i = 0; i < 5; i++)
        {
            Pass(core, 3);
            a.Give(MessageWriter.WriteKeepalive);
        }

        a.Read();
        Assert.True(a.Types.Count(t => t == MessageType.Keepalive) >= 5);
        Assert.False(a.IsClosed);
        Pass(core, 9.1);
        a.Read();
        Assert.Equal(BgpErrorCode.HoldTimerExpired, a.Notification!.Value.Code);
    }

    [Fact]
    public void Enhanced_refresh_sweeps_what_was_not_repeated()
    {
        BgpCore core = Core(null, N(1, 65101));
        TestPeer a = Peer(core, 1, 65101).Establish(new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(65101), RouteRefresh = true, EnhancedRouteRefresh = true });
        a.Give(a.Announcement("20.0.0.0/24"));
        a.Give(a.Announcement("20.0.1.0/24"));
        a.Give(w => MessageWriter.WriteRouteRefresh(w, Family.Ipv4Unicast, RouteRefreshSubtype.Begin));
        a.Give(a.Announcement("20.0.1.0/24"));
        a.Give(w => MessageWriter.WriteRouteRefresh(w, Family.Ipv4Unicast, RouteRefreshSubtype.End));
        Assert.Equal("20.0.1.0/24", core.Routes().Single().Prefix.ToString());
        Assert.Equal(1, core.Neighbors()[0].PrefixesAccepted);
    }

    [Fact]
    public void Equal_paths_are_next_hops_together()
    {
        BgpCore core = Core(o => o with { BestPath = new BestPathOptions { MaximumPaths = 4, MultipathRelax = true } }, N(1, 65101), N(2, 65102), N(3, 65103));
        TestPeer a = Peer(core, 1, 65101).Establish(), b = Peer(core, 2, 65102).Establish(), c = Peer(core, 3, 65103).Establish();
        CoreSubscription changes = core.Subscribe();
        a.Give(a.Announcement("20.0.0.0/24"));
        b.Give(b.Announcement("20.0.0.0/24"));
        c.Give(c.Announcement("20.0.0.0/24", "65103 9"));
        RouteChange change = changes.Read()!.Changes.Single();
        Assert.Equal(["10.99.1.1", "10.99.1.2"], change.NextHops.Select(h => h.Address.ToString()));
        core.Closed(a);
        core.Flush();
        change = changes.Read()!.Changes.Single();
        Assert.Equal((RouteChangeKind.Replace, "10.99.1.2"), (change.Kind, change.NextHops.Single().Address.ToString()));
    }

    [Fact]
    public void Subscribers_get_the_table_then_changes_merged_while_they_do_not_read()
    {
        BgpCore core = Core(null, N(1, 65101));
        TestPeer a = Peer(core, 1, 65101).Establish();
        a.Give(a.Announcement("20.0.0.0/24"));
        CoreSubscription changes = core.Subscribe();
        Assert.Equal(RouteChangeKind.Add, changes.Read()!.Changes.Single().Kind);
        a.Give(a.Announcement("20.0.1.0/24"));
        a.Give(TestUpdates.Withdraw(IPNetwork.Parse("20.0.1.0/24")));
        a.Give(a.Announcement("20.0.0.0/24", med: 9));
        a.Give(TestUpdates.Withdraw(IPNetwork.Parse("20.0.0.0/24")));
        RouteChange change = changes.Read()!.Changes.Single();
        Assert.Equal((RouteChangeKind.Withdraw, "20.0.0.0/24"), (change.Kind, change.Prefix.ToString()));
        Assert.Null(changes.Read());
    }

    [Fact]
    public void Reconfiguration_touches_only_what_differs()
    {
        NeighborOptions one = N(1, 65101), two = N(2, 65102);
        BgpCore core = Core(null, one, two);
        TestPeer a = Peer(core, 1, 65101).Establish(), b = Peer(core, 2, 65102).Establish();
        a.Give(a.Announcement("20.0.0.0/24"));
        BgpSpeakerOptions next = new() { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), EbgpRequiresPolicy = false, Neighbors = [one, two with { Export = RouteFilter.RejectAll }, N(3, 65103)] };
        core.Apply(next);
        core.Flush();
        b.Read();
        Assert.False(a.IsClosed || b.IsClosed);
        Assert.Empty(b.Routes);
        Assert.Equal(3, core.Neighbors().Count);
        core.Apply(next with { Neighbors = [one] });
        b.Read();
        Assert.False(a.IsClosed);
        Assert.Equal((BgpErrorCode.Cease, CeaseSubcode.PeerDeconfigured), (b.Notification!.Value.Code, b.Notification.Value.Subcode));
        Assert.Throws<ArgumentException>(() => core.Apply(next with { Neighbors = [one, one] }));
    }

    [Fact]
    public void Dynamic_neighbours_come_by_range_and_go()
    {
        BgpCore core = Core(null, new NeighborOptions { Range = IPNetwork.Parse("10.99.2.0/24"), GracefulRestart = GracefulRestartMode.Off });
        var peer = new TestPeer(core, "10.99.2.7", 65107);
        peer.Establish();
        peer.Give(peer.Announcement("20.0.0.0/24"));
        Assert.True(core.Neighbors().Single().IsDynamic);
        Assert.Single(core.Routes());
        core.Closed(peer);
        Assert.Empty(core.Neighbors());
        Assert.Empty(core.Routes());
        var stranger = new TestPeer(core, "10.99.3.7", 65107);
        stranger.Connect();
        stranger.Read();
        Assert.Equal((BgpErrorCode.Cease, CeaseSubcode.ConnectionRejected), (stranger.Notification!.Value.Code, stranger.Notification.Value.Subcode));
    }
}
