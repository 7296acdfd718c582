using System.Text.Json;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Tests;

namespace Calico.Policy.Tests.Engine;

/// <summary>Datastore content → what is active on a node, whichever way it was reached.</summary>
public sealed class CalcGraphStateTests
{
    private const string Node = "localhostname";
    private static readonly Lazy<JsonElement> File = new(() =>
        JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Conformance.Folder("policy"), "calc_graph_states.json"))).RootElement);

    public static TheoryData<string> States()
    {
        TheoryData<string> states = [];
        if (Conformance.Root is not null || Conformance.Required)
        {
            foreach (JsonElement state in File.Value.GetProperty("cases").EnumerateArray()) states.Add(state.GetProperty("state").GetString()!);
        }

        return states;
    }

    public static TheoryData<int> Sequences()
    {
        TheoryData<int> sequences = [];
        if (Conformance.Root is not null || Conformance.Required)
        {
            for (int i = 0; i < File.Value.GetProperty("meta").GetProperty("sequences").GetArrayLength(); i++) sequences.Add(i);
        }

        return sequences;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(States))]
    public void Alone(string state)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = Node });
        ActiveState active = new();
        CalcGraphState.Apply(engine, new Dictionary<string, ModelObject>(), Content(state));
        active.Apply(engine.Flush());
        AssertIs(state, active);
        Assert.Empty(engine.Faults);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(States))]
    public void AfterEveryOtherState(string state)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = Node });
        ActiveState active = new();
        Dictionary<string, ModelObject> current = [];
        foreach (string other in States().Select(row => row.Data))
        {
            Step(other);
            Step(state);
        }

        void Step(string next)
        {
            Dictionary<string, ModelObject> content = Content(next);
            CalcGraphState.Apply(engine, current, content);
            current = content;
            active.Apply(engine.Flush());
            AssertIs(next, active);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Sequences))]
    public void UpstreamSequences(int index)
    {
        string[] sequence = [.. File.Value.GetProperty("meta").GetProperty("sequences")[index].EnumerateArray().Select(s => s.GetString()!)];
        foreach (bool reversedStates in new[] { false, true })
        {
            foreach (bool reversedKeys in new[] { false, true })
            {
                foreach (bool emptyBetween in new[] { false, true })
                {
                    foreach (bool squashed in new[] { false, true })
                        Run(reversedStates ? [.. sequence.Reverse()] : sequence, reversedKeys, emptyBetween, squashed);
                }
            }
        }
    }

    private static void Run(string[] states, bool reversedKeys, bool emptyBetween, bool squashed)
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = Node });
        ActiveState active = new();
        Dictionary<string, ModelObject> current = [];
        foreach (string state in states)
        {
            if (emptyBetween) Go([]);
            Go(Content(state));
            if (squashed) continue;
            active.Apply(engine.Flush());
            AssertIs(state, active);
        }

        active.Apply(engine.Flush());
        AssertIs(states[^1], active);
        Go([]);
        active.Apply(engine.Flush());
        Assert.True(active.IsEmpty);

        void Go(Dictionary<string, ModelObject> content)
        {
            CalcGraphState.Apply(engine, current, content, reversedKeys);
            current = content;
        }
    }

    private static JsonElement Case(string state) => File.Value.GetProperty("cases").EnumerateArray().First(c => c.GetProperty("state").GetString() == state);

    private static Dictionary<string, ModelObject> Content(string state) => CalcGraphState.Read(Case(state).GetProperty("datastore"));

    private static void AssertIs(string state, ActiveState active)
    {
        JsonElement expected = Case(state).GetProperty("expected");
        Assert.Equal(
            expected.GetProperty("ipSets").EnumerateArray().Select(s => $"{s.GetProperty("id").GetString()}: {Join(s.GetProperty("members"))}").Order(),
            active.Sets.Values.Select(s => $"{s.Id}: {string.Join(" ", s.Members.Select(m => m.ToString()).Order(StringComparer.Ordinal))}").Order());
        Assert.Equal(Names(expected, "activePolicies"), active.Policies.Values.Select(p => p.Id.Name).Order());
        Assert.Equal(Names(expected, "untrackedPolicies"), active.Policies.Values.Where(p => p.Untracked).Select(p => p.Id.Name).Order());
        Assert.Equal(Names(expected, "preDNATPolicies"), active.Policies.Values.Where(p => p.PreDnat).Select(p => p.Id.Name).Order());
        Assert.Equal(expected.GetProperty("activeProfiles").EnumerateArray().Select(p => p.GetString()!).Order(), active.Profiles.Keys.Order());
        Assert.Equal(
            expected.GetProperty("endpoints").EnumerateObject().Select(e => $"{e.Name} {Tiers(e.Value, "tiers")} {Tiers(e.Value, "untrackedTiers")} {Tiers(e.Value, "preDNATTiers")}").Order(),
            active.Workloads.Select(e => (Id: e.Key.ToString(), e.Value.Policies)).Concat(active.Hosts.Select(e => (Id: e.Key.ToString(), e.Value.Policies)))
                .Select(e => $"{e.Id} {Tiers(e.Policies.Tiers)} {Tiers(e.Policies.UntrackedTiers)} {Tiers(e.Policies.PreDnatTiers)}").Order());
    }

    private static IEnumerable<string> Names(JsonElement expected, string name) => expected.GetProperty(name).EnumerateArray().Select(p => p.GetProperty("name").GetString()!).Order();

    private static string Join(JsonElement texts) => string.Join(" ", texts.EnumerateArray().Select(t => t.GetString()).Order(StringComparer.Ordinal));

    private static string Tiers(JsonElement endpoint, string name) => string.Concat(endpoint.GetProperty(name).EnumerateArray().Select(t =>
        $"[{t.GetProperty("name").GetString()}: {string.Join(" ", t.GetProperty("ingress").EnumerateArray())} / {string.Join(" ", t.GetProperty("egress").EnumerateArray())}]"));

    private static string Tiers(EquatableArray<EndpointTier> tiers) => string.Concat(tiers.Select(t =>
        $"[{t.Name}: {string.Join(" ", t.Ingress.Select(p => p.Name))} / {string.Join(" ", t.Egress.Select(p => p.Name))}]"));
}
