using System.Diagnostics.Metrics;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Testing;

namespace Calico.Policy.Tests.Engine;

/// <summary>Resources as people write them, good and bad, through the engine.</summary>
public sealed class ResourceFeedTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {team: red}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1, serviceAccountName: default, containers: [{name: c}]}
        status: {podIPs: [{ip: 10.0.0.1}]}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: default, namespace: shop}
        """;

    private const string Policy = """
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: web, namespace: shop}
        spec:
          selector: app == 'web'
          ingress: [{action: Allow, protocol: TCP, source: {selector: SELECTOR}}]
        """;

    [Fact]
    public void ABadVersionKeepsTheLastGoodOneInForce()
    {
        PolicyEngine engine = Engine(Cluster);
        Assert.Empty(engine.Upsert(Read(Policy.Replace("SELECTOR", "app == 'a'", StringComparison.Ordinal))));
        ActiveState active = new();
        active.Apply(engine.Flush());
        string good = Assert.Single(active.Policies.Values).Ingress[0].Source.Selector;

        IReadOnlyList<PolicyFault> faults = engine.Upsert(Read(Policy.Replace("SELECTOR", "\"app = 'a'\"", StringComparison.Ordinal)));
        Assert.Contains(faults, f => f.Subject == "NetworkPolicy shop/web" && f.Place.Contains("ingress[0]", StringComparison.Ordinal) && f.Message.Contains("last valid version", StringComparison.Ordinal));
        Assert.Equal(faults, engine.Faults);
        Assert.Empty(engine.Flush());

        Assert.Empty(engine.Upsert(Read(Policy.Replace("SELECTOR", "app == 'b'", StringComparison.Ordinal))));
        active.Apply(engine.Flush());
        Assert.Empty(engine.Faults);
        Assert.NotEqual(good, Assert.Single(active.Policies.Values).Ingress[0].Source.Selector);
    }

    [Fact]
    public void WithoutAGoodVersionItFailsClosed()
    {
        PolicyEngine engine = Engine(Cluster);
        Assert.NotEmpty(engine.Upsert(Read(Policy.Replace("SELECTOR", "\"app = 'a'\"", StringComparison.Ordinal))));
        ActiveState active = new();
        active.Apply(engine.Flush());
        WorkloadEndpointId web = Assert.Single(active.Workloads).Key;
        Flow flow = new() { Source = System.Net.IPAddress.Parse("10.0.0.9"), Destination = System.Net.IPAddress.Parse("10.0.0.1"), DestinationPort = 80 };
        Assert.Equal(HookVerdict.Deny, new ActiveEvaluator(active).Judge(web, PolicyTypes.Ingress, flow));
    }

    [Fact]
    public void APodThatMovesLeavesItsOldEndpointBehind()
    {
        PolicyEngine engine = Engine(Cluster);
        ActiveState active = new();
        active.Apply(engine.Flush());
        engine.Upsert(Read(Cluster.Split("---")[1].Replace("nodeName: n1", "nodeName: n2", StringComparison.Ordinal)));
        active.Apply(engine.Flush());
        Assert.Equal("n2", Assert.Single(active.Workloads).Key.Node);
        engine.Remove(new ResourceId("v1", "Pod", "shop", "web"));
        active.Apply(engine.Flush());
        Assert.Empty(active.Workloads);
    }

    [Fact]
    public void BuiltInTiersComeWithTheFirstResource()
    {
        PolicyEngine engine = Engine(Cluster);
        engine.Flush();
        Assert.Equal(3, engine.Statistics.Tiers);
    }

    [Fact]
    public void MetricsSayWhatTheEngineHolds()
    {
        using PolicyMetrics metrics = new();
        Dictionary<string, long> seen = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == PolicyMetrics.Name) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => { lock (seen) seen[instrument.Name] = Math.Max(value, seen.GetValueOrDefault(instrument.Name)); });
        listener.Start();
        PolicyEngine engine = new(null, null, metrics);
        foreach (Resource resource in new ManifestReader().Read(Cluster).Resources) engine.Upsert(resource);
        engine.Flush();
        listener.RecordObservableInstruments();
        Assert.True(seen["calico.policy.endpoints"] >= 1);
    }

    [Fact]
    public void AssertionsTellTheWholeStory()
    {
        ClusterState cluster = ClusterState.Of(new ManifestReader().Read($"{Cluster}\n---\n{Policy.Replace("SELECTOR", "app == 'a'", StringComparison.Ordinal)}").Resources, out _);
        cluster.Should(Expect.Deny, "10.0.0.9", "shop/web", 80);
        PolicyAssertionException failure = Assert.Throws<PolicyAssertionException>(() => cluster.Should(Expect.Allow, "10.0.0.9", "shop/web", 80));
        Assert.Contains("NetworkPolicy shop/web", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => cluster.Should(Expect.Allow, "shop/nobody", "shop/web", 80));
    }

    private static PolicyEngine Engine(string manifests)
    {
        PolicyEngine engine = new();
        foreach (Resource resource in new ManifestReader().Read(manifests).Resources) engine.Upsert(resource);
        return engine;
    }

    private static Resource Read(string manifest) => Assert.Single(new ManifestReader().Read(manifest).Objects).Resource!;
}
