using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Engine;

/// <summary>
/// The deltas of one event, applied one by one: no endpoint lets a packet through on the way that its policy denies before and after; and when it is an endpoint that changes,
/// no flow gets through that is denied before and after.
/// </summary>
public sealed class StepwiseProperties
{
    [Property(MaxTest = 300, EndSize = 50)]
    public Property OneEventNeverOpensOnTheWay() => Prop.ForAll(
        ClusterGenerators.ArbitraryCluster(), Arb.From(ClusterGenerators.Object), Arb.From(ClusterGenerators.Flow.ArrayOf(25)), (objects, change, flows) => { AssertNeverOpens(objects, change, flows); });

    private static readonly string[] Peers = ["a == 'x'", "a == 'y'", "has(b)", "a == 'x' && has(b)", "all()"];

    // Policies of a few plain rules over labels that pods gain and lose: nearly every change moves members between sets.
    private static readonly Gen<PolicyModel> PlainPolicy =
        from number in Gen.Choose(1, 3)
        from selector in Gen.Elements(Peers)
        from count in Gen.Choose(1, 3)
        from actions in Gen.Elements(RuleAction.Allow, RuleAction.Deny).ArrayOf(count)
        from peers in Gen.Elements(Peers).ArrayOf(count)
        from last in Gen.Elements(RuleAction.Allow, RuleAction.Deny)
        from types in Gen.Elements(PolicyTypes.Ingress, PolicyTypes.Egress)
        select Plain(number, selector, types, [.. actions.Zip(peers), (last, "")]);

