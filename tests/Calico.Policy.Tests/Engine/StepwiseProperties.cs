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
/// The deltas of a flush, applied one by one: no endpoint lets a packet through on the way that its policy denies before and after; and when it is one endpoint that changes,
/// no flow gets through that is denied before and after.
/// </summary>
public sealed class StepwiseProperties
{
    /// <summary>Tell of an object, or take away one that is there.</summary>
    public sealed record Change(ModelObject? Upsert, int Remove)
    {
        public override string ToString() => Upsert?.ToString() ?? $"remove #{Remove}";
    }

    private static readonly Gen<Change> AnyChange = Gen.Frequency(
        (4, ClusterGenerators.Object.Select(o => new Change(o, 0))), (1, Gen.Choose(0, 1000).Select(i => new Change(null, i))));

    private static Arbitrary<Change> OneChange => Arb.From(AnyChange, Shrink);

    private static Arbitrary<Change[]> SeveralChanges => Arb.From(
        from count in Gen.Choose(2, 4) from changes in AnyChange.ArrayOf(count) select changes,
        changes => Enumerable.Range(0, changes.Length).Select(i => changes.Where((_, at) => at != i).ToArray()));

    private static IEnumerable<Change> Shrink(Change change) => change.Upsert is null ? [] : ClusterGenerators.Shrink(change.Upsert).Select(o => new Change(o, 0));

    [Property(MaxTest = 150, EndSize = 40)]
    public Property OneEventNeverOpensOnTheWay() => Prop.ForAll(
        ClusterGenerators.ArbitraryCluster(), OneChange, Arb.From(ClusterGenerators.Flow.ArrayOf(10)), (objects, change, flows) => { AssertNeverOpens(objects, [change], flows); });

    [Property(MaxTest = 150, EndSize = 40)]
    public Property SeveralEventsNeverOpenOnTheWay() => Prop.ForAll(
        ClusterGenerators.ArbitraryCluster(), SeveralChanges, Arb.From(ClusterGenerators.Flow.ArrayOf(10)), (objects, changes, flows) => { AssertNeverOpens(objects, changes, flows); });

    private static readonly string[] Peers = ["a == 'x'", "a == 'y'", "has(b)", "a == 'x' && has(b)", "all()"];
    private static readonly Gen<RuleAction> Action = Gen.Elements(RuleAction.Allow, RuleAction.Deny, RuleAction.Pass);

    // Policies of a few plain rules over labels that pods gain and lose: nearly every change moves members between sets, and the sets are used both ways.
    private static readonly Gen<PolicyModel> PlainPolicy =
        from number in Gen.Choose(1, 3)
        from tier in Gen.Elements("default", "last")
        from order in Gen.Elements<double?>(1, 2)
        from selector in Gen.Elements(Peers)
        from count in Gen.Choose(1, 3)
        from actions in Action.ArrayOf(count)
        from peers in Gen.Elements(Peers).ArrayOf(count)
        from last in Action
        from types in Gen.Elements(PolicyTypes.Ingress, PolicyTypes.Egress)
        select Plain(number, selector, types, [.. actions.Zip(peers), (last, "")]) with { Tier = tier, Order = order };

