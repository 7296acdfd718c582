using System.Net;
using Calico.Policy.Analysis;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Testing;

namespace Calico.Policy.Tests.Nodes;

/// <summary><c>nodes</c> peers of cluster policies: the addresses of nodes by their labels, and nothing else.</summary>
public sealed class NodePeerTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Node
        metadata: { name: edge-1, labels: { role: edge, zone: a } }
        status: { addresses: [{ type: InternalIP, address: 172.16.0.1 }, { type: Hostname, address: edge-1 }, { type: InternalIP, address: "fd00:172::1" }] }
        ---
        apiVersion: projectcalico.org/v3
        kind: Node
        metadata: { name: core-1, labels: { role: core } }
        spec: { bgp: { ipv4Address: 172.16.0.2/24 } }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop, labels: { role: edge } }
        spec: { containers: [{ name: c }] }
        status: { podIP: 10.0.0.1 }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: client, namespace: shop }
        spec: { containers: [{ name: c }] }
        status: { podIP: 10.0.0.2 }
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: edge-only }
        spec:
          tier: Admin
          priority: 1
          subject: { pods: { podSelector: { matchExpressions: [{ key: role, operator: DoesNotExist }] } } }
          egress:
          - action: Accept
            to: [{ nodes: { matchExpressions: [{ key: role, operator: In, values: [edge] }, { key: zone, operator: Exists }] } }]
          - action: Deny
            to: [{ networks: [0.0.0.0/0] }]
        """;

    [Fact]
    public void Only_addresses_of_the_selected_nodes_match()
    {
        ClusterState state = Read(Cluster);
        state.Should(Expect.Allow, "shop/client", "node:edge-1", 22);
        state.Should(Expect.Deny, "shop/client", "node:core-1", 22);
        state.Should(Expect.Deny, "shop/client", "shop/web", 80);
        Assert.Equal(3, state.Nodes.Values.Sum(n => n.Addresses.Count));
    }

    [Fact]
    public void Analysis_tells_the_nodes_apart()
    {
        ClusterState state = Read(Cluster);
        Reachability reach = PolicyAnalysis.Reachability(state);
        AddressClass client = reach.ClassOf(IPAddress.Parse("10.0.0.2"));
        Assert.False(reach[client, reach.ClassOf(IPAddress.Parse("172.16.0.1"))].IsNone);
        Assert.True(reach[client, reach.ClassOf(IPAddress.Parse("172.16.0.2"))].IsNone);
        Assert.DoesNotContain(PolicyAnalysis.Lint(state), f => f.Kind == LintKind.PeerSelectsNothing);
        state.Remove(new NodeModel { Name = "edge-1" });
        Assert.Contains(PolicyAnalysis.Lint(state), f => f.Kind == LintKind.PeerSelectsNothing && f.Message.Contains("node", StringComparison.Ordinal));
    }

    [Fact]
    public void A_label_change_of_a_node_is_a_change_of_a_set()
    {
        ClusterState state = Read(Cluster);
        PolicyEngine engine = new();
        foreach (ModelObject model in state.Objects) engine.Upsert(model);
        IpSetUpdate set = Assert.Single(engine.Flush().OfType<IpSetUpdate>(), s => s.Id.StartsWith("node:", StringComparison.Ordinal));
        Assert.Equal(["172.16.0.1/32", "fd00:172::1/128"], set.Members.Select(m => m.ToString()));

        engine.Upsert(state.Nodes["core-1"] with { Labels = LabelMap.Of(("role", "edge"), ("zone", "b")) });
        IpSetDelta added = Assert.IsType<IpSetDelta>(Assert.Single(engine.Flush()));
        Assert.Equal((set.Id, "172.16.0.2/32"), (added.Id, Assert.Single(added.Added).ToString()));

        engine.RemoveNode("edge-1");
        IpSetDelta removed = Assert.IsType<IpSetDelta>(Assert.Single(engine.Flush()));
        Assert.Equal(set.Members, removed.Removed);
        Assert.Equal(1, engine.Statistics.Nodes);
    }

    [Fact]
    public void A_policy_of_Calico_cannot_select_nodes()
    {
        ManifestSet set = new ManifestReader().Read("""
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata: { name: a }
            spec: { egress: [{ action: Allow, destination: { nodeSelector: all() } }] }
            """);
        Assert.Contains(set.Diagnostics, d => d.Severity == Severity.Error && d.Path == "spec.egress[0].destination.nodeSelector");
        Assert.Empty(((PolicyModel)set.Objects[0].ToModel()!).Egress);
    }

    private static ClusterState Read(string text)
    {
        ManifestSet manifests = new ManifestReader().Read(text);
        Assert.Empty(manifests.Diagnostics);
        return ManifestCluster.From(manifests).State;
    }
}