    private static readonly Gen<WorkloadEndpointModel> PlainWorkload =
        from number in Gen.Choose(1, 3)
        from a in Gen.Elements("", "x", "y")
        from b in Gen.Elements("", "z")
        select new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId("n", "k8s", $"pod{number}", "eth0"),
            Nets = [new System.Net.IPNetwork(System.Net.IPAddress.Parse($"10.0.0.{number}"), 32)],
            Labels = LabelMap.From(new Dictionary<string, string> { ["a"] = a, ["b"] = b }.Where(l => l.Value.Length > 0)),
            Profiles = ["open"],
        };

    [Property(MaxTest = 700)]
    public Property PodsThatMoveBetweenSetsAreNeverLetThroughOnTheWay() => Prop.ForAll(
        Arb.From(PlainPolicy.ListOf(3)), Arb.From(PlainWorkload.ListOf(4)),
        Arb.From(Gen.OneOf(PlainWorkload.Select(w => (ModelObject)w), PlainPolicy.Select(p => (ModelObject)p))), (policies, workloads, change) =>
        {
            ModelObject[] objects = [new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] }, .. policies, .. workloads];
            Flow[] flows = [.. from s in Enumerable.Range(1, 3) from d in Enumerable.Range(1, 3) where s != d select new Flow { Source = System.Net.IPAddress.Parse($"10.0.0.{s}"), Destination = System.Net.IPAddress.Parse($"10.0.0.{d}"), DestinationPort = 80 }];
            AssertNeverOpens(objects.ToEquatableArray(), change, flows);
        });

    [Fact]
    public void APodThatGoesFromOneDeniedSetToAnotherIsDeniedThroughout()
    {
        ModelObject[] objects =
        [
            new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] },
            Plain(1, "has(db)", PolicyTypes.Ingress, [(RuleAction.Deny, "a == 'x'"), (RuleAction.Deny, "a == 'y'"), (RuleAction.Allow, "")]),
            Pod("db", "10.0.0.1", ("db", "")),
            Pod("web", "10.0.0.2", ("a", "x")),
        ];
        Flow flow = new() { Source = System.Net.IPAddress.Parse("10.0.0.2"), Destination = System.Net.IPAddress.Parse("10.0.0.1"), DestinationPort = 80 };
        Assert.True(AssertNeverOpens(objects.ToEquatableArray(), Pod("web", "10.0.0.2", ("a", "y")), [flow]) > 2);
    }

    private static PolicyModel Plain(int number, string selector, PolicyTypes types, (RuleAction Action, string Peer)[] rules)
    {
        EquatableArray<RuleModel> models = rules.Select(r => new RuleModel
        {
            Action = r.Action,
            Source = types == PolicyTypes.Ingress ? new EntityMatch { Selector = r.Peer } : EntityMatch.Any,
            Destination = types == PolicyTypes.Egress ? new EntityMatch { Selector = r.Peer } : EntityMatch.Any,
        }).ToEquatableArray();
        return new PolicyModel
        {
            Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", $"p{number}"),
            Selector = selector,
            Types = types,
            Ingress = types == PolicyTypes.Ingress ? models : [],
            Egress = types == PolicyTypes.Egress ? models : [],
        };
    }

    private static WorkloadEndpointModel Pod(string name, string address, params (string, string)[] labels) => new()
    {
        Id = new WorkloadEndpointId("n", "k8s", name, "eth0"),
        Nets = [new System.Net.IPNetwork(System.Net.IPAddress.Parse(address), 32)],
        Labels = LabelMap.Of(labels),
        Profiles = ["open"],
    };

    private static int AssertNeverOpens(EquatableArray<ModelObject> objects, ModelObject change, Flow[] flows)
    {
        if (IsTwoChanges(objects, change)) return 0;
        PolicyEngine engine = new();
        ActiveState active = new();
        foreach (ModelObject model in objects) engine.Upsert(model);
        active.Apply(engine.Flush());
        ClusterState cluster = ClusterState.Of(objects);
        bool wholeFlows = change is WorkloadEndpointModel or NetworkSetModel or EndpointSliceModel;
        bool[] before = Judge(active, cluster, flows, wholeFlows);
        engine.Upsert(change);
        IReadOnlyList<PolicyDelta> deltas = engine.Flush();

        // A set used both to allow and to deny (or to pass), be it by policies that this very event brings, changes in one piece: which way round is a matter of chance.
        bool isMixed = HasMixedSets(active, deltas);
        List<bool[]> between = [];
        foreach (PolicyDelta delta in deltas)
        {
            active.Apply(delta);
            isMixed |= HasMixedSets(active, deltas);
            between.Add(Judge(active, cluster, flows, wholeFlows));
        }

        if (isMixed) return 0;

        bool[] after = Judge(active, cluster, flows, wholeFlows);
        for (int step = 0; step < between.Count; step++)
        {
            for (int i = 0; i < before.Length; i++)
                Assert.False(between[step][i] && !before[i] && !after[i], $"{flows[i / 3]} after {deltas[step]}\nof\n{string.Join("\n", deltas)}");
        }

        return deltas.Count;
    }

    // A policy that moves to another place, or a profile that gives other labels, while its rules change: one transaction makes that one change, single steps cannot.
    private static bool IsTwoChanges(EquatableArray<ModelObject> objects, ModelObject change) => change switch
    {
        PolicyModel now => objects.OfType<PolicyModel>().LastOrDefault(o => o.Id == now.Id) is { } before && (before.Tier, before.Order) != (now.Tier, now.Order),
        ProfileModel now => !(objects.OfType<ProfileModel>().LastOrDefault(o => o.Name == now.Name)?.Labels ?? LabelMap.Empty).Equals(now.Labels),
        _ => false,
    };

    // For each flow: at the sender, at the receiver, and at both. An endpoint that is not there (any more) lets nothing through.
    private static bool[] Judge(ActiveState active, ClusterState cluster, Flow[] flows, bool wholeFlows)
    {
        ActiveEvaluator evaluator = new(active);
        return [.. flows.SelectMany(flow =>
        {
            bool leaves = Passes(flow.Source, PolicyTypes.Egress, flow), enters = Passes(flow.Destination, PolicyTypes.Ingress, flow);
            return new[] { leaves, enters, wholeFlows && leaves && enters };
        })];

        bool Passes(System.Net.IPAddress end, PolicyTypes direction, Flow flow) =>
            cluster.WorkloadAt(end) is not { } workload || (active.Workloads.ContainsKey(workload.Id) && evaluator.Judge(workload.Id, direction, flow) == HookVerdict.Allow);
    }

    private static bool HasMixedSets(ActiveState active, IReadOnlyList<PolicyDelta> deltas) =>
        deltas.Count > 1 && deltas.OfType<IpSetDelta>().Any(d => IsMixed(active, d.Id));

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
