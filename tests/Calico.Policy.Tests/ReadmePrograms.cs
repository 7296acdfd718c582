using System.Net;
using Calico.Policy.Analysis;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Resources;
using Calico.Policy.Testing;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Calico.Policy.Tests;

/// <summary>The programs of the READMEs, so that they compile and do what they say.</summary>
public sealed class ReadmePrograms
{
    private const string Manifests = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: payments}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: dev}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: api, namespace: payments, labels: {app: api}}
        spec: {nodeName: node-1, containers: [{name: c}]}
        status: {podIPs: [{ip: 10.65.0.10}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: payments, labels: {app: db}}
        spec: {nodeName: node-1, containers: [{name: c}]}
        status: {podIPs: [{ip: 10.65.1.11}]}
        ---
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: db, namespace: payments}
        spec:
          selector: app == 'db'
          ingress:
          - action: Allow
            protocol: TCP
            source: {selector: app == 'api'}
            destination: {ports: [5432]}
        """;

    private readonly ManifestSet _manifests = new ManifestReader().Read(Manifests);

    [Fact]
    public void DecideAndExplain()
    {
        Assert.Empty(_manifests.Diagnostics);
        ClusterState cluster = ClusterState.Of(_manifests.ToModels());
        FlowVerdict verdict = new PolicyEvaluator(cluster).Evaluate(new Flow
        {
            Source = IPAddress.Parse("10.65.0.10"),
            Destination = IPAddress.Parse("10.65.1.11"),
            DestinationPort = 5432,
        });
        Assert.True(verdict.IsAllowed, string.Join("\n", verdict.Trace));
        Assert.Equal(0, verdict.DecidedBy!.RuleIndex);
        Assert.Equal("db", verdict.DecidedBy.Policy!.Value.Name);
    }

    [Fact]
    public void Assertions()
    {
        ManifestSet manifests = _manifests;
        ClusterState cluster = ClusterState.Of(manifests.ToModels());               // new ManifestReader().ReadFiles("manifests/")
        cluster.Should(Expect.Allow, "payments/api", "payments/db", 5432);
        cluster.Should(Expect.Deny, "payments/api", "payments/db", 22);             // throws with the verdict and every step that led to it
    }

    [Fact]
    public void EngineFedByHand()
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "node-1" });
        foreach (Resource resource in _manifests.Resources) engine.Upsert(resource);
        ActiveState active = new();
        active.Apply(engine.Flush());
        Assert.Single(active.Policies);
        Assert.Contains(active.Sets.Values, s => s.Members.Any(m => m.ToString() == "10.65.0.10/32"));

        engine.Remove(new ResourceId("v1", "Pod", "payments", "api"));
        IReadOnlyList<PolicyDelta> deltas = engine.Flush();
        active.Apply(deltas);
        Assert.Contains(deltas, d => d is IpSetDelta { Removed.Count: 1 });
        Assert.Contains(deltas, d => d is WorkloadEndpointRemove);
    }

    [Fact]
    public void NothingOutsidePaymentsReachesTheDatabase()
    {
        ManifestSet manifests = _manifests;
        Prop.ForAll(Arb.From(ClusterGenerators.Workload.ListOf()), added =>
        {
            ClusterState cluster = ClusterState.Of(manifests.ToModels());
            foreach (WorkloadEndpointModel pod in added)
                cluster.Upsert(pod with { Id = pod.Id with { Workload = $"dev/{pod.InterfaceName}" }, Profiles = ["kns.dev"], Labels = pod.Labels.With("projectcalico.org/namespace", "dev") });

            Reachability reachability = PolicyAnalysis.Reachability(cluster);            // all packets, not samples
            AddressClass database = reachability.ClassOf(IPAddress.Parse("10.65.1.11"));
            return reachability.Classes(IpVersion.IPv4)
                .Where(source => !source.Endpoints.Any(e => e.StartsWith("payments/", StringComparison.Ordinal)))
                .All(source => reachability[source, database].IsNone);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void DiffOfAChange()
    {
        ClusterState before = ClusterState.Of(_manifests.ToModels());
        ClusterState after = ClusterState.Of(new ManifestReader().Read(Manifests.Replace("ports: [5432]", "ports: [5432, 5433]", StringComparison.Ordinal)).ToModels());
        FlowDifference difference = Assert.Single(PolicyAnalysis.Diff(before, after).Differences);
        Assert.Equal("+ payments/api → payments/db: TCP 5433", difference.ToString());
    }

    [Fact]
    public void WithDependencyInjection()
    {
        ServiceCollection services = new();
        services.AddCalicoPolicy(o => o.NodeName = "node-1").AddKeyedCalicoPolicy("all");
        Assert.Equal(2, services.Count(s => s.ServiceType == typeof(PolicyEngine)));
        Assert.Single(services, s => s.ServiceType == typeof(PolicyMetrics));
    }
}
