using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Engine;

/// <summary>The deltas of one event, applied one by one, never let a packet through that is denied before and after.</summary>
public sealed class StepwiseProperties
{
    [Property(MaxTest = 300, EndSize = 50)]
    public Property OneEventNeverOpensOnTheWay() => Prop.ForAll(
        ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Object), Arb.From(ClusterGenerators.Flow.ArrayOf(25)), (objects, change, flows) =>
        {
            PolicyEngine engine = new();
            ActiveState active = new();
            foreach (ModelObject model in objects) engine.Upsert(model);
            active.Apply(engine.Flush());
            bool[] before = Judge(active, objects, flows);
            engine.Upsert(change);
            IReadOnlyList<PolicyDelta> deltas = engine.Flush();

            // A set used both to allow and to deny (or to pass) changes in one piece: which way round is a matter of chance.
            if (deltas.OfType<IpSetDelta>().Count() > 1 && deltas.OfType<IpSetDelta>().Any(d => IsMixed(active, d.Id))) return;
            List<bool[]> between = [];
            foreach (PolicyDelta delta in deltas)
            {
                active.Apply(delta);
                between.Add(Judge(active, objects, flows));
            }

            bool[] after = Judge(active, objects, flows);
            for (int step = 0; step < between.Count; step++)
            {
                for (int i = 0; i < flows.Length; i++)
                    Assert.False(between[step][i] && !before[i] && !after[i], $"{flows[i]} after {deltas[step]}\nof\n{string.Join("\n", deltas)}");
            }
        });

    // Policy at both ends; an endpoint that is not there (any more) lets nothing through.
    private static bool[] Judge(ActiveState active, EquatableArray<ModelObject> objects, Flow[] flows)
    {
        ClusterState cluster = ClusterState.Of(objects);
        ActiveEvaluator evaluator = new(active);
        return Array.ConvertAll(flows, flow => Passes(flow.Source, PolicyTypes.Egress, flow) && Passes(flow.Destination, PolicyTypes.Ingress, flow));

        bool Passes(System.Net.IPAddress end, PolicyTypes direction, Flow flow) =>
            cluster.WorkloadAt(end) is not { } workload || (active.Workloads.ContainsKey(workload.Id) && evaluator.Judge(workload.Id, direction, flow) == HookVerdict.Allow);
    }

    private static bool IsMixed(ActiveState active, string id)
    {
        bool opens = false, closes = false;
        foreach (ActiveRule rule in active.Policies.Values.Where(p => !p.Id.IsStaged).SelectMany(p => p.Ingress.Concat(p.Egress)).Concat(active.Profiles.Values.SelectMany(p => p.Ingress.Concat(p.Egress))))
        {
            bool positive = Uses(rule.Source, id, positive: true) || Uses(rule.Destination, id, positive: true);
            bool negative = Uses(rule.Source, id, positive: false) || Uses(rule.Destination, id, positive: false);
            opens |= (positive && rule.Action == RuleAction.Allow) || (negative && rule.Action == RuleAction.Deny) || ((positive || negative) && rule.Action == RuleAction.Pass);
            closes |= (positive && rule.Action == RuleAction.Deny) || (negative && rule.Action == RuleAction.Allow) || ((positive || negative) && rule.Action == RuleAction.Pass);
        }

        return opens && closes;
    }

    private static bool Uses(ActiveMatch match, string id, bool positive) => positive
        ? match.IpSets.Contains(id) || match.NamedPortSets.Contains(id) || match.AddressPortSets.Contains(id)
        : match.NotIpSets.Contains(id) || match.NotNamedPortSets.Contains(id);
}
