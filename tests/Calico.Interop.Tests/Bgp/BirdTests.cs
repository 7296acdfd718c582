using System.Globalization;
using System.Net;
using System.Text;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

public sealed class BirdTests : IDisposable
{
    private static readonly IPAddress Bird4 = IPAddress.Parse("10.77.0.2");
    private static readonly IPAddress Bird6 = IPAddress.Parse("fd77::2");
    private readonly TestNamespaces? _namespaces;

    public BirdTests()
    {
        Needs.RootAnd("bird");
        _namespaces = new TestNamespaces();
    }

    public void Dispose() => _namespaces?.Dispose();

    private static string Protocol(string name, string neighbor, string extra = "", string channel4 = "import all; export where source = RTS_STATIC;", string channel6 = "import all; export where source = RTS_STATIC;", int asn = 65002, int ours = 65001) =>
        $"protocol bgp {name} {{ local as {asn}; neighbor {neighbor} as {ours}; direct; connect delay time 1; connect retry time 1; error wait time 1,1; {extra} ipv4 {{ {channel4} }}; ipv6 {{ {channel6} }}; }}\n";

    private static string Statics(int count4, int count6)
    {
        var text = new StringBuilder("protocol static s4 { ipv4;\n");
        for (int i = 0; i < count4; i++) text.Append(CultureInfo.InvariantCulture, $"route 30.{i / 256}.{i % 256}.0/24 blackhole {{ bgp_community.add((65002,{i % 100})); }};\n");
        text.Append("}\nprotocol static s6 { ipv6;\n");
        for (int i = 0; i < count6; i++) text.Append(CultureInfo.InvariantCulture, $"route 2001:db8:{i:x}::/48 blackhole;\n");
        return text.Append("}\n").ToString();
    }

    private BgpSpeaker Speaker(NeighborOptions neighbor, bool listen = true, bool restarting = false, uint asn = 65001) => new(
        new BgpSpeakerOptions
        {
            Asn = asn,
            RouterId = IPAddress.Parse("10.77.0.1"),
            Listen = listen ? [new IPEndPoint(IPAddress.Parse("10.77.0.1"), 179), new IPEndPoint(IPAddress.Parse("fd77::1"), 179)] : [],
            EbgpRequiresPolicy = false,
            ConnectRetryTime = TimeSpan.FromSeconds(1),
            Restarting = restarting,
            Neighbors = [neighbor],
        },
        createSocket: _namespaces!.CreateSocket);

    private static async Task<bool> IsUp(BgpSpeaker speaker) => (await speaker.GetNeighborsAsync())[0].State == BgpState.Established;

    private static async Task<int> Count(BgpSpeaker speaker, Family family) =>
        (await speaker.GetRoutesAsync(new RibQuery { Family = family })).Count(r => r.Neighbor is not null);

