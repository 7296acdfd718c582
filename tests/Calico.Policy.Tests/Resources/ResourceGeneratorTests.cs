using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Resources;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Resources;

/// <summary>Policies as people write them, of every kind: valid, read back as written, and decided by the engine's deltas as by the evaluator and the naive model.</summary>
public sealed class ResourceGeneratorTests
{
    [Property(MaxTest = 200)]
    public Property Every_policy_is_valid_and_reads_back() => Prop.ForAll(ResourceGenerators.ArbitraryPolicy(), policy =>
    {
        ManifestSet read = new ManifestReader().Read(ResourceJson.Write(policy, indented: true));
        return (read.Diagnostics.Count == 0 && policy.Equals(read.Objects.Single().Resource)).Label($"{string.Join('\n', read.Diagnostics)}\n{ResourceJson.Write(policy)}");
    });

    [Property(MaxTest = 60)]
    public Property Simpler_policies_are_valid_and_end_with_one_that_has_no_rules() => Prop.ForAll(ResourceGenerators.ArbitraryPolicy(), policy =>
    {
        Resource simplest = policy;
        for (int rules = ResourceGenerators.Shrink(policy).Count(); rules > 0; rules--)
        {
            Resource[] simpler = [.. ResourceGenerators.Shrink(simplest)];
            Assert.Equal(rules, simpler.Length);
            foreach (Resource one in simpler) Assert.Empty(new ManifestReader().Read(ResourceJson.Write(one)).Diagnostics);
            simplest = simpler[0];
        }

        Assert.Empty(ResourceGenerators.Shrink(simplest));
    });

    [Property(MaxTest = 60)]
    public Property Simpler_flows_end_with_a_plain_one() => Prop.ForAll(ClusterGenerators.ArbitraryFlow(), flow =>
    {
        Flow simplest = flow;
        for (int i = 0; i < 6 && ClusterGenerators.Shrink(simplest).FirstOrDefault() is { } simpler; i++) simplest = simpler;
        Assert.Equal(new Flow { Source = flow.Source, Destination = flow.Destination, Protocol = IpProtocol.Tcp, SourcePort = 1, DestinationPort = 1, IcmpType = 0, IcmpCode = 0 }, simplest);
    });

    [Property(MaxTest = 60)]
    public Property Manifests_are_decided_alike_by_all() => Prop.ForAll(
        (from policies in ResourceGenerators.Policy.ArrayOf(4) from workloads in ClusterGenerators.Workload.ArrayOf(3) from node in ClusterGenerators.Node from flows in ClusterGenerators.Flow.ArrayOf(10) select (policies, workloads, node, flows)).ToArbitrary(),
        given =>
        {
            ClusterState state = ClusterState.Of(given.policies, out IReadOnlyList<PolicyFault> faults);
            foreach (ModelObject model in given.workloads) state.Upsert(model);
            state.Upsert(given.node);
            PolicyEngine engine = new();
            foreach (ModelObject model in state.Objects) engine.Upsert(model);
            ActiveState active = new();
            active.Apply(engine.Flush());
            PolicyEvaluator evaluator = new(state);
            ActiveEvaluator interpreter = new(active);
            NaiveModel naive = new(state.Objects);
            bool same = faults.Count == 0;
            foreach (Flow flow in given.flows)
            {
                same &= evaluator.Evaluate(flow).IsAllowed == naive.Allows(flow);
                foreach (WorkloadEndpointModel workload in state.Workloads.Values)
                    same &= evaluator.Judge(workload, PolicyHook.Workload, PolicyTypes.Egress, flow) == interpreter.Judge(workload.Id, PolicyTypes.Egress, flow);
            }

            return same.Label($"{string.Join('\n', faults)}\n{string.Join('\n', given.policies.Select(p => ResourceJson.Write(p)))}\n{string.Join('\n', given.flows.Select(f => f.ToString()))}");
        });
}
