using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Engine;

/// <summary>Whatever the way, the deltas add up to what a fresh engine computes from the end state, and to what the evaluator says.</summary>
public sealed class EngineProperties
{
    /// <summary>Tell of an object, take one away, or end the batch.</summary>
    public sealed record Step(ModelObject? Upsert, int? Remove)
    {
        public override string ToString() => Upsert?.ToString() ?? (Remove is { } index ? $"remove #{index}" : "flush");
    }

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, ClusterGenerators.Object.Select(o => new Step(o, null))),
        (2, Gen.Choose(0, 1000).Select(i => new Step(null, i))),
        (2, Gen.Constant(new Step(null, null))));

    private static Arbitrary<Step[]> Steps => Arb.From(
        AnyStep.ListOf().Select(s => s.ToArray()),
        steps => Enumerable.Range(0, steps.Length).Select(i => steps.Where((_, at) => at != i).ToArray())
            .Concat(steps.SelectMany((step, i) => step.Upsert is null ? [] : ClusterGenerators.Shrink(step.Upsert).Select(simpler => steps.Select((s, at) => at == i ? new Step(simpler, null) : s).ToArray()))));

    [Property(MaxTest = 500, EndSize = 60)]
    public Property DeltasAddUpForOneNode() => Prop.ForAll(Steps, steps => Run(steps, ClusterGenerators.Nodes[0]));

    [Property(MaxTest = 500, EndSize = 60)]
    public Property DeltasAddUpForTheCluster() => Prop.ForAll(Steps, steps => Run(steps, null));

    [Property(MaxTest = 300, EndSize = 60)]
    public Property EndpointsHaveThePoliciesTheEvaluatorGivesThem() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), objects =>
    {
        (ActiveState active, ClusterState cluster) = Compute(objects, null);
        PolicyEvaluator evaluator = new(cluster);
        foreach (WorkloadEndpointModel workload in cluster.Workloads.Values) Assert.Equal(evaluator.PoliciesOf(workload), active.Workloads[workload.Id].Policies);
        foreach (HostEndpointModel host in cluster.Hosts.Values) Assert.Equal(evaluator.PoliciesOf(host), active.Hosts[host.Id].Policies);
    });

    [Property(MaxTest = 400, EndSize = 60)]
    public Property DeltasInterpretedSayWhatTheEvaluatorSays() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Flow.ArrayOf(20)), (objects, flows) =>
    {
        (ActiveState active, ClusterState cluster) = Compute(objects, ClusterGenerators.Nodes[0]);
        PolicyEvaluator evaluator = new(cluster);
        ActiveEvaluator interpreter = new(active);
        foreach (Flow flow in flows)
        {
            foreach (PolicyTypes direction in new[] { PolicyTypes.Ingress, PolicyTypes.Egress })
            {
                foreach (WorkloadEndpointUpdate workload in active.Workloads.Values)
                    Assert.Equal(evaluator.Judge(workload.Endpoint, PolicyHook.Workload, direction, flow), interpreter.Judge(workload.Endpoint.Id, direction, flow));
                foreach (HostEndpointUpdate host in active.Hosts.Values)
                {
                    foreach (PolicyHook hook in new[] { PolicyHook.HostUntracked, PolicyHook.HostPreDnat, PolicyHook.HostNormal, PolicyHook.HostForward })
                        Assert.Equal(evaluator.Judge(host.Endpoint, hook, direction, flow), interpreter.Judge(host.Endpoint.Id, hook, direction, flow));
                }
            }
        }
    });

    private static void Run(Step[] steps, string? node)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
        ActiveState active = new();
        ClusterState cluster = new();
        foreach (Step step in steps)
        {
            if (step.Upsert is { } model)
            {
                engine.Upsert(model);
                cluster.Upsert(model);
            }
            else if (step.Remove is { } index)
            {
                ModelObject[] all = [.. cluster.Objects];
                if (all.Length == 0) continue;
                engine.Remove(all[index % all.Length]);
                cluster.Remove(all[index % all.Length]);
            }
            else
            {
                active.Apply(engine.Flush());
                AssertSame(Compute(cluster.Objects, node).Active, active);
            }
        }

        active.Apply(engine.Flush());
        AssertSame(Compute(cluster.Objects, node).Active, active);
        Assert.Empty(engine.Flush());
        foreach (ModelObject model in cluster.Objects) engine.Remove(model);
        active.Apply(engine.Flush());
        Assert.True(active.IsEmpty);
        PolicyEngineStatistics left = engine.Statistics;
        Assert.Equal(new PolicyEngineStatistics(), left);
    }

    private static (ActiveState Active, ClusterState Cluster) Compute(IEnumerable<ModelObject> objects, string? node)
    {
        ClusterState cluster = ClusterState.Of(objects);
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
        foreach (ModelObject model in cluster.Objects) engine.Upsert(model);
        ActiveState active = new();
        active.Apply(engine.Flush());
        return (active, cluster);
    }

    private static void AssertSame(ActiveState expected, ActiveState actual)
    {
        Assert.Equal(
            expected.Sets.Values.OrderBy(s => s.Id, StringComparer.Ordinal).Select(s => $"{s.Id} {s.Kind} {s.Description} {string.Join(" ", s.Members)}"),
            actual.Sets.Values.OrderBy(s => s.Id, StringComparer.Ordinal).Select(s => $"{s.Id} {s.Kind} {s.Description} {string.Join(" ", s.Members)}"));
        Assert.Equal(expected.Policies.OrderBy(p => p.Key.ToString(), StringComparer.Ordinal), actual.Policies.OrderBy(p => p.Key.ToString(), StringComparer.Ordinal));
        Assert.Equal(expected.Profiles.OrderBy(p => p.Key, StringComparer.Ordinal), actual.Profiles.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.Equal(expected.Workloads.OrderBy(w => $"{w.Key} {w.Key.Node}", StringComparer.Ordinal), actual.Workloads.OrderBy(w => $"{w.Key} {w.Key.Node}", StringComparer.Ordinal));
        Assert.Equal(expected.Hosts.OrderBy(h => h.Key.ToString(), StringComparer.Ordinal), actual.Hosts.OrderBy(h => h.Key.ToString(), StringComparer.Ordinal));
    }
}
