using Calico.Dataplane.Tests.Support;
using Calico.Policy.Evaluation;
using Calico.Tests;

namespace Calico.Dataplane.Tests.Proof;

/// <summary>Every cluster of the conformance data, compiled in both shapes: packets meet in the rulesets what the evaluator says of them.</summary>
public sealed class ConformanceTests
{
    private const int FlowsPerCluster = 400;

    public static TheoryData<string, int, string> All()
    {
        TheoryData<string, int, string> all = [];
        if (Conformance.Root is null && !Conformance.Required) return all;
        foreach ((string file, int index, string id) in NetpolCase.All()) all.Add(file, index, id);
        return all;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public void Ruleset_is_the_evaluator(string file, int index, string id)
    {
        NetpolCase cluster = NetpolCase.Read(file, index);
        Assert.Equal(id, cluster.Id);
        PolicyEvaluator evaluator = new(cluster.State, cluster.EvaluatorOptions);
        TestNetwork chains = new(cluster.State, cluster.Options with { Shape = PolicyShape.Chains });
        TestNetwork maps = new(cluster.State, cluster.Options with { Shape = PolicyShape.Maps });
        foreach (Flow flow in BoundaryFlows.Of(cluster.State, FlowsPerCluster, index))
        {
            FlowVerdict expected = evaluator.Evaluate(flow);
            foreach ((string shape, TestNetwork network) in (ReadOnlySpan<(string, TestNetwork)>)[("chains", chains), ("maps", maps)])
            {
                if (network.Delivers(flow) != expected.IsAllowed)
                    Assert.Fail($"{shape}: {flow} ({flow.State}) is {expected}, the ruleset says otherwise:\n{string.Join('\n', network.Trace)}");
            }
        }
    }
}