    private static LocalRoute[] Locals(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new LocalRoute(new IPNetwork(new IPAddress([40, (byte)(i / 256), (byte)i, 0]), 24)))];

    [Fact]
    public async Task Ten_thousand_routes_each_way_over_IPv4_and_their_withdrawal()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(10_000, 0) + Protocol("calico", "10.77.0.1"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002 });
        await speaker.StartAsync();
        await speaker.AnnounceAsync(Locals(10_000));
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 10_000, "BIRD's routes are here");
        await Needs.Eventually(() => Task.FromResult(bird.Routes("master4", "calico") == 10_000), "ours are in BIRD's table");
        RibRoute one = (await speaker.GetRoutesAsync(new RibQuery { Prefix = IPNetwork.Parse("30.0.7.0/24") })).Single();
        Assert.Equal("65002", one.Attributes.AsPath.ToString());
        Assert.True(one.Attributes.Has(new Community(65002, 7)));
        Assert.Equal(Bird4, one.Attributes.NextHop);
        await speaker.WithdrawAsync([.. Locals(10_000).Take(4_000).Select(r => r.Prefix)]);
        await Needs.Eventually(() => Task.FromResult(bird.Routes("master4", "calico") == 6_000), "4,000 are withdrawn");
    }

    [Fact]
    public async Task IPv6_session_carries_both_families()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(100, 5_000) + Protocol("calico", "fd77::1", channel4: "import all; export where source = RTS_STATIC; extended next hop on;"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird6, Asn = 65002 });
        await speaker.StartAsync();
        await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("2001:db8:aaaa::/48")), new LocalRoute(IPNetwork.Parse("40.0.0.0/24")));
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv6Unicast) == 5_000, "IPv6 routes are here");
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 100, "IPv4 routes with IPv6 next hops are here");
        await Needs.Eventually(() => Task.FromResult(bird.Routes("master6", "calico") == 1 && bird.Routes("master4", "calico") == 1), "ours are there");
    }

    [Fact]
    public async Task Both_dial_at_once_and_one_session_remains()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(10, 0) + Protocol("calico", "10.77.0.1"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, ConnectRetryTime = TimeSpan.FromSeconds(1) });
        await speaker.StartAsync();
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 10, "routes are here");
        await Task.Delay(1500);
        NeighborStatus status = (await speaker.GetNeighborsAsync())[0];
        Assert.Equal((BgpState.Established, 1), (status.State, status.TimesEstablished));
    }

    [Fact]
    public async Task Our_restart_keeps_our_routes_there_and_sweeps_what_is_gone()
    {
        using var bird = new BirdPeer(_namespaces!, Protocol("calico", "10.77.0.1", "graceful restart on; passive on;"));
        var neighbor = new NeighborOptions { Address = Bird4, Asn = 65002 };
        BgpSpeaker first = Speaker(neighbor);
        await first.StartAsync();
        await first.AnnounceAsync(Locals(1000));
        await Needs.Eventually(() => Task.FromResult(bird.Routes("master4", "calico") == 1000), "routes are there");
        await first.StopAsync(graceful: true);
        await first.DisposeAsync();
        await Task.Delay(1500);
        Assert.Equal(1000, bird.Routes("master4", "calico"));
        await using BgpSpeaker second = Speaker(neighbor, restarting: true);
        await second.AnnounceAsync(Locals(900));
        await second.StartAsync();
        await Needs.Eventually(() => Task.FromResult(bird.Routes("master4", "calico") == 900), "the 100 that did not come back are swept");
    }

    [Fact]
    public async Task Their_restart_keeps_their_routes_here_and_sweeps_what_is_gone()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(1000, 0) + Protocol("calico", "10.77.0.1", "graceful restart on;"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002 });
        await speaker.StartAsync();
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 1000, "routes are here");
        // BIRD tells that it preserved forwarding only when it is started with -R; without it stale routes go when it is back.
        bird.Kill();
        await Needs.Eventually(async () => (await speaker.GetNeighborsAsync())[0].IsRestarting, "its absence is noticed");
        Assert.Equal(1000, await Count(speaker, Family.Ipv4Unicast));
        Assert.All(await speaker.GetRoutesAsync(), r => Assert.True(r.IsStale));
        bird.Configuration = Statics(900, 0) + Protocol("calico", "10.77.0.1", "graceful restart on;");
        bird.Start();
        await Needs.Eventually(async () => await IsUp(speaker) && await Count(speaker, Family.Ipv4Unicast) == 900, "it is back with 900");
        Assert.All(await speaker.GetRoutesAsync(), r => Assert.False(r.IsStale));
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("wrong", false)]
    public async Task Md5_lets_only_the_right_key_in(string key, bool up)
    {
        using var bird = new BirdPeer(_namespaces!, Statics(5, 0) + Protocol("calico", "10.77.0.1", "password \"secret\";"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, Md5Password = key });
        await speaker.StartAsync();
        if (up)
        {
            await Needs.Eventually(() => IsUp(speaker), "session is up");
            return;
        }

        await Task.Delay(3000);
        Assert.False(await IsUp(speaker));
    }

    [Fact]
    public async Task Gtsm_session_comes_up_passively_and_actively()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(5, 0) + Protocol("calico", "10.77.0.1", "ttl security on;"));
        foreach (bool passive in new[] { false, true })
        {
            await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, TtlSecurity = 1, Passive = passive }, listen: passive);
            await speaker.StartAsync();
            await Needs.Eventually(() => IsUp(speaker), $"session is up, passive {passive}");
        }
    }

    [Fact]
    public async Task Add_path_gives_both_paths()
    {
        using var bird = new BirdPeer(_namespaces!, "protocol static x4 { ipv4 { preference 10; }; route 30.0.0.0/24 blackhole; }\nprotocol static y4 { ipv4 { preference 20; }; route 30.0.0.0/24 unreachable; }\n"
            + Protocol("calico", "10.77.0.1", channel4: "import all; export where source = RTS_STATIC; add paths on;"));
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, AddPath = AddPathMode.Both });
        await speaker.StartAsync();
        await Needs.Eventually(async () => (await speaker.GetRoutesAsync(new RibQuery { AllPaths = true })).Count == 2, "two paths are here");
    }

    [Fact]
    public async Task Max_prefixes_ends_the_session_and_the_hold_timer_notices_silence()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(50, 0) + Protocol("calico", "10.77.0.1", "hold time 6; keepalive time 2;"));
        await using BgpSpeaker limited = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, MaxPrefixes = 10 });
        await limited.StartAsync();
        await Needs.Eventually(async () => (await limited.GetNeighborsAsync())[0].LastError?.Contains("Maximum Number", StringComparison.Ordinal) == true, "it is cut off");
        await limited.DisposeAsync();
        await using BgpSpeaker speaker = Speaker(new NeighborOptions { Address = Bird4, Asn = 65002, HoldTime = TimeSpan.FromSeconds(3), GracefulRestart = GracefulRestartMode.Off });
        await speaker.StartAsync();
        await Needs.Eventually(() => IsUp(speaker), "session is up");
        TestNamespaces.Run("ip", "-n", _namespaces!.Theirs, "link", "set", "e0", "down");
        await Needs.Eventually(async () => (await speaker.GetNeighborsAsync())[0].LastError?.Contains("Hold Timer", StringComparison.Ordinal) == true, "hold timer expires");
        Assert.Equal(0, await Count(speaker, Family.Ipv4Unicast));
    }

    [Fact]
    public async Task Ibgp_and_refresh_and_changed_filter()
    {
        using var bird = new BirdPeer(_namespaces!, Statics(20, 0) + Protocol("calico", "10.77.0.1", asn: 65001));
        var neighbor = new NeighborOptions { Address = Bird4, Asn = 65001 };
        await using BgpSpeaker speaker = Speaker(neighbor);
        await speaker.StartAsync();
        await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("40.0.0.0/24")));
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 20 && bird.Routes("master4", "calico") == 1, "routes both ways");
        Assert.Contains("BGP.local_pref: 100", bird.Ask("show route table master4 protocol calico all"), StringComparison.Ordinal);
        var policy = new RoutePolicyBuilder("some");
        policy.Rule().When(RouteMatch.Prefixes(PrefixList.Parse(["30.0.0.0/21+"]))).Then(RouteEdit.LocalPreference(300)).Accept();
        await speaker.ApplyAsync(new BgpSpeakerOptions
        {
            Asn = 65001,
            RouterId = IPAddress.Parse("10.77.0.1"),
            Listen = [new IPEndPoint(IPAddress.Parse("10.77.0.1"), 179), new IPEndPoint(IPAddress.Parse("fd77::1"), 179)],
            EbgpRequiresPolicy = false,
            ConnectRetryTime = TimeSpan.FromSeconds(1),
            Neighbors = [neighbor with { Import = policy.Build(), Export = RouteFilter.RejectAll }],
        });
        await Needs.Eventually(async () => await Count(speaker, Family.Ipv4Unicast) == 8 && bird.Routes("master4", "calico") == 0, "new filters hold");
        Assert.Equal(300u, (await speaker.GetRoutesAsync(new RibQuery { Prefix = IPNetwork.Parse("30.0.1.0/24") })).Single().Attributes.LocalPreference);
        Assert.Equal(1, (await speaker.GetNeighborsAsync())[0].TimesEstablished);
    }
}
