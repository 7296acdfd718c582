using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Evaluation;

/// <summary>The evaluator against the naive model.</summary>
public sealed class EvaluatorProperties
{
    [Property(MaxTest = 600)]
    public Property EvaluatorSaysWhatTheNaiveModelSays() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Flow.ArrayOf(25)), (objects, flows) =>
    {
        PolicyEvaluator evaluator = new(ClusterState.Of(objects));
        NaiveModel naive = new(objects);
        foreach (Flow flow in flows)
        {
            FlowVerdict verdict = evaluator.Evaluate(flow);
            Assert.True(naive.Allows(flow) == verdict.IsAllowed, $"{flow} {verdict}\n{string.Join("\n", verdict.Trace)}");
        }
    });

    [Property(MaxTest = 200)]
    public Property WithoutStagedPoliciesBothVerdictsAgree() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), ClusterGenerators.ArbitraryFlow(), (objects, flow) =>
    {
        EquatableArray<ModelObject> enforced = objects.Where(o => o is not PolicyModel { IsStaged: true }).ToEquatableArray();
        FlowVerdict verdict = new PolicyEvaluator(ClusterState.Of(enforced)).Evaluate(flow);
        Assert.Equal(verdict.IsAllowed, verdict.IsAllowedWithStaged);
    });

    [Property(MaxTest = 200)]
    public Property StagedVerdictIsThatOfTheClusterWithStagedPoliciesEnforced() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), ClusterGenerators.ArbitraryFlow(), (objects, flow) =>
    {
        ClusterState cluster = ClusterState.Of(objects);
        FlowVerdict verdict = new PolicyEvaluator(cluster).Evaluate(flow);
        bool changesOrder = false;
        List<ModelObject> committed = [.. cluster.Objects.Where(o => o is not PolicyModel { IsStaged: true })];
        foreach (PolicyModel staged in cluster.Policies.Values.Where(p => p.IsStaged && p.StagedAction is StagedAction.Set or StagedAction.Delete))
        {
            PolicyKind kind = staged.Id.Kind switch
            {
                PolicyKind.StagedNetworkPolicy => PolicyKind.NetworkPolicy,
                PolicyKind.StagedGlobalNetworkPolicy => PolicyKind.GlobalNetworkPolicy,
                _ => PolicyKind.KubernetesNetworkPolicy,
            };
            PolicyId id = staged.Id with { Kind = kind };
            committed.RemoveAll(o => o is PolicyModel p && p.Id == id);
            if (staged.StagedAction == StagedAction.Set) committed.Add(staged with { Id = id });

            // The kind is the last word in the order of equals; a commit may change who is first.
            changesOrder |= cluster.Policies.Values.Any(p => p.Id != staged.Id && p.Id.Name == staged.Id.Name && p.Id.Namespace == staged.Id.Namespace);
        }

        if (!changesOrder) Assert.Equal(new NaiveModel(committed).Allows(flow), verdict.IsAllowedWithStaged);
    });

    [Property(MaxTest = 300)]
    public Property TheTraceEndsWithTheDecision() => Prop.ForAll(ClusterGenerators.ArbitraryCluster(), ClusterGenerators.ArbitraryFlow(), (objects, flow) =>
    {
        FlowVerdict verdict = new PolicyEvaluator(ClusterState.Of(objects)).Evaluate(flow);
        if (!verdict.IsAllowed) Assert.True(verdict.DecidedBy!.Outcome is TraceOutcome.Deny or TraceOutcome.EndOfTierDeny or TraceOutcome.DenyWithoutRule);
        if (verdict.Trace.Count > 0 && verdict.DecidedBy is { } decision) Assert.Same(verdict.Trace.Last(s => s.IsDecision), decision);
    });
}
