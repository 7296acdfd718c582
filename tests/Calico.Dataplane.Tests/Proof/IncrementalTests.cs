using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Dataplane.Verification;
using Calico.Netlink.NfTables;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Proof;

/// <summary>Clusters that grow and change at random, one flush a step.</summary>
public sealed class IncrementalTests
{
    [Theory]
    [InlineData(39)]
    [InlineData(31)]
    public void Found_once(int seed) => Each_step_is_one_transaction_that_leads_to_the_ruleset_of_a_fresh_start(seed);

    [Property(MaxTest = 40)]
    public void Each_step_is_one_transaction_that_leads_to_the_ruleset_of_a_fresh_start(int seed) => Run(seed, steps: 25, (state, dataplane, kernel, options) =>
    {
        NftTable fresh = new TestNetwork(state, options).TableOf(Cluster.Node);
        Assert.Empty(Differences(fresh, kernel.Table));
        Assert.Empty(Differences(dataplane.WantedTable, kernel.Table));
    });

    [Property(MaxTest = 40)]
    public void Packets_meet_what_the_evaluator_says(int seed) => Run(seed, steps: 12, (state, _, _, options) =>
    {
        PolicyEvaluator evaluator = new(state);
        TestNetwork network = new(state, options);
        foreach (Flow flow in BoundaryFlows.Of(state, 150, seed))
        {
            FlowVerdict expected = evaluator.Evaluate(flow);
            if (network.Delivers(flow) != expected.IsAllowed)
                Assert.Fail($"{options.Shape}: {flow} ({flow.State}) is {expected}, the ruleset says otherwise:\n{string.Join('\n', network.Trace)}");
        }
    });

    /// <summary>Each step is one transaction, so what the kernel has before it and after it is all there ever is; a restart may come between.</summary>
    [Property(MaxTest = 30)]
    public void At_no_moment_passes_what_both_old_and_new_policy_deny(int seed)
    {
        RandomCluster random = new(seed);
        ClusterState state = ClusterState.Of([.. Policy.Conversion.ResourceConverter.BuiltInTiers, Policy.Conversion.ResourceConverter.DefaultAllowProfile, .. new Cluster().Namespaces]);
        foreach (string node in (string[])["n1", "n2"]) state.Upsert(new NodeModel { Name = node, Addresses = [IPAddress.Parse($"172.16.0.{node[1]}")] });
        FakeKernel kernel = new();
        kernel.Interfaces.Add(new KernelInterface(2, "eth0", true, 1500, [IPAddress.Parse("172.16.0.1")]));
        List<NftTable> tables = [];
        kernel.Committed += () => tables.Add(kernel.Table);
        PolicyEvaluator evaluator = new(state, EvaluatorOptions.Default with { OnlyNode = Cluster.Node });
        for (int restart = 0; restart < 3; restart++)
        {
            Policy.Engine.PolicyEngine engine = new(new Policy.Engine.PolicyEngineOptions { NodeName = Cluster.Node });
            CalicoDataplane dataplane = new(DataplaneOptions.Default with { Shape = (PolicyShape)(Math.Abs(seed + restart) % 3), MaxChainRules = 2 }, kernel);
            Dictionary<Flow, bool> old = BoundaryFlows.Of(state, 60, seed).Distinct().ToDictionary(f => f, f => evaluator.Evaluate(f).IsAllowed);
            ModelObject[] changes = [.. Enumerable.Range(0, 4).Select(_ => random.Next())];
            foreach (ModelObject model in changes) state.Upsert(model);
            foreach (ModelObject model in state.Objects) engine.Upsert(model);
            engine.MarkInSync();
            Step(old);
            for (int step = 0; step < 5; step++)
            {
                old = BoundaryFlows.Of(state, 60, seed + step).Distinct().ToDictionary(f => f, f => evaluator.Evaluate(f).IsAllowed);
                ModelObject model = random.Next();
                state.Upsert(model);
                engine.Upsert(model);
                Step(old);
            }

            void Step(Dictionary<Flow, bool> old)
            {
                tables.Clear();
                if (kernel.Commits > 0) tables.Add(kernel.Table);
                dataplane.Apply(engine.Flush());
                Assert.Empty(dataplane.FlushAsync().AsTask().GetAwaiter().GetResult().Problems);
                foreach (NftTable table in tables)
                {
                    NodePath path = new(table, "eth0");
                    foreach ((Flow flow, bool before) in old)
                    {
                        if (!before && !evaluator.Evaluate(flow).IsAllowed && Passes(path, state, flow)) Assert.Fail($"{flow} ({flow.State}) passes, though old and new policy deny it");
                    }
                }
            }
        }
    }

    private static bool Passes(NodePath path, ClusterState state, Flow flow)
    {
        NodeEnd from = EndOf(state, flow.Source), to = EndOf(state, flow.Destination);
        return (from != NodeEnd.Elsewhere || to != NodeEnd.Elsewhere) && !(from.IsWorkload && from == to) && path.Delivers(flow, from, to);
    }

    private static NodeEnd EndOf(ClusterState state, IPAddress address)
    {
        if (state.WorkloadAt(address) is { } workload) return workload.Id.Node == Cluster.Node ? NodeEnd.Workload(workload.InterfaceName) : NodeEnd.Elsewhere;
        return state.NodeAt(address) == Cluster.Node ? NodeEnd.Host : NodeEnd.Elsewhere;
    }

    internal static void Run(int seed, int steps, Action<ClusterState, CalicoDataplane, FakeKernel, DataplaneOptions> check)
    {
        DataplaneOptions options = DataplaneOptions.Default with { Shape = (PolicyShape)(Math.Abs(seed % 3)) , MaxChainRules = 2 };
        RandomCluster random = new(seed);
        Cluster cluster = new();
        ClusterState state = ClusterState.Of([.. Policy.Conversion.ResourceConverter.BuiltInTiers, Policy.Conversion.ResourceConverter.DefaultAllowProfile, .. cluster.Namespaces]);
        foreach (string node in (string[])["n1", "n2"]) state.Upsert(new NodeModel { Name = node, Addresses = [IPAddress.Parse($"172.16.0.{node[1]}")] });
        FakeKernel kernel = new();
        kernel.Interfaces.Add(new KernelInterface(2, "eth0", true, 1500, [IPAddress.Parse("172.16.0.1")]));
        CalicoDataplane dataplane = new(options, kernel);
        cluster.Engine.MarkInSync();
        for (int step = 0; step < steps; step++)
        {
            for (int i = 0; i < 1 + step % 3; i++)
            {
                ModelObject model = random.Next();
                if (step > 5 && (seed + step + i) % 4 == 0)
                {
                    state.Remove(model);
                    cluster.Engine.Remove(model);
                }
                else
                {
                    state.Upsert(model);
                    cluster.Engine.Upsert(model);
                }
            }

            dataplane.Apply(cluster.Engine.Flush());
            int before = kernel.Commits;
            FlushReport report = dataplane.FlushAsync().AsTask().GetAwaiter().GetResult();
            Assert.Empty(report.Problems);
            Assert.InRange(kernel.Commits - before, 0, 1);
            check(state, dataplane, kernel, options);
        }
    }

    private static IEnumerable<string> Differences(NftTable wanted, NftTable have)
    {
        return NftPlanner.Plan(have, wanted).Select(c => c.Subject);
    }
}
