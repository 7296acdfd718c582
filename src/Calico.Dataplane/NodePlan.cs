using Calico.Dataplane.Kernel;
using Calico.Dataplane.Plan;
using Calico.Netlink.NfTables;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane;

/// <summary>What the dataplane makes of a cluster's policy on one node, worked out without a kernel. The node's other interface is taken to be <c>eth0</c>.</summary>
/// <param name="Node">The node.</param>
/// <param name="Table">The table <c>inet calico</c>.</param>
/// <param name="Layouts">How each list of policies is laid out.</param>
/// <param name="Endpoints">How the policies of each workload endpoint are laid out, by interface.</param>
public sealed record NodePlan(string Node, NftTable Table, IReadOnlyList<PolicyLayout> Layouts, IReadOnlyList<EndpointLayout> Endpoints)
{
    internal const string FabricInterface = "eth0";

    /// <summary>Plans a node.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="options">The dataplane's parameters.</param>
    /// <exception cref="ArgumentException">The cluster has no such node, nor an endpoint on it.</exception>
    public static NodePlan Of(ClusterState cluster, string node, DataplaneOptions? options = null)
    {
        Require(cluster, node);
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = node });
        foreach (ModelObject model in cluster.Objects) engine.Upsert(model);
        engine.MarkInSync();
        PolicyPlanner planner = new(options ?? DataplaneOptions.Default);
        planner.SetInterface(FabricInterface, cluster.Nodes.TryGetValue(node, out NodeModel? known) ? known.Addresses : []);
        foreach (PolicyDelta delta in engine.Flush()) planner.Apply(delta);
        planner.Flush();
        return new NodePlan(node, planner.Ruleset.ToTable(RulesetApplier.Table.Family, RulesetApplier.Table.Name), [.. planner.Walks.Layouts], [.. planner.Workloads.Layouts]);
    }

    /// <summary>Names of all nodes that a cluster's nodes and endpoints name, in order.</summary>
    public static IReadOnlyList<string> NodesOf(ClusterState cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return [.. cluster.Nodes.Keys.Concat(cluster.Workloads.Keys.Select(w => w.Node)).Concat(cluster.Hosts.Keys.Select(h => h.Node)).Distinct().Order(StringComparer.Ordinal)];
    }

    internal static void Require(ClusterState cluster, string node)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        if (!NodesOf(cluster).Contains(node)) throw new ArgumentException($"The cluster has no node '{node}' and no endpoint on it.", nameof(node));
    }
}