    private static readonly Gen<WorkloadEndpointModel> PlainWorkload =
        from number in Gen.Choose(1, 3)
        from a in Gen.Elements("", "x", "y")
        from b in Gen.Elements("", "z")
        from profile in Gen.Elements("open", "mine")
        select new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId("n", "k8s", $"pod{number}", "eth0"),
            Nets = [new System.Net.IPNetwork(System.Net.IPAddress.Parse($"10.0.0.{number}"), 32)],
            Labels = LabelMap.From(new Dictionary<string, string> { ["a"] = a, ["b"] = b }.Where(l => l.Value.Length > 0)),
            Profiles = [profile],
        };

    // A profile that gives labels and has rules over sets: both change at once.
    private static readonly Gen<ProfileModel> PlainProfile =
        from a in Gen.Elements("x", "y")
        from actions in Action.ArrayOf(2)
        from peers in Gen.Elements(Peers).ArrayOf(2)
        select new ProfileModel
        {
            Name = "mine",
            Labels = LabelMap.Of(("a", a)),
            Ingress = actions.Zip(peers, (action, peer) => new RuleModel { Action = action, Source = new EntityMatch { Selector = peer } }).Append(new RuleModel()).ToEquatableArray(),
            Egress = [new RuleModel()],
        };

    private static readonly Gen<ModelObject> PlainObject =
        Gen.OneOf(PlainWorkload.Select(w => (ModelObject)w), PlainPolicy.Select(p => (ModelObject)p), PlainProfile.Select(p => (ModelObject)p));

    [Property(MaxTest = 1500)]
    public Property PodsThatMoveBetweenSetsAreNeverLetThroughOnTheWay() => Prop.ForAll(PlainCluster, PlainChanges(1), AssertPlain);

    [Property(MaxTest = 1500)]
    public Property SeveralMovesNeverOpenOnTheWay() => Prop.ForAll(PlainCluster, PlainChanges(3), AssertPlain);

    private static Arbitrary<EquatableArray<ModelObject>> PlainCluster => Arb.From(
        from policies in PlainPolicy.ArrayOf(3)
        from workloads in PlainWorkload.ArrayOf(4)
        from profile in PlainProfile
        select ((ModelObject[])[new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] }, profile, .. policies, .. workloads]).ToEquatableArray(),
        ClusterGenerators.Shrink);

    private static Arbitrary<Change[]> PlainChanges(int count) =>
        Arb.From(Gen.Frequency((5, PlainObject.Select(o => new Change(o, 0))), (1, Gen.Choose(0, 100).Select(i => new Change(null, i)))).ArrayOf(count));

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
        Assert.True(AssertNeverOpens(objects.ToEquatableArray(), [new Change(Pod("web", "10.0.0.2", ("a", "y")), 0)], [WebToDb]).Count > 2);
    }

    [Fact]
    public void APodThatMovesBetweenSetsUsedBothWaysIsDeniedOnTheWay()
    {
        // Allowed exactly when one of the two labels is there: the first tier passes what the second is to judge.
        PolicyModel first = Plain(1, "has(db)", PolicyTypes.Ingress, [(RuleAction.Pass, "a == 'x'"), (RuleAction.Allow, "b == 'x'"), (RuleAction.Deny, "")]) with { Tier = "first" };
        PolicyModel second = Plain(2, "has(db)", PolicyTypes.Ingress, [(RuleAction.Deny, "b == 'x'"), (RuleAction.Allow, "a == 'x'")]);
        ModelObject[] objects =
        [
            new TierModel { Name = "first", Order = 1 }, new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] },
            first, second, Pod("db", "10.0.0.1", ("db", "")), Pod("web", "10.0.0.2"),
        ];
        IReadOnlyList<PolicyDelta> deltas = AssertNeverOpens(objects.ToEquatableArray(), [new Change(Pod("web", "10.0.0.2", ("a", "x"), ("b", "x")), 0)], [WebToDb]);
        Assert.Equal(4, deltas.OfType<PolicyUpdate>().Count());

        PolicyEngine transactional = new(new PolicyEngineOptions { OneTransaction = true });
        foreach (ModelObject model in objects) transactional.Upsert(model);
        transactional.Flush();
        transactional.Upsert(Pod("web", "10.0.0.2", ("a", "x"), ("b", "x")));
        Assert.Equal(3, transactional.Flush().Count);
    }

    [Fact]
    public void ChangedRulesDenyOnlyWhatTheyCouldDecideWhileThePolicyMoves()
    {
        PolicyModel before = Plain(1, "has(db)", PolicyTypes.Ingress, [(RuleAction.Allow, "a == 'x'"), (RuleAction.Deny, "a == 'y'"), (RuleAction.Allow, "")]);
        PolicyModel after = Plain(1, "has(db)", PolicyTypes.Ingress, [(RuleAction.Allow, "a == 'x'"), (RuleAction.Deny, "has(b)"), (RuleAction.Allow, "")]) with { Order = 1 };
        ModelObject[] objects = [new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] }, before, Plain(2, "all()", PolicyTypes.Ingress, []) with { Order = 2 }, Pod("db", "10.0.0.1", ("db", "")), Pod("web", "10.0.0.2")];
        IReadOnlyList<PolicyDelta> deltas = AssertNeverOpens(objects.ToEquatableArray(), [new Change(after, 0)], [WebToDb]);
        PolicyUpdate onTheWay = deltas.OfType<PolicyUpdate>().First();
        Assert.Equal([RuleAction.Allow, RuleAction.Deny, RuleAction.Deny, RuleAction.Allow], onTheWay.Policy.Ingress.Select(r => r.Action));
    }

    [Fact]
    public void APolicyThatGoesAndComesBackWithOtherRulesComesOnceOnTheWay()
    {
        PolicyModel before = Plain(1, "has(db)", PolicyTypes.Ingress, []), after = Plain(1, "has(db)", PolicyTypes.Ingress, [(RuleAction.Allow, "a == 'x'"), (RuleAction.Allow, "")]) with { Tier = "last" };
        PolicyModel other = Plain(2, "has(db)", PolicyTypes.Ingress, [(RuleAction.Allow, "a == 'x'")]) with { Order = 1 };
        ModelObject[] objects = [new ProfileModel { Name = "open", Ingress = [new RuleModel()], Egress = [new RuleModel()] }, before, other, Pod("db", "10.0.0.1", ("db", "")), Pod("web", "10.0.0.2")];
        Change[] changes = [new Change(null, Array.IndexOf([.. ClusterState.Of(objects).Objects], before)), new Change(after, 0), new Change(Pod("web", "10.0.0.2", ("a", "x")), 0)];
        IReadOnlyList<PolicyDelta> deltas = AssertNeverOpens(objects.ToEquatableArray(), changes, [WebToDb]);
        Assert.Equal(2, deltas.OfType<PolicyUpdate>().Count(u => u.Policy.Id == before.Id));
    }

    private static Flow WebToDb => new() { Source = System.Net.IPAddress.Parse("10.0.0.2"), Destination = System.Net.IPAddress.Parse("10.0.0.1"), DestinationPort = 80 };

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

    private static void AssertPlain(EquatableArray<ModelObject> objects, Change[] changes) => AssertNeverOpens(objects, changes,
        [.. from s in Enumerable.Range(1, 3) from d in Enumerable.Range(1, 3) where s != d select new Flow { Source = System.Net.IPAddress.Parse($"10.0.0.{s}"), Destination = System.Net.IPAddress.Parse($"10.0.0.{d}"), DestinationPort = 80 }]);

    private static IReadOnlyList<PolicyDelta> AssertNeverOpens(EquatableArray<ModelObject> objects, Change[] changes, Flow[] flows)
    {
        PolicyEngine engine = new();
        ActiveState active = new();
        foreach (ModelObject model in objects) engine.Upsert(model);
        active.Apply(engine.Flush());
        ClusterState cluster = ClusterState.Of(objects);
        ModelObject[] known = [.. cluster.Objects], changed = [.. changes.Select(c => c.Upsert ?? known[c.Remove % known.Length])];
        bool wholeFlows = changed is [WorkloadEndpointModel or NetworkSetModel or EndpointSliceModel or NodeModel];
        bool[] before = Judge(active, cluster, flows, wholeFlows);
        for (int i = 0; i < changes.Length; i++)
        {
            if (changes[i].Upsert is null) engine.Remove(changed[i]);
            else engine.Upsert(changed[i]);
        }

        IReadOnlyList<PolicyDelta> deltas = engine.Flush();
        List<bool[]> between = [];
        foreach (PolicyDelta delta in deltas)
        {
            active.Apply(delta);
            between.Add(Judge(active, cluster, flows, wholeFlows));
        }

        bool[] after = between is [.., var last] ? last : before;
        for (int step = 0; step < between.Count; step++)
        {
            for (int i = 0; i < before.Length; i++)
                Assert.False(between[step][i] && !before[i] && !after[i], $"{flows[i * flows.Length / before.Length]} after {deltas[step]}\nof\n{string.Join("\n", deltas)}");
        }

        return deltas;
    }

    // For each flow: at the sender, at the receiver, at both, and at every hook of every host. A workload that is not there (any more) lets nothing through, a host everything.
    private static bool[] Judge(ActiveState active, ClusterState cluster, Flow[] flows, bool wholeFlows)
    {
        ActiveEvaluator evaluator = new(active);
        return [.. flows.SelectMany(flow =>
        {
            bool leaves = Passes(flow.Source, PolicyTypes.Egress, flow), enters = Passes(flow.Destination, PolicyTypes.Ingress, flow);
            IEnumerable<HookVerdict> hosts = from host in cluster.Hosts.Keys from hook in HostHooks from direction in new[] { PolicyTypes.Ingress, PolicyTypes.Egress }
                                             select active.Hosts.ContainsKey(host) ? evaluator.Judge(host, hook, direction, flow) : HookVerdict.Allow;
            return new[] { leaves, enters, wholeFlows && leaves && enters }.Concat(hosts.SelectMany(v => new[] { v == HookVerdict.Allow, v != HookVerdict.Deny }));
        })];

        bool Passes(System.Net.IPAddress end, PolicyTypes direction, Flow flow) =>
            cluster.WorkloadAt(end) is not { } workload || (active.Workloads.ContainsKey(workload.Id) && evaluator.Judge(workload.Id, direction, flow) == HookVerdict.Allow);
    }

    private static readonly PolicyHook[] HostHooks = [PolicyHook.HostUntracked, PolicyHook.HostPreDnat, PolicyHook.HostNormal, PolicyHook.HostForward];
}
