using System.Net;
using Calico.Dataplane.Tests.Support;
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

    private static void Run(int seed, int steps, Action<ClusterState, CalicoDataplane, FakeKernel, DataplaneOptions> check)
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
