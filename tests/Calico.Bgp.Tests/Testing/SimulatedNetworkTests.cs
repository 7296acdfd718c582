using System.Net;
using Calico.Bgp.Testing;

namespace Calico.Bgp.Tests.Testing;

public class SimulatedNetworkTests
{
    private static readonly IPNetwork Ten = IPNetwork.Parse("10.0.0.0/8");

    [Fact]
    public void A_loud_cut_takes_routes_at_once_and_they_come_back()
    {
        (SimulatedNetwork network, SimulatedSpeaker one, SimulatedSpeaker two) = Pair();
        TimeSpan before = network.Now;
        network.Link(one, two).Cut();
        Assert.True(network.RunUntilQuiet());
        Assert.Empty(two.BestRoutes());
        Assert.False(two.IsConnectedTo(one));
        Assert.True(network.Now - before < TimeSpan.FromSeconds(1));
        network.Link(one, two).Restore();
        Assert.True(network.RunUntilQuiet());
        Assert.Contains(Ten, two.BestRoutes());
    }

    [Fact]
    public void A_short_silent_cut_only_delays()
    {
        (SimulatedNetwork network, SimulatedSpeaker one, SimulatedSpeaker two) = Pair();
        network.Link(one, two).Cut(silently: true);
        one.Announce("20.0.0.0/8");
        network.RunFor(TimeSpan.FromSeconds(5));
        one.Withdraw(IPNetwork.Parse("20.0.0.0/8"));
        one.Announce("30.0.0.0/8");
        network.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal([Ten], two.BestRoutes().Keys);
        network.Link(one, two).Restore();
        Assert.True(network.RunUntilQuiet());
        Assert.Equal(["10.0.0.0/8", "30.0.0.0/8"], two.BestRoutes().Keys.Select(p => p.ToString()).Order());
        Assert.Equal(1, two.Core.Neighbors()[0].TimesEstablished);
    }

    [Fact]
    public void A_long_silent_cut_ends_with_the_hold_time()
    {
        (SimulatedNetwork network, SimulatedSpeaker one, SimulatedSpeaker two) = Pair();
        network.Link(one, two).Cut(silently: true);
        TimeSpan cut = network.Now;
        Assert.True(network.RunUntilQuiet());
        Assert.InRange(network.Now - cut, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(91));
        Assert.Empty(two.BestRoutes());
    }

    [Fact]
    public void A_restart_within_the_restart_time_keeps_routes()
    {
        (SimulatedNetwork network, SimulatedSpeaker one, SimulatedSpeaker two) = Pair(GracefulRestartMode.Full);
        CoreSubscription changes = two.Core.Subscribe();
        while (changes.Read() is not null) { }
        one.Kill();
        network.RunFor(TimeSpan.FromSeconds(10));
        Assert.True(two.BestRoutes()[Ten].IsStale);
        one.Start();
        Assert.True(network.RunUntilQuiet());
        Assert.False(two.BestRoutes()[Ten].IsStale);
        for (RouteChangeBatch? batch = changes.Read(); batch is not null; batch = changes.Read()) Assert.DoesNotContain(batch.Changes, c => c.Kind == RouteChangeKind.Withdraw);
    }

    [Fact]
    public void Sessions_run_over_ipv6_addresses()
    {
        var network = new SimulatedNetwork();
        SimulatedSpeaker one = network.Add(Speaker("192.0.2.1", 65001, "2001:db8::2", 65002), "one", IPAddress.Parse("2001:db8::1"));
        SimulatedSpeaker two = network.Add(Speaker("192.0.2.2", 65002, "2001:db8::1", 65001), "two", IPAddress.Parse("2001:db8::2"));
        one.Announce("2001:db8:1::/48");
        network.Start();
        Assert.True(network.RunUntilQuiet());
        Assert.Equal("2001:db8::1", two.BestRoutes(Family.Ipv6Unicast)[IPNetwork.Parse("2001:db8:1::/48")].Attributes.NextHop!.ToString());
    }

