using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using static Calico.Dataplane.Tests.Support.Fabric;
using RuleAction = Calico.Policy.Model.RuleAction;

namespace Calico.Dataplane.Tests.Inspect;

/// <summary>What is read back from the kernel is what was put in, and what is said about a packet is what the kernel does with it.</summary>
public sealed class NodeRulesetTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PolicyShape.Chains)]
    [InlineData(PolicyShape.Maps)]
    public async Task Explanations_are_what_real_packets_meet(PolicyShape shape)
    {
        using Fabric fabric = new();
        Cluster cluster = new();
        WorkloadEndpointModel web = Pod("prod", "web", "10.0.0.1", Node, ("app", "web")), api = Pod("prod", "api", "10.0.0.2", Node, ("app", "api"));
        PrivateNetns webNs = fabric.AddPod(web), apiNs = fabric.AddPod(api);
        cluster.Engine.Upsert(web);
        cluster.Engine.Upsert(api);
        cluster.Engine.Upsert(new TierModel { Name = "first", Order = 1 });
        cluster.Engine.Upsert(Policy_("first.guard", "app == 'api'", Allow("app == 'web'", 80, RuleAction.Pass), Allow("app == 'web'", 81, RuleAction.Deny), Allow("app == 'web'", 82)) with { Tier = "first" });
        cluster.Engine.Upsert(Policy_("later", "app == 'api'", Allow("app == 'web'", 80)));
        cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "one")) });
        cluster.Engine.Upsert(Policy_("host", "host == 'one'", Allow(port: 8443)));
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default with { Shape = shape }, fabric.Node.Handle);
        dataplane.Apply(cluster.Start());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);

        foreach ((IPAddress from, string? input, PrivateNetns sender, IPAddress to, string? output, PrivateNetns receiver, ushort port) in (List<(IPAddress, string?, PrivateNetns, IPAddress, string?, PrivateNetns, ushort)>)
        [
            .. new ushort[] { 80, 81, 82, 83 }.Select(p => (web.Nets[0].BaseAddress, (string?)web.InterfaceName, webNs, api.Nets[0].BaseAddress, (string?)api.InterfaceName, apiNs, p)),
            (IPAddress.Parse("172.16.0.9"), "eth0", fabric.Outside, api.Nets[0].BaseAddress, api.InterfaceName, apiNs, 82),
            (IPAddress.Parse("172.16.0.9"), "eth0", fabric.Outside, IPAddress.Parse("172.16.0.1"), null, fabric.Node, 8443),
            (IPAddress.Parse("172.16.0.9"), "eth0", fabric.Outside, IPAddress.Parse("172.16.0.1"), null, fabric.Node, 8444),
            (IPAddress.Parse("172.16.0.9"), "eth0", fabric.Outside, IPAddress.Parse("172.16.0.1"), null, fabric.Node, 22),
        ])
        {
            NodeRuleset before = await ReadAsync(fabric.Node);
            NodeExplanation said = before.Explain(new NodeFlow(from, to, 6, port) { Input = input, Output = output });
            Assert.Equal(Connects(sender, receiver, to.ToString(), port), said.IsAllowed);
            ExplainedStep last = said.Deciders.Last();
            if (port == 22) Assert.Contains("failsafe", last.Chain, StringComparison.Ordinal); // in no walk of an endpoint's own
            else Assert.True(Counted(await ReadAsync(fabric.Node), last) > Counted(before, last), $"{from} → {to}:{port}: {last} has counted nothing");
        }
    }

    private static async Task<NodeRuleset> ReadAsync(PrivateNetns node)
    {
        using NftClient nft = NftClient.Open(new() { Namespace = node.Handle });
        return Assert.IsType<NodeRuleset>(await NodeRuleset.ReadAsync(nft, Cancelled));
    }

    private static ulong Counted(NodeRuleset ruleset, ExplainedStep step) =>
        (ulong)ruleset.Endpoints.SelectMany(e => e.Walks).DistinctBy(w => w.Chain).SelectMany(w => w.Rules).Where(r => r.Rule == step.Comment).Sum(r => (long)r.Packets);

    [Fact]
    public void Endpoints_tell_their_policies_in_order_and_their_shape()
    {
        Cluster cluster = new();
        WorkloadEndpointModel web = Pod("prod", "web", "10.0.0.1,fd00::1", Node, ("app", "web")), down = Pod("prod", "zdown", "10.0.0.3", Node) with { IsActive = false };
        cluster.Engine.Upsert(web);
        cluster.Engine.Upsert(Pod("prod", "web2", "10.0.0.2", Node, ("app", "web")) with { Qos = new QosModel { IngressMaxConnections = 5 } });
        cluster.Engine.Upsert(down);
        cluster.Engine.Upsert(new TierModel { Name = "t", Order = 1, DefaultAction = TierDefaultAction.Pass });
        cluster.Engine.Upsert(Policy_("t.a", "app == 'web'", Allow(port: 1)) with { Tier = "t", Order = 2 });
        cluster.Engine.Upsert(Policy_("t.b", "app == 'web'", Allow(port: 2)) with { Tier = "t", Order = 1 });
        PolicyModel[] many = [.. Enumerable.Range(0, 9).Select(i => Policy_($"many-{i}", "app == 'many'", Allow(port: (ushort)(10 + i))) with { Order = 5 + i })];
        foreach (PolicyModel policy in many) cluster.Engine.Upsert(policy);
        cluster.Engine.Upsert(Pod("prod", "many", "10.0.0.9", Node, ("app", "many")));
        cluster.Engine.Upsert(Policy_("z", "app == 'web'", [.. Enumerable.Range(0, 30).Select(i => Allow($"app == 'web' || n == '{i}'", (ushort)(100 + i)))]));
        cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "all"), InterfaceName = "*", Labels = LabelMap.Of(("host", "one")) });
        cluster.Engine.Upsert(Policy_("host", "host == 'one'", Allow(port: 443)) with { ApplyOnForward = true });
        Plan.PolicyPlanner planner = new(DataplaneOptions.Default);
        foreach (var delta in cluster.Start()) planner.Apply(delta);
        planner.Flush();
        NodeRuleset ruleset = new(planner.Ruleset.ToTable(NftFamily.Inet, "calico"));

        Assert.Equal(["k8s/prod/many/eth0", "k8s/prod/web/eth0", "k8s/prod/web2/eth0", "k8s/prod/zdown/eth0", "*"], ruleset.Endpoints.Select(e => e.Endpoint));
        Assert.Equal([("default", "Deny", string.Join(", ", many.Select(p => p.Id.ToString()))), ("profiles", "", "")], ruleset.Endpoints[0].Walks[0].Policies.Select(t => (t.Tier, t.DefaultAction, t.Tier == "profiles" ? "" : string.Join(", ", t.Policies))).Append(("profiles", "", "")).DistinctBy(t => t.Item1));
        EndpointRules first = ruleset.Endpoints[1];
        Assert.Equal((web.InterfaceName, false, false), (first.Interface, first.IsHost, first.IsDown));
        Assert.Equal(["10.0.0.1", "fd00::1"], first.Addresses.Select(a => a.ToString()));
        WalkRules ingress = first.Walks[0];
        Assert.Equal(("ingress", PolicyShape.Maps, 2), (ingress.Direction, ingress.Shape, ingress.SharedBy));
        Assert.Equal(["t: GlobalNetworkPolicy t.b, GlobalNetworkPolicy t.a", "default: GlobalNetworkPolicy z", "profiles: kns.prod"],
            ingress.Policies.Select(t => $"{t.Tier}: {string.Join(", ", t.Policies)}"));
        Assert.Equal(["Pass", "Deny", ""], ingress.Policies.Select(t => t.DefaultAction));
        Assert.Equal(ingress.Chain, ruleset.Endpoints[2].Walks[0].Chain);
        Assert.Equal(PolicyShape.Chains, first.Walks[1].Shape);
        Assert.Contains(ingress.Rules, r => r.Rule == "GlobalNetworkPolicy z ingress[29] allow");
        Assert.True(ruleset.Endpoints[3].IsDown);
        Assert.Equal(["egress", "forward ingress", "ingress"], ruleset.Endpoints[4].Walks.Select(w => w.Direction).Order());
        Assert.Throws<ArgumentException>(() => ruleset.Explain(new NodeFlow(IPAddress.Loopback, IPAddress.IPv6Loopback, 6)));
        Assert.Throws<ArgumentException>(() => ruleset.Explain(new NodeFlow(IPAddress.Loopback, IPAddress.Loopback, 6)));
    }
}
