using Calico.Dataplane.Kernel;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using RuleAction = Calico.Policy.Model.RuleAction;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What the kernel refuses is found, closed and reported; the rest applies; when it is put right, everything is.</summary>
public sealed class QuarantineTests
{
    private static readonly DataplaneOptions Chains = DataplaneOptions.Default with { Shape = PolicyShape.Chains };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Cluster TwoPods()
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "good", "10.0.0.1", Node, ("app", "good")));
        cluster.Engine.Upsert(Pod("prod", "bad", "10.0.0.2", Node, ("app", "bad")));
        cluster.Engine.Upsert(Policy_("good", "app == 'good'", Allow(port: 80)));
        cluster.Engine.Upsert(Policy_("bad", "app == 'bad'", Allow(port: 666)));
        return cluster;
    }

    private static FakeKernel KernelOf(params string[] pods)
    {
        FakeKernel kernel = new();
        foreach (string pod in pods) kernel.Interfaces.Add(new KernelInterface(kernel.Interfaces.Count + 2, InterfaceOf("prod", pod), true, 1500, []));
        return kernel;
    }

    private static bool IsBad(NftChange change) => change is NftAddRule rule && rule.Rule.Comment?.StartsWith("GlobalNetworkPolicy bad", StringComparison.Ordinal) == true;

    private static NftTransactionException Nameless(Errno code = Errno.Invalid) => new([new NftFailure(null, new NetlinkError(code), null, 0)]);

    private static bool HasRule(FakeKernel kernel, string comment) => kernel.Table.Chains.Any(c => c.Rules.Any(r => r.Comment == comment));

    private static NftChain[] ClosedChains(FakeKernel kernel) => [.. kernel.Table.Chains.Where(c => c.Rules.Any(r => r.Comment?.StartsWith("quarantined", StringComparison.Ordinal) == true))];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_rule_closes_its_endpoints_and_no_others(bool named)
    {
        Cluster cluster = TwoPods();
        FakeKernel kernel = KernelOf("good", "bad");
        if (named) kernel.Refuses = IsBad;
        else kernel.Fails = changes => changes.Any(IsBad) ? Nameless() : null;
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(Cancelled);
        Assert.Contains("GlobalNetworkPolicy bad", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.Contains("drops everything", report.Problems[0], StringComparison.Ordinal);
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy good ingress[0] allow"));
        NftChain closed = Assert.Single(ClosedChains(kernel));
        NftElement dispatch = Assert.Single(kernel.Table.Set("workload-ingress")!.Elements, e => e.Verdict?.Chain == closed.Name);
        Assert.Contains("prod/bad", dispatch.Comment, StringComparison.Ordinal);
        Assert.Equal(EndpointState.Realised, dataplane.StatusOf(Pod("prod", "good", "10.0.0.1").Id)!.State);
        EndpointStatus failed = dataplane.StatusOf(Pod("prod", "bad", "10.0.0.2").Id)!;
        Assert.Equal(EndpointState.Failed, failed.State);
        Assert.Contains("the kernel refused", failed.Reason, StringComparison.Ordinal);
        Assert.Equal([new NftTableId(NftFamily.Inet, "calico")], kernel.Tables);

        (kernel.Refuses, kernel.Fails) = (null, null);
        dataplane.Resync();
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy bad ingress[0] allow"));
        Assert.Empty(ClosedChains(kernel));
        Assert.Equal(EndpointState.Realised, dataplane.StatusOf(failed.Endpoint)!.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_set_closes_the_chains_that_test_it(bool named)
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1", Node, ("app", "web")));
        cluster.Engine.Upsert(Policy_("deny", "app == 'web'", Allow("app == 'web'", action: RuleAction.Deny), Allow()));
        static bool refused(NftChange change) => change is NftAddElements { Set.Name: var name } && name.StartsWith("ips4", StringComparison.Ordinal);
        FakeKernel kernel = KernelOf("web");
        if (named) kernel.Refuses = refused;
        else kernel.Fails = changes => changes.Any(refused) ? Nameless() : null;
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(Cancelled);
        Assert.Contains("(app == 'web') is left out", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.False(HasRule(kernel, "GlobalNetworkPolicy deny ingress[1] allow"));
        Assert.Equal(EndpointState.Failed, dataplane.StatusOf(Pod("prod", "web", "10.0.0.1").Id)!.State);
    }

    [Fact]
    public async Task Two_offenders_that_nobody_names_are_both_found()
    {
        Cluster cluster = TwoPods();
        cluster.Engine.Upsert(Pod("prod", "third", "10.0.0.3", Node, ("app", "third")));
        cluster.Engine.Upsert(Policy_("third", "app == 'third'", Allow("app == 'good'")));
        FakeKernel kernel = KernelOf("good", "bad", "third");
        kernel.Fails = changes => changes.Any(c => IsBad(c) || c is NftAddElements { Set.Comment: "app == 'good'" }) ? Nameless() : null;
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(Cancelled);
        Assert.Equal(2, report.Problems.Count);
        Assert.Equal(2, ClosedChains(kernel).Length);
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy good ingress[0] allow"));
        EndpointState[] expected = [EndpointState.Realised, EndpointState.Failed, EndpointState.Failed];
        Assert.Equal(expected, new[] { "good", "bad", "third" }.Select(p => dataplane.StatusOf(Pod("prod", p, "10.0.0.9").Id)!.State));
    }

    [Fact]
    public async Task One_offender_among_ten_thousand_takes_a_logarithmic_number_of_transactions()
    {
        const int count = 10_000;
        NftTable table = new(NftFamily.Inet, "calico") { Chains = Enumerable.Range(0, count).Select(i => new NftChain($"c{i}") { Rules = [new NftRule([new Netlink.NfTables.Expressions.CounterExpression()])] }).ToValueList() };
        foreach (int guilty in (int[])[0, 4_999, 5_000, 7_777, count - 1])
        {
            FakeKernel kernel = new() { Fails = changes => changes.Any(c => c is NftAddRule rule && rule.Chain == $"c{guilty}") ? Nameless() : null };
            var found = await new Rehearsal(kernel, table).FindAsync([.. table.Chains.Select(c => new RulesetPart.Chain(c.Name))], Cancelled);
            Assert.Equal(new RulesetPart.Chain($"c{guilty}"), Assert.Single(found).Part);
            Assert.InRange(kernel.Commits, 14, 2 * 14 + 1);
            Assert.Empty(kernel.Tables);
        }
    }

    [Fact]
    public async Task A_chain_that_cannot_be_made_is_left_out_and_what_leads_to_it_is_closed()
    {
        FakeKernel kernel = KernelOf("good", "bad");
        Cluster cluster = TwoPods();
        string bad = "";
        kernel.Refuses = change => change is NftAddChain chain && chain.Definition.Comment?.Contains("GlobalNetworkPolicy bad", StringComparison.Ordinal) == true && (bad = chain.Definition.Name).Length > 0;
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        FlushReport report = await dataplane.FlushAsync(Cancelled);
        Assert.Contains($"Chain {bad}", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.Null(kernel.Table.Chain(bad));
        NftElement element = Assert.Single(kernel.Table.Set("workload-ingress")!.Elements, e => e.Verdict == NftVerdict.Drop);
        Assert.Contains("prod/bad", element.Comment, StringComparison.Ordinal);
        Assert.Equal(EndpointState.Failed, dataplane.StatusOf(Pod("prod", "bad", "10.0.0.2").Id)!.State);
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy good ingress[0] allow"));
    }

    [Fact]
    public async Task An_interface_that_is_refused_in_a_set_that_all_share_is_closed_alone()
    {
        FakeKernel kernel = KernelOf("good", "bad");
        string bad = InterfaceOf("prod", "bad");
        kernel.Refuses = change => change is NftAddElements { Set.DataType: not null } add && add.Elements.Any(e => e.Key == NftValue.InterfaceName(bad) && e.Verdict?.Chain is not null);
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(TwoPods().Start());
        FlushReport report = await dataplane.FlushAsync(Cancelled);
        Assert.All(report.Problems, p => Assert.StartsWith($"Interface {bad} is closed in workload-", p, StringComparison.Ordinal));
        Assert.Equal(2, report.Problems.Count);
        Assert.Equal(EndpointState.Failed, dataplane.StatusOf(Pod("prod", "bad", "10.0.0.2").Id)!.State);
        Assert.Equal(EndpointState.Realised, dataplane.StatusOf(Pod("prod", "good", "10.0.0.1").Id)!.State);
        foreach (string map in (string[])["workload-ingress", "workload-egress"])
            Assert.All(kernel.Table.Set(map)!.Elements, e => Assert.Equal(e.Key == NftValue.InterfaceName(bad), e.Verdict == NftVerdict.Drop));
    }

    [Fact]
    public async Task A_staged_policy_that_is_refused_enforces_nothing()
    {
        Cluster cluster = TwoPods();
        cluster.Engine.Upsert(new PolicyModel { Id = new PolicyId(PolicyKind.StagedGlobalNetworkPolicy, "", "trial"), Selector = "app == 'good'", Types = PolicyTypes.Ingress, Ingress = [new RuleModel { Action = RuleAction.Deny }] });
        FakeKernel kernel = KernelOf("good", "bad");
        kernel.Refuses = change => change is NftAddRule rule && rule.Rule.Comment?.StartsWith("staged StagedGlobalNetworkPolicy trial", StringComparison.Ordinal) == true && rule.Chain.Contains("-staged-", StringComparison.Ordinal);
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        Assert.Contains("does nothing", Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems), StringComparison.Ordinal);
        Assert.Empty(ClosedChains(kernel));
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy good ingress[0] allow"));
        Assert.Equal(EndpointState.Realised, dataplane.StatusOf(Pod("prod", "good", "10.0.0.1").Id)!.State);
    }

    /// <summary>When even the way to the failsafe ports is refused, nothing is open.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_closed_host_endpoint_keeps_its_failsafe_ports(bool failsafeRefused)
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h1"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "one")) });
        cluster.Engine.Upsert(Policy_("bad", "host == 'one'", Allow(port: 443)));
        FakeKernel kernel = new() { Refuses = change => IsBad(change) || (failsafeRefused && change is NftAddRule { Rule: var rule } && rule.Expressions.Any(e => e is Netlink.NfTables.Expressions.VerdictExpression { Verdict.Chain: "failsafe-in" })) };
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, kernel);
        dataplane.Apply(cluster.Start());
        Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems);
        NodeRuleset ruleset = new(kernel.Table);
        bool Passes(ushort port) => ruleset.Explain(new NodeFlow(System.Net.IPAddress.Parse("172.16.0.9"), System.Net.IPAddress.Parse("172.16.0.1"), 6) { Input = "eth0", SourcePort = 1024, DestinationPort = port }).IsAllowed;
        Assert.Equal(!failsafeRefused, Passes(22));
        Assert.False(Passes(443));
    }

    [Fact]
    public async Task A_base_chain_that_is_refused_stops_everything_except_for_address_translation()
    {
        FakeKernel kernel = KernelOf("good", "bad");
        kernel.Refuses = change => change is NftAddRule { Chain: "forward" };
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(TwoPods().Start());
        Assert.Contains("chain forward", (await Assert.ThrowsAsync<NftTransactionException>(async () => await dataplane.FlushAsync(Cancelled))).Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Tables);
        Assert.Empty(kernel.Routes);

        kernel.Refuses = change => change is NftAddRule { Chain: "nat-postrouting" };
        dataplane.SetPools([new DataplanePool(System.Net.IPNetwork.Parse("10.0.0.0/16"), NatOutgoing: true)]);
        Assert.Contains("nat-postrouting does nothing", Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems), StringComparison.Ordinal);
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy good ingress[0] allow"));
        Assert.Equal(EndpointState.Realised, dataplane.StatusOf(Pod("prod", "bad", "10.0.0.2").Id)!.State);
    }

    [Fact]
    public async Task What_cannot_be_deleted_stays_and_the_rest_applies()
    {
        Cluster cluster = TwoPods();
        FakeKernel kernel = KernelOf("good", "bad");
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(Cancelled);
        kernel.Refuses = change => change is NftDeleteChain;
        cluster.Engine.Remove(new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "bad"));
        dataplane.Apply(cluster.Engine.Flush());
        Assert.Contains("stays, unused", Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems), StringComparison.Ordinal);
        NftChain left = Assert.Single(kernel.Table.Chains, c => c.Comment?.Contains("GlobalNetworkPolicy bad", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(kernel.Table.Set("workload-ingress")!.Elements, e => e.Verdict?.Chain == left.Name);
        kernel.Refuses = null;
        dataplane.Resync();
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.Null(kernel.Table.Chain(left.Name));
    }

    [Fact]
    public async Task While_something_is_closed_other_changes_are_as_small_as_ever()
    {
        Cluster cluster = TwoPods();
        FakeKernel kernel = KernelOf("good", "bad");
        kernel.Refuses = IsBad;
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(Cancelled);
        int commits = kernel.Commits;
        cluster.Engine.Upsert(Policy_("good", "app == 'good'", Allow(port: 81)));
        dataplane.Apply(cluster.Engine.Flush());
        Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.Equal(commits + 1, kernel.Commits);
        Assert.InRange(kernel.LastChanges, 2, 6);
        Assert.Single(ClosedChains(kernel));

        cluster.Engine.Upsert(Policy_("bad", "app == 'bad'", Allow(port: 667)));
        kernel.Refuses = null;
        dataplane.Apply(cluster.Engine.Flush());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems); // changed, so tried again
        Assert.True(HasRule(kernel, "GlobalNetworkPolicy bad ingress[0] allow"));
    }
}