    [Fact]
    public void A_session_that_cannot_come_up_is_not_quiet()
    {
        var network = new SimulatedNetwork();
        network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65099));
        network.Add(Speaker("192.0.2.2", 65002, "192.0.2.1", 65001));
        network.Start();
        Assert.False(network.RunUntilQuiet(TimeSpan.FromMinutes(2)));
        Assert.Equal(TimeSpan.FromMinutes(2), network.Now);
    }

    /// <summary>Griffin's BAD GADGET: three ASes, each of which prefers the way over the next one, have no stable choice.</summary>
    [Fact]
    public void Policies_without_a_stable_choice_are_not_quiet()
    {
        var network = new SimulatedNetwork();
        var origin = new BgpSpeakerOptions { Asn = 65000, RouterId = Address(0), EbgpRequiresPolicy = false, Neighbors = [.. Enumerable.Range(1, 3).Select(i => Neighbor(i))] };
        network.Add(origin).Announce(new LocalRoute(Ten));
        for (int i = 1; i <= 3; i++)
        {
            int next = i % 3 + 1, previous = (i + 1) % 3 + 1;
            network.Add(origin with { Asn = 65000u + (uint)i, RouterId = Address(i), Neighbors = [Neighbor(0), Neighbor(next) with { Import = PreferOneHopMore() }, Neighbor(previous)] });
        }

        network.Start();
        Assert.False(network.RunUntilQuiet(TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void Mistakes_are_named()
    {
        var network = new SimulatedNetwork();
        SimulatedSpeaker one = network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65002), "one");
        Assert.Contains("192.0.2.1 is an address of 'one'", Assert.Throws<ArgumentException>(() => network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65002))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Link(one, one));
        Assert.Contains("Jitter", Assert.Throws<ArgumentException>(() => new SimulatedNetwork(0, new SimulatedNetworkOptions { Jitter = TimeSpan.FromTicks(-1) })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => network.RunFor(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkPlans.Make(0, 0));
    }

    private static RouteFilter PreferOneHopMore()
    {
        var policy = new RoutePolicyBuilder("next");
        policy.Rule().When(new RouteCondition((ref RouteContext r) => r.Attributes.AsPath.Length == 2)).Then(RouteEdit.LocalPreference(200)).Accept();
        policy.Rule().When(new RouteCondition((ref RouteContext r) => r.Attributes.AsPath.Length > 2)).Reject();
        return policy.Build(FilterVerdict.Accept);
    }

    private static IPAddress Address(int i) => new([192, 0, 2, (byte)(10 + i)]);

    private static NeighborOptions Neighbor(int i) => new() { Address = Address(i), Asn = 65000u + (uint)i };

    private static (SimulatedNetwork Network, SimulatedSpeaker One, SimulatedSpeaker Two) Pair(GracefulRestartMode restart = GracefulRestartMode.Off)
    {
        var network = new SimulatedNetwork();
        SimulatedSpeaker one = network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65002, restart), "one");
        SimulatedSpeaker two = network.Add(Speaker("192.0.2.2", 65002, "192.0.2.1", 65001, restart), "two");
        one.Announce(new LocalRoute(Ten));
        network.Start();
        Assert.True(network.RunUntilQuiet());
        Assert.Contains(Ten, two.BestRoutes());
        return (network, one, two);
    }

    private static BgpSpeakerOptions Speaker(string id, uint asn, string neighbor, uint neighborAsn, GracefulRestartMode restart = GracefulRestartMode.Off) => new()
    {
        Asn = asn,
        RouterId = IPAddress.Parse(id),
        EbgpRequiresPolicy = false,
        Neighbors = [new NeighborOptions { Address = IPAddress.Parse(neighbor), Asn = neighborAsn, GracefulRestart = restart }],
    };
}
