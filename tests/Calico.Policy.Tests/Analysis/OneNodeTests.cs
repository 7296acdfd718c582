using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Analysis;

/// <summary>One node's share of the judgement.</summary>
public sealed class OneNodeTests
{
    [Property(MaxTest = 100, EndSize = 40)]
    public Property TogetherTheNodesAreTheCluster() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Flow.ArrayOf(40)), (objects, flows) =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        PolicyEvaluator all = new(cluster);
        PolicyEvaluator[] each = [.. NodesOf(cluster).Select(n => new PolicyEvaluator(cluster, EvaluatorOptions.Default with { OnlyNode = n }))];
        foreach (Flow flow in flows)
        {
            // Packets kept out of connection tracking on one node are, in the evaluator's eyes, so on the next: only what nothing keeps out is compared.
            if (flow.State != ConntrackState.New) continue;
            Assert.Equal(all.Evaluate(flow).IsAllowed, each.All(e => e.Evaluate(flow).IsAllowed));
        }
    });

    [Property(MaxTest = 40, EndSize = 30)]
    public Property DecisionsOfANodeAreItsEvaluators() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), objects =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        foreach (string node in NodesOf(cluster))
        {
            EvaluatorOptions options = EvaluatorOptions.Default with { OnlyNode = node };
            FlowSpace space = new FlowSpaceBuilder().Add(cluster, options).Build();
            PolicyDecisions decisions = new(cluster, space, options);
            PolicyEvaluator evaluator = new(cluster, options);
            foreach (IpVersion version in (IpVersion[])[IpVersion.IPv4, IpVersion.IPv6])
            {
                IReadOnlyList<PacketClass> packets = space.PacketClasses(version);
                bool[] allowed = new bool[packets.Count];
                foreach (AddressClass source in space.AddressClasses(version))
                {
                    foreach (AddressClass destination in space.AddressClasses(version))
                    {
                        if (source == destination) continue;
                        decisions.Decide(source, destination, allowed);
                        for (int i = 0; i < packets.Count; i++)
                        {
                            Flow flow = packets[i].Example(source.Example, destination.Example);
                            if (IsLeftOut(cluster, flow, source, destination)) continue;
                            Assert.True(evaluator.Evaluate(flow).IsAllowed == allowed[i], $"{node}: {flow}");
                        }
                    }
                }
            }
        }
    });

    // What a pod sends to itself does not leave it; said of a class only where it holds no other pod (see PolicyAnalysis).
    private static bool IsLeftOut(ClusterState cluster, Flow flow, AddressClass source, AddressClass destination) =>
        AnalysisProperties.IsSelf(cluster, flow) && (source.Endpoints.Count > 1 || destination.Endpoints.Count > 1);

    private static string[] NodesOf(ClusterState cluster) => [.. cluster.Nodes.Keys.Concat(cluster.Workloads.Keys.Select(w => w.Node)).Concat(cluster.Hosts.Keys.Select(h => h.Node)).Distinct()];
}
