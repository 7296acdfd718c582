using System.Collections.Concurrent;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Evaluation.Probes;
using Calico.Policy.Model;
using Calico.Tests;

namespace Calico.Policy.Tests.Netpol;

/// <summary>Clusters, policies and packets with verdicts, from the conformance folder: each case alone, and the successive states of a cluster through one engine.</summary>
public sealed class NetpolTests
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<ProbeCase>> Files = new();

    public static TheoryData<string, string> Cases() => Names(c => [c.Id]);

    public static TheoryData<string, string> Groups() => Names(c => c.SequenceGroup is { } group ? [group] : []);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Case(string file, string id)
    {
        ProbeCase probeCase = Read(file).First(c => c.Id == id);
        Assert.Null(probeCase.Error);
        Assert.NotEmpty(probeCase.Probes);
        AssertAgrees(probeCase.Run());
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Groups))]
    public void Sequence(string file, string group)
    {
        PolicyEngine engine = new();
        ActiveState active = new();
        ClusterState previous = new();
        foreach (ProbeCase step in Read(file).Where(c => c.SequenceGroup == group).OrderBy(c => c.SequenceStep))
        {
            ClusterState next = ClusterState.Of(step.ToModels());
            HashSet<object> kept = [.. next.Objects.Select(Identity)];
            foreach (ModelObject gone in previous.Objects.Where(o => !kept.Contains(Identity(o)))) engine.Remove(gone);
            foreach (ModelObject model in next.Objects) engine.Upsert(model);
            active.Apply(engine.Flush());
            previous = next;

            PolicyEvaluator evaluator = new(next, step.Options);
            ActiveEvaluator interpreter = new(active);
            Assert.Equal(next.Workloads.Count, active.Workloads.Count);
            foreach (WorkloadEndpointModel workload in next.Workloads.Values) Assert.Equal(evaluator.PoliciesOf(workload), active.Workloads[workload.Id].Policies);
            foreach (Probe probe in step.Probes)
            {
                if (!step.TryGetFlow(probe, out Flow? flow, out _)) continue;
                AssertSame(flow.Source, PolicyTypes.Egress, flow);
                AssertSame(flow.Destination, PolicyTypes.Ingress, flow);
            }

            void AssertSame(System.Net.IPAddress end, PolicyTypes direction, Flow flow)
            {
                if (next.WorkloadAt(end) is { } workload)
                    Assert.Equal(evaluator.Judge(workload, PolicyHook.Workload, direction, flow), interpreter.Judge(workload.Id, direction, flow));
            }
        }
    }

    private static void AssertAgrees(IReadOnlyList<ProbeResult> results)
    {
        ProbeResult[] wrong = [.. results.Where(r => r.Disagrees)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {results.Count}:\n{string.Join("\n", wrong.Take(5).Select(Describe))}");
    }

    private static string Describe(ProbeResult result) => result.Error is { } error
        ? $"{result.Probe}: {error}"
        : $"{result.Probe}: expected {(result.Probe.Expected == true ? "allow" : "deny")}, {result.Verdict}\n  {string.Join("\n  ", result.Verdict!.Trace)}";

    private static object Identity(ModelObject model) => model switch
    {
        PolicyModel policy => policy.Id,
        WorkloadEndpointModel workload => workload.Id,
        HostEndpointModel host => host.Id,
        ProfileModel profile => ("profile", profile.Name),
        TierModel tier => ("tier", tier.Name),
        NetworkSetModel set => ("set", set.Id),
        EndpointSliceModel slice => ("slice", slice.Id),
        NodeModel node => ("node", node.Name),
        _ => model,
    };

    private static IReadOnlyList<ProbeCase> Read(string file) =>
        Files.GetOrAdd(file, name => ProbeCase.ReadAll(File.ReadAllBytes(Path.Combine(Conformance.Folder("netpol"), name))));

    private static TheoryData<string, string> Names(Func<ProbeCase, string[]> select)
    {
        TheoryData<string, string> names = [];
        if (Conformance.Root is null && !Conformance.Required) return names;
        foreach (string path in Directory.EnumerateFiles(Conformance.Folder("netpol"), "*.json").Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileName(path);
            foreach (string name in Read(file).SelectMany(select).Distinct()) names.Add(file, name);
        }

        return names;
    }
}
