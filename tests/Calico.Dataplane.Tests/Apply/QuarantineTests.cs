using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using RuleAction = Calico.Policy.Model.RuleAction;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What the kernel refuses is closed and reported; the rest applies; when it is put right, everything is.</summary>
public sealed class QuarantineTests
{
    [Fact]
    public async Task A_refused_rule_closes_its_endpoints_and_no_others()
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "good", "10.0.0.1", Node, ("app", "good")));
        cluster.Engine.Upsert(Pod("prod", "bad", "10.0.0.2", Node, ("app", "bad")));
        cluster.Engine.Upsert(Policy_("good", "app == 'good'", Allow(port: 80)));
        cluster.Engine.Upsert(Policy_("bad", "app == 'bad'", Allow(port: 666)));
        FakeKernel kernel = new() { Refuses = change => change is NftAddRule rule && rule.Rule.Comment?.StartsWith("GlobalNetworkPolicy bad", StringComparison.Ordinal) == true };
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Contains("GlobalNetworkPolicy bad", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.Contains(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment == "GlobalNetworkPolicy good ingress[0] allow"));
        NftChain closed = Assert.Single(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment?.StartsWith("quarantined", StringComparison.Ordinal) == true));
        NftElement dispatch = Assert.Single(kernel.Table.Set("workload-ingress")!.Elements, e => e.Verdict?.Chain == closed.Name);
        Assert.Contains("prod/bad", dispatch.Comment, StringComparison.Ordinal);

        kernel.Refuses = null;
        dataplane.Resync();
        Assert.Empty((await dataplane.FlushAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.Contains(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment == "GlobalNetworkPolicy bad ingress[0] allow"));
        Assert.DoesNotContain(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment?.StartsWith("quarantined", StringComparison.Ordinal) == true));
    }

    [Fact]
    public async Task A_refused_set_closes_the_chains_that_test_it()
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1", Node, ("app", "web")));
        cluster.Engine.Upsert(Policy_("deny", "app == 'web'", Allow("app == 'web'", action: RuleAction.Deny), Allow()));
        FakeKernel kernel = new() { Refuses = change => change is NftAddElements { Set.Name: var name } && name.StartsWith("ips4", StringComparison.Ordinal) };
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default with { Shape = PolicyShape.Chains }, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        Assert.NotEmpty(report.Problems);
        Assert.DoesNotContain(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment == "GlobalNetworkPolicy deny ingress[1] allow"));
    }
}
