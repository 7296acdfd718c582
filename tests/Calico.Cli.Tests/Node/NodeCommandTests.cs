using System.Net;
using System.Text.Json;
using Calico.Dataplane;
using Calico.Netlink;
using Calico.Policy.Conversion;
using Calico.Policy.Engine;
using Calico.Policy.Model;

namespace Calico.Cli.Tests.Node;

/// <summary>The verbs about a node's kernel, on the kernel of a namespace.</summary>
public sealed class NodeCommandTests : IAsyncLifetime
{
    private readonly string _name = $"calico-cli-{Environment.ProcessId}";
    private NetworkNamespace? _network;
    private readonly Cli _cli = new();

    public async ValueTask InitializeAsync()
    {
        try
        {
            _network = NetworkNamespace.Create(_name);
        }
        catch (NetlinkException e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"No network namespaces here: {e.Message}");
        }

        using RtNetlink netlink = RtNetlink.Open(_network!);
        foreach (string name in (string[])["caliweb", "caliapi", "eth0"]) await netlink.Links.AddVethAsync(name, "far" + name, null, new LinkSettings { Up = true }, new LinkSettings { Up = true });
        Link eth0 = await netlink.Links.GetAsync("eth0");
        await netlink.Addresses.AddAsync(eth0.Index, IPAddress.Parse("172.16.0.1"), 24);
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "n1" });
        foreach (TierModel tier in ResourceConverter.BuiltInTiers) engine.Upsert(tier);
        engine.Upsert(new ProfileModel { Name = "kns.prod", Ingress = [new RuleModel()], Egress = [new RuleModel()] });
        foreach ((string pod, string address) in (ReadOnlySpan<(string, string)>)[("web", "10.0.0.1/32"), ("api", "10.0.0.2/32")])
        {
            engine.Upsert(new WorkloadEndpointModel
            {
                Id = new WorkloadEndpointId("n1", "k8s", "prod/" + pod, "eth0"), InterfaceName = "cali" + pod, Nets = [IPNetwork.Parse(address)], Labels = LabelMap.Of(("app", pod)), Profiles = ["kns.prod"],
            });
        }

        engine.Upsert(new PolicyModel
        {
            Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "api"), Selector = "app == 'api'", Types = PolicyTypes.Ingress,
            Ingress = [new RuleModel { Protocol = IpProtocol.Tcp, Source = new EntityMatch { Selector = "app == 'web'" }, Destination = new EntityMatch { Ports = [new PortRange(80)] } }],
        });
        engine.MarkInSync();
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, _network!);
        dataplane.Apply(engine.Flush());
        Assert.Empty((await dataplane.FlushAsync()).Problems);
    }

    public ValueTask DisposeAsync()
    {
        _cli.Dispose();
        _network?.Dispose();
        NetworkNamespace.Delete(_name);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Explain_names_rule_policy_and_chain_and_its_exit_code_is_the_verdict()
    {
        (int code, string text, string error) = _cli.Run("node", "explain", "--netns", _name, "--from", "prod/web", "--to", "prod/api", "--port", "80/TCP");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("10.0.0.1 (k8s/prod/web/eth0) → 10.0.0.2 (k8s/prod/api/eth0) 80/TCP: passes", text, StringComparison.Ordinal);
        Assert.Contains("decided by Profile kns.prod egress[0] allow (chain from-wl-", text, StringComparison.Ordinal);
        Assert.Contains("decided by GlobalNetworkPolicy api ingress[0] allow (chain to-wl-", text, StringComparison.Ordinal);

        (code, text, _) = _cli.Run("node", "explain", "--netns", _name, "--from", "172.16.0.9", "--to", "caliapi", "--port", "80/TCP");
        Assert.Equal(1, code);
        Assert.Contains("172.16.0.9 (by eth0)", text, StringComparison.Ordinal);
        Assert.Contains("decided by Tier default ingress end deny", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_get_json()
    {
        (int code, string text, _) = _cli.Run("node", "explain", "--netns", _name, "--from", "prod/web", "--to", "10.0.0.2", "--port", "443", "-o", "json");
        using JsonDocument explanation = JsonDocument.Parse(text);
        Assert.Equal((1, false), (code, explanation.RootElement.GetProperty("isAllowed").GetBoolean()));
        Assert.Contains(explanation.RootElement.GetProperty("steps").EnumerateArray(), s => s.GetProperty("decides").GetBoolean() && s.GetProperty("comment").GetString() == "Tier default ingress end deny");

        (_, text, _) = _cli.Run("node", "policy", "show", "--netns", _name, "-o", "json");
        using JsonDocument endpoints = JsonDocument.Parse(text);
        Assert.Equal(["k8s/prod/api/eth0", "k8s/prod/web/eth0"], endpoints.RootElement.EnumerateArray().Select(e => e.GetProperty("endpoint").GetString()));
        JsonElement ingress = endpoints.RootElement[0].GetProperty("walks")[0];
        Assert.Equal(("chains", "GlobalNetworkPolicy api"), (ingress.GetProperty("shape").GetString()!.ToLowerInvariant(), ingress.GetProperty("policies")[0].GetProperty("policies")[0].GetString()));
    }

    [Fact]
    public void Policy_show_lists_policies_shape_and_counters()
    {
        (int code, string text, _) = _cli.Run("node", "policy", "show", "prod/api", "--netns", _name);
        Assert.Equal(0, code);
        Assert.Contains("k8s/prod/api/eth0 caliapi, 10.0.0.2", text, StringComparison.Ordinal);
        Assert.Contains("ingress chains", text, StringComparison.Ordinal);
        Assert.Contains("tier default, then deny: GlobalNetworkPolicy api", text, StringComparison.Ordinal);
        Assert.Contains("GlobalNetworkPolicy api ingress[0] allow", text, StringComparison.Ordinal);
        Assert.DoesNotContain("prod/web/eth0", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'prod/nobody' is no endpoint", "--from", "prod/nobody", "--to", "10.0.0.2", "--port", "80")]
    [InlineData("did you mean k8s/prod/web/eth0", "--from", "web", "--to", "10.0.0.2", "--port", "80")]
    [InlineData("no route to 192.0.2.1: say the interface with --out", "--from", "prod/web", "--to", "192.0.2.1", "--port", "80")]
    [InlineData("'x/TCP' is not a port", "--from", "prod/web", "--to", "10.0.0.2", "--port", "x/TCP")]
    public void What_cannot_be_answered_says_why(string reason, params string[] question)
    {
        (int code, _, string error) = _cli.Run(["node", "explain", "--netns", _name, .. question]);
        Assert.Equal(2, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_namespace_or_a_table_there_is_a_reason()
    {
        Assert.Contains("nowhere-at-all", _cli.Run("node", "policy", "show", "--netns", "nowhere-at-all").Error, StringComparison.Ordinal);
        string empty = _name + "-empty";
        using NetworkNamespace network = NetworkNamespace.Create(empty);
        try
        {
            (int code, _, string error) = _cli.Run("node", "policy", "show", "--netns", empty);
            Assert.Equal(2, code);
            Assert.Contains("no table 'inet calico'", error, StringComparison.Ordinal);
        }
        finally
        {
            NetworkNamespace.Delete(empty);
        }
    }
}
