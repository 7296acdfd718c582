using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using static Calico.Dataplane.Tests.Support.Fabric;
using RuleAction = Calico.Policy.Model.RuleAction;

namespace Calico.Dataplane.Tests.Kernel;

public sealed class PacketsThroughChainsTests() : PacketTests(PolicyShape.Chains);

public sealed class PacketsThroughMapsTests() : PacketTests(PolicyShape.Maps);

/// <summary>Real packets through the ruleset, on a node with two pods and a host outside.</summary>
public abstract class PacketTests : IAsyncLifetime
{
    protected PacketTests(PolicyShape shape) => _options = DataplaneOptions.Default with { Shape = shape };

    private readonly Cluster _cluster = new();
    private readonly WorkloadEndpointModel _webModel = Pod("prod", "web", "10.0.0.1,fd00::1", Node, ("app", "web"));
    private readonly WorkloadEndpointModel _apiModel = Pod("prod", "api", "10.0.0.2,fd00::2", Node, ("app", "api"));
    private Fabric _fabric = null!;
    private PrivateNetns _web = null!, _api = null!;
    private CalicoDataplane _dataplane = null!;
    private DataplaneOptions _options;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _fabric = new Fabric();
        _web = _fabric.AddPod(_webModel);
        _api = _fabric.AddPod(_apiModel);
        _cluster.Engine.Upsert(_webModel);
        _cluster.Engine.Upsert(_apiModel);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_dataplane is not null) await _dataplane.DisposeAsync();
        _fabric.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task StartAsync(params PolicyModel[] policies)
    {
        foreach (PolicyModel policy in policies) _cluster.Engine.Upsert(policy);
        _dataplane = CalicoDataplane.Open(_options, _fabric.Node.Handle);
        _dataplane.Apply(_cluster.Start());
        FlushReport report = await _dataplane.FlushAsync(Cancelled);
        Assert.Empty(report.Problems);
    }

    private async Task ChangeAsync()
    {
        _dataplane.Apply(_cluster.Engine.Flush());
        FlushReport report = await _dataplane.FlushAsync(Cancelled);
        Assert.Empty(report.Problems);
    }

    [Fact]
    public async Task Pods_reach_each_other_as_policy_says()
    {
        await StartAsync(Policy_("api", "app == 'api'", Allow("app == 'web'", 80)));
        Assert.Equal(EndpointState.Realised, _dataplane.StatusOf(_webModel.Id)!.State);
        foreach (string address in (string[])["10.0.0.2", "fd00::2"])
        {
            Assert.True(Connects(_web, _api, address, 80), address);
            Assert.False(Connects(_web, _api, address, 81), address);
            Assert.False(Connects(_fabric.Outside, _api, address, 80), address);
            Assert.False(Pings(_web, address), address);
        }

        Assert.True(Connects(_api, _web, "10.0.0.1", 9));
        Assert.True(Connects(_fabric.Outside, _web, "10.0.0.1", 9));
        Assert.True(Connects(_web, _fabric.Outside, "172.16.0.9", 9));
        Assert.True(Pings(_api, "fd00::1"));
    }

    [Fact]
    public async Task Prefixes_members_and_exceptions()
    {
        RuleModel nets = new() { Source = new EntityMatch { Nets = [IPNetwork.Parse("172.16.0.0/16"), IPNetwork.Parse("fd00:cafe::/64")], NotNets = [IPNetwork.Parse("172.16.0.8/30")] } };
        RuleModel set = new() { Protocol = IpProtocol.Tcp, Source = new EntityMatch { Selector = "role == 'outside'" }, Destination = new EntityMatch { Ports = [new PortRange(100, 200)], NotPorts = [new PortRange(150)] } };
        await StartAsync(Policy_("api", "app == 'api'", nets, set));
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 120));
        _cluster.Engine.Upsert(new NetworkSetModel { Name = "outside", Labels = LabelMap.Of(("role", "outside")), Nets = [IPNetwork.Parse("172.16.0.0/24"), IPNetwork.Parse("172.16.0.9/32")] });
        await ChangeAsync();
        Assert.True(Connects(_fabric.Outside, _api, "10.0.0.2", 120));
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 150));
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 99));
        Assert.False(Connects(_web, _api, "10.0.0.2", 120));
        _cluster.Engine.Upsert(_webModel with { Labels = LabelMap.Of([.. _webModel.Labels.Select(l => (l.Key, l.Value)), ("role", "outside")]) });
        await ChangeAsync();
        Assert.True(Connects(_web, _api, "10.0.0.2", 120));
        Assert.True(Connects(_web, _api, "fd00::2", 120));
        _cluster.Engine.RemoveNetworkSet(new NamespacedName("", "outside"));
        await ChangeAsync();
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 120));
        Assert.True(Connects(_web, _api, "10.0.0.2", 120));
    }

    [Fact]
    public async Task Tiers_with_pass_end_in_profiles()
    {
        _cluster.Engine.Upsert(new TierModel { Name = "first", Order = 1 });
        await StartAsync(
            Policy_("first.p", "app == 'api'", Allow("app == 'web'", 80, RuleAction.Pass), Allow(port: 81, action: RuleAction.Deny), Allow("app == 'web'", 82)) with { Tier = "first" },
            Policy_("later", "app == 'api'", Allow("app == 'web'", 80, RuleAction.Pass)));
        Assert.True(Connects(_web, _api, "10.0.0.2", 80));
        Assert.True(Connects(_web, _api, "10.0.0.2", 82));
        Assert.False(Connects(_web, _api, "10.0.0.2", 81));
        Assert.False(Connects(_web, _api, "10.0.0.2", 83));
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 80));
    }

    [Fact]
    public async Task Host_reaches_its_pods_and_pods_do_not_reach_their_host()
    {
        await StartAsync(Policy_("api", "app == 'api'"));
        Assert.True(Connects(_fabric.Node, _api, "10.0.0.2", 80));
        Assert.True(Connects(_fabric.Node, _api, "fd00::2", 80));
        Assert.False(Connects(_web, _fabric.Node, "172.16.0.1", 80));
    }

    [Fact]
    public async Task Pods_cannot_send_from_foreign_addresses()
    {
        await StartAsync();
        _web.Run("ip", "addr add 10.9.9.9/32 dev eth0");
        Assert.NotNull(Delivers(_web, _fabric.Outside, "172.16.0.9", 9, source: "10.0.0.1"));
        Assert.Null(Delivers(_web, _fabric.Outside, "172.16.0.9", 9, source: "10.9.9.9"));
        _cluster.Engine.Upsert(_webModel with { AllowedSourcePrefixes = [IPNetwork.Parse("10.9.9.0/24")] });
        await ChangeAsync();
        Assert.NotNull(Delivers(_web, _fabric.Outside, "172.16.0.9", 9, source: "10.9.9.9"));
    }

    [Fact]
    public async Task Policy_changes_take_effect_and_connections_live_on()
    {
        await StartAsync();
        Assert.True(Connects(_web, _api, "10.0.0.2", 80));
        _cluster.Engine.Upsert(Policy_("api", "app == 'api'"));
        await ChangeAsync();
        Assert.False(Connects(_web, _api, "10.0.0.2", 80));
        _cluster.Engine.Remove(new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "api"));
        await ChangeAsync();
        Assert.True(Connects(_web, _api, "10.0.0.2", 80));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_that_new_policy_forbids_are_cut_when_asked_for(bool revoke)
    {
        _options = _options with { RevokeOnPolicyChange = revoke };
        await StartAsync();
        IPEndPoint address = new(IPAddress.Parse("10.0.0.2"), 80), other = new(IPAddress.Parse("10.0.0.1"), 80);
        using System.Net.Sockets.Socket forbidden = Open(_web, _api, address, out System.Net.Sockets.Socket server), kept = Open(_api, _web, other, out System.Net.Sockets.Socket keptServer);
        _cluster.Engine.Upsert(Policy_("api", "app == 'api'"));
        await ChangeAsync();
        Assert.Equal(!revoke, Arrives(forbidden, server));
        Assert.True(Arrives(kept, keptServer));

        static System.Net.Sockets.Socket Open(PrivateNetns from, PrivateNetns to, IPEndPoint target, out System.Net.Sockets.Socket accepted)
        {
            System.Net.Sockets.Socket make() => new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            using System.Net.Sockets.Socket listener = to.Handle.Run(make);
            listener.Bind(target);
            listener.Listen();
            System.Net.Sockets.Socket client = from.Handle.Run(make);
            client.Connect(target);
            accepted = listener.Accept();
            return client;
        }

        static bool Arrives(System.Net.Sockets.Socket from, System.Net.Sockets.Socket to)
        {
            from.Send([1]);
            to.ReceiveTimeout = 500;
            try
            {
                return to.Receive(new byte[4]) > 0;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Flow_logs_name_the_rule_that_decided()
    {
        _options = _options with { FlowLogs = true };
        _cluster.Engine.Upsert(new PolicyModel { Id = new PolicyId(PolicyKind.StagedGlobalNetworkPolicy, "", "trial"), Selector = "app == 'api'", Types = PolicyTypes.Ingress, Ingress = [new RuleModel { Action = RuleAction.Deny }] });
        await StartAsync(Policy_("api", "app == 'api'", Allow("app == 'web'", 80)));
        using FlowLog log = await FlowLog.OpenAsync(_fabric.Node.Handle, cancellationToken: Cancelled);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        List<FlowRecord> records = [];
        Task reading = Task.Run(async () =>
        {
            try
            {
                await foreach (FlowRecord record in log.ReadAggregatedAsync(TimeSpan.FromMilliseconds(200), cancellationToken: patience.Token)) lock (records) records.Add(record);
            }
            catch (OperationCanceledException)
            {
            }
        }, Cancelled);
        IAsyncEnumerator<ConnectionEnd> ends = log.ReadConnectionEndsAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        Task<bool> ended = ends.MoveNextAsync().AsTask();
        Assert.True(Connects(_web, _api, "10.0.0.2", 80));
        Assert.False(Connects(_fabric.Outside, _api, "10.0.0.2", 81));
        for (int i = 0; i < 100 && Seen() < 4; i++) await Task.Delay(100, Cancelled);
        _fabric.Node.Run("conntrack", "-D -p tcp --dport 80", mayFail: true);
        for (int i = 0; i < 100 && Carried().Count() < 2; i++) await Task.Delay(100, Cancelled);
        await patience.CancelAsync();
        await reading;
        FlowRecord[] carried = [.. Carried()];
        Assert.Contains(carried, r => r is { Ingress: true, Staged: false, DecidedBy: "GlobalNetworkPolicy api ingress[0] allow" });
        Assert.Contains(carried, r => r is { Ingress: false, DecidedBy: "Profile kns.prod egress[0] allow" });
        Assert.All(carried, r => Assert.True(r is { DestinationPort: 80, PacketsSent: >= 2, BytesSent: >= 100, PacketsReceived: >= 1 }, $"{r}"));
        Assert.Contains(records, r => r is { Allowed: true, Ingress: true, DestinationPort: 80, DecidedBy: "GlobalNetworkPolicy api ingress[0] allow", Tier: "default" });
        Assert.Contains(records, r => r is { Allowed: true, Ingress: false, DecidedBy: "Profile kns.prod egress[0] allow" });
        Assert.Contains(records, r => r is { Allowed: false, DestinationPort: 81, DecidedBy: "Tier default ingress end deny" });
        Assert.Contains(records, r => r is { Staged: true, Allowed: false, DecidedBy: "StagedGlobalNetworkPolicy trial ingress[0] deny" });
        FlowRecord first = records[0];
        Assert.True(await ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.Equal((80, IPAddress.Parse("10.0.0.1")), (ends.Current.Original.DestinationPort, ends.Current.Original.Source));
        Assert.True(ends.Current is { PacketsSent: > 0, BytesSent: > 0, PacketsReceived: > 0 });
        await ends.DisposeAsync();
        string json = System.Text.Json.JsonSerializer.Serialize(first, FlowRecordJson.Default.FlowRecord);
        Assert.Equal(first, System.Text.Json.JsonSerializer.Deserialize(json, FlowRecordJson.Default.FlowRecord));

        int Seen()
        {
            lock (records) return records.Count;
        }

        IEnumerable<FlowRecord> Carried()
        {
            lock (records) return [.. records.Where(r => r.ConnectionsEnded > 0)];
        }
    }

    [Fact]
    public async Task Domain_names_open_the_way_for_as_long_as_their_answers_hold()
    {
        _options = _options with { DomainNames = true };
        RuleModel rule = new() { Destination = new EntityMatch { Domains = ["*.example.com"] } };
        await StartAsync(Policy_("web", "app == 'web'") with { Types = PolicyTypes.Egress, Ingress = [], Egress = [rule] });
        Assert.Null(Delivers(_web, _fabric.Outside, "172.16.0.9", 9));
        await _dataplane.FollowDomainsAsync(new OneAnswer(new DomainAnswer("api.example.com.", IPAddress.Parse("172.16.0.9"), TimeSpan.FromSeconds(3))), Cancelled);
        await _dataplane.FlushAsync(Cancelled);
        Assert.NotNull(Delivers(_web, _fabric.Outside, "172.16.0.9", 10));
        Assert.Null(Delivers(_web, _fabric.Node, "172.16.0.1", 10));
        await Task.Delay(3100, Cancelled);
        await _dataplane.FlushAsync(Cancelled);
        Assert.Null(Delivers(_web, _fabric.Outside, "172.16.0.9", 11));
    }

    [Fact]
    public async Task Packet_rates_and_dscp()
    {
        _cluster.Engine.Upsert(_webModel with { Qos = new QosModel { EgressPacketRate = 5, EgressPacketBurst = 5, Dscp = 46 } });
        await StartAsync();
        _fabric.Outside.Run("nft", "-f -", "table inet t { chain c { type filter hook input priority 0; udp dport 9 ip dscp ef counter; }; }\n");
        string arguments = "-c \"for i in $(seq 60); do echo x > /dev/udp/172.16.0.9/9; done\"";
        _web.Run("bash", arguments);
        string[] words = _fabric.Outside.Run("nft", "list ruleset").Split(' ');
        Assert.InRange(int.Parse(words[Array.IndexOf(words, "packets") + 1], System.Globalization.CultureInfo.InvariantCulture), 1, 30);
    }

    [Fact]
    public async Task An_address_that_moves_leaves_no_connection_behind()
    {
        await StartAsync();
        Assert.NotNull(Delivers(_fabric.Outside, _api, "10.0.0.2", 9999));
        Assert.Contains("9999", _fabric.Node.Run("conntrack", "-L", mayFail: true), StringComparison.Ordinal);
        _cluster.Engine.Remove(_apiModel.Id);
        await ChangeAsync();
        Assert.DoesNotContain("9999", _fabric.Node.Run("conntrack", "-L", mayFail: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_moves_to_another_interface_takes_no_connection_along()
    {
        await StartAsync();
        Assert.NotNull(Delivers(_fabric.Outside, _api, "10.0.0.2", 9998));
        WorkloadEndpointModel heir = Pod("prod", "heir", "10.0.0.2", Node, ("app", "api"));
        _api.Run("ip", "addr del 10.0.0.2/32 dev eth0");
        PrivateNetns ns = _fabric.AddPod(heir);
        _cluster.Engine.Remove(_apiModel.Id);
        _cluster.Engine.Upsert(heir);
        _dataplane.InterfacesChanged();
        await ChangeAsync();
        Assert.DoesNotContain("9998", _fabric.Node.Run("conntrack", "-L", mayFail: true), StringComparison.Ordinal);
        Assert.Contains($"10.0.0.2 dev {heir.InterfaceName}", _fabric.Node.Run("ip", "route show proto 80"), StringComparison.Ordinal);
        Assert.True(Connects(_web, ns, "10.0.0.2", 80));
    }

    [Fact]
    public async Task Connection_limits_hold()
    {
        _cluster.Engine.Upsert(_apiModel with { Qos = new QosModel { IngressMaxConnections = 2 } });
        await StartAsync();
        using System.Net.Sockets.Socket listener = _api.Handle.Run(() => new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80));
        listener.Listen();
        string answer = _web.Run("bash", "-c \"for i in 1 2 3 4; do exec {fd}<>/dev/tcp/10.0.0.2/80 && echo open; done 2>/dev/null; true\"", mayFail: true);
        Assert.Equal(2, answer.Split("open").Length - 1);
    }

    [Fact]
    public async Task Host_endpoint_policy_and_failsafe_ports()
    {
        _cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h"), ExpectedIPs = [IPAddress.Parse("172.16.0.1")], Labels = LabelMap.Of(("host", "one")) });
        await StartAsync(Policy_("host", "host == 'one'", Allow(port: 8443)));
        Assert.True(Connects(_fabric.Outside, _fabric.Node, "172.16.0.1", 8443));
        Assert.False(Connects(_fabric.Outside, _fabric.Node, "172.16.0.1", 8444));
        Assert.True(Connects(_fabric.Outside, _fabric.Node, "172.16.0.1", 22));
        Assert.False(Connects(_fabric.Node, _fabric.Outside, "172.16.0.9", 80));
        Assert.True(Connects(_fabric.Node, _fabric.Outside, "172.16.0.9", 179));
        Assert.True(Connects(_fabric.Outside, _web, "10.0.0.1", 80));
    }

    [Fact]
    public async Task DoNotTrack_leaves_no_connection_behind()
    {
        _cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "one")) });
        RuleModel dns = new() { Protocol = IpProtocol.Udp, Destination = new EntityMatch { Ports = [new PortRange(5353)] } };
        await StartAsync(
            Policy_("raw", "host == 'one'", dns) with { DoNotTrack = true, ApplyOnForward = true },
            Policy_("host", "host == 'one'"));
        Assert.NotNull(Delivers(_fabric.Outside, _fabric.Node, "172.16.0.1", 5353));
        Assert.Null(Delivers(_fabric.Outside, _fabric.Node, "172.16.0.1", 5354));
        Assert.DoesNotContain("5353", _fabric.Node.Run("cat", "/proc/net/nf_conntrack", mayFail: true) + _fabric.Node.Run("conntrack", "-L", mayFail: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PreDnat_sees_the_original_destination()
    {
        _cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "one")) });
        _fabric.Node.Run("nft", "-f -", "table ip svc { chain pre { type nat hook prerouting priority dstnat; tcp dport 30080 dnat to 10.0.0.1:80; tcp dport 30081 dnat to 10.0.0.1:80; }; }\n");
        await StartAsync(Policy_("pre", "host == 'one'", Allow(port: 30081, action: RuleAction.Deny)) with { PreDnat = true, ApplyOnForward = true });
        Assert.True(ConnectsThroughNat(30080));
        Assert.False(ConnectsThroughNat(30081));

        bool ConnectsThroughNat(int port)
        {
            using System.Net.Sockets.Socket listener = _web.Handle.Run(() => new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp));
            listener.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80));
            listener.Listen();
            return _fabric.Outside.Run("timeout", $"1 bash -c \"exec 3<>/dev/tcp/172.16.0.1/{port} && echo connected\"", mayFail: true).Contains("connected", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Routes_of_blocks_and_of_neighbours()
    {
        await StartAsync();
        _dataplane.SetLocalBlocks([IPNetwork.Parse("10.0.0.0/26"), IPNetwork.Parse("fd00::/122"), IPNetwork.Parse("10.5.5.5/32")]);
        _dataplane.SetLearnedRoute(new LearnedRoute(IPNetwork.Parse("10.0.7.0/26"), [IPAddress.Parse("172.16.0.9")]));
        await _dataplane.FlushAsync(Cancelled);
        string v4 = _fabric.Node.Run("ip", "route show proto 80"), v6 = _fabric.Node.Run("ip", "-6 route show proto 80");
        Assert.Contains("blackhole 10.0.0.0/26", v4, StringComparison.Ordinal);
        Assert.Contains("10.0.7.0/26 via 172.16.0.9 dev eth0", v4, StringComparison.Ordinal);
        Assert.Contains($"10.0.0.1 dev {_webModel.InterfaceName} scope link", v4, StringComparison.Ordinal);
        Assert.Contains("blackhole fd00::/122", v6, StringComparison.Ordinal);
        Assert.DoesNotContain("10.5.5.5", v4, StringComparison.Ordinal);

        _dataplane.RemoveLearnedRoute(IPNetwork.Parse("10.0.7.0/26"));
        _fabric.Node.Run("ip", "route del 10.0.0.1/32");
        _dataplane.Resync();
        FlushReport repaired = await _dataplane.FlushAsync(Cancelled);
        Assert.Equal(1, repaired.RoutesPut);
        v4 = _fabric.Node.Run("ip", "route show proto 80");
        Assert.DoesNotContain("10.0.7.0", v4, StringComparison.Ordinal);
        Assert.Contains("10.0.0.1 dev", v4, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_keeps_learned_routes_until_routing_has_converged()
    {
        await StartAsync();
        _dataplane.SetLearnedRoute(new LearnedRoute(IPNetwork.Parse("10.0.7.0/26"), [IPAddress.Parse("172.16.0.9")]));
        await _dataplane.FlushAsync(Cancelled);
        await _dataplane.DisposeAsync();

        Cluster same = new();
        same.Engine.Upsert(_webModel);
        same.Engine.Upsert(_apiModel);
        _dataplane = CalicoDataplane.Open(_options, _fabric.Node.Handle);
        _dataplane.Apply(same.Start());
        Assert.True((await _dataplane.FlushAsync(Cancelled)).IsNothing);
        Assert.Contains("10.0.7.0/26", _fabric.Node.Run("ip", "route show proto 80"), StringComparison.Ordinal);
        _dataplane.LearnedRoutesInSync();
        await _dataplane.FlushAsync(Cancelled);
        Assert.DoesNotContain("10.0.7.0/26", _fabric.Node.Run("ip", "route show proto 80"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Administratively_down_cuts_everything()
    {
        await StartAsync();
        Assert.True(Pings(_web, "10.0.0.2"));
        _cluster.Engine.Upsert(_apiModel with { IsActive = false });
        await ChangeAsync();
        Assert.False(Pings(_web, "10.0.0.2"));
        Assert.Equal(EndpointState.Down, _dataplane.StatusOf(_apiModel.Id)!.State);
    }

    [Fact]
    public async Task Rejected_connections_are_answered()
    {
        _options = _options with { DenyAction = DenyAction.Reject };
        await StartAsync(Policy_("api", "app == 'api'"));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        string answer = _web.Run("timeout", "3 bash -c \"exec 3<>/dev/tcp/10.0.0.2/80\"", mayFail: true);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2.5), answer);
    }

    private sealed class OneAnswer(DomainAnswer answer) : IDomainNameSource
    {
        public async IAsyncEnumerable<DomainAnswer> ReadAnswersAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return answer;
        }
    }
}
