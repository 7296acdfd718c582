using System.Text.Json.Nodes;
using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>The columns of each kind's tables, calicoctl's where it has them.</summary>
internal static class ResourceColumns
{
    private const int LongList = 80;

    private static readonly Column Name = new("NAME", r => r.Name);
    private static readonly Column Space = new("NAMESPACE", r => r.Namespace);
    private static readonly Column Labels = new("LABELS", r => TableCells.Join(r.Metadata["labels"], ",", LongList));

    private static readonly Dictionary<ResourceKind, (Column[] Table, Column[] Wide)> Tables = new()
    {
        [ResourceKinds.IPPool] = (
            [Name, Of("CIDR", "cidr"), Of("SELECTOR", "nodeSelector", "all()")],
            [Name, Of("CIDR", "cidr"), Of("NAT", "natOutgoing", "false"), Of("IPIPMODE", "ipipMode", "Never"), Of("VXLANMODE", "vxlanMode", "Never"), Of("DISABLED", "disabled", "false"),
                Of("DISABLEBGPEXPORT", "disableBGPExport", "false"), Of("SELECTOR", "nodeSelector", "all()"), Of("ASSIGNMENTMODE", "assignmentMode", "Automatic")]),
        [ResourceKinds.BGPPeer] = Same(Name, Of("PEERIP", "peerIP"), new("NODE", PeerNode), Of("ASN", "asNumber", "0")),
        [ResourceKinds.BGPConfiguration] = Same(Name, Of("LOGSEVERITY", "logSeverityScreen"), Of("MESHENABLED", "nodeToNodeMeshEnabled", "-"), Of("ASNUMBER", "asNumber", "-")),
        [ResourceKinds.BGPFilter] = Same(Name, Count("NUMEXPORTV4", "exportV4"), Count("NUMIMPORTV4", "importV4"), Count("NUMEXPORTV6", "exportV6"), Count("NUMIMPORTV6", "importV6")),
        [ResourceKinds.Node] = ([Name], [Name, new("ASN", r => TableCells.Scalar(r.Spec["bgp"]?["asNumber"]) is { Length: > 0 } asn ? asn : r.Spec["bgp"] is null ? "" : "(64512)"), Bgp("IPV4", "ipv4Address"), Bgp("IPV6", "ipv6Address")]),
        [ResourceKinds.WorkloadEndpoint] = (
            [new("WORKLOAD", Workload), Of("NODE", "node"), List("NETWORKS", "ipNetworks"), Of("INTERFACE", "interfaceName")],
            [Name, new("WORKLOAD", Workload), Of("NODE", "node"), List("NETWORKS", "ipNetworks"), Of("INTERFACE", "interfaceName"), List("PROFILES", "profiles"), List("NATS", "ipNATs")]),
        [ResourceKinds.HostEndpoint] = ([Name, Of("NODE", "node")], [Name, Of("NODE", "node"), Of("INTERFACE", "interfaceName"), List("IPS", "expectedIPs"), List("PROFILES", "profiles")]),
        [ResourceKinds.NetworkPolicy] = Policy(),
        [ResourceKinds.GlobalNetworkPolicy] = Policy(),
        [ResourceKinds.StagedNetworkPolicy] = Policy(),
        [ResourceKinds.StagedGlobalNetworkPolicy] = Policy(),
        [ResourceKinds.Tier] = Same(Name, Of("ORDER", "order", "<nil>")),
        [ResourceKinds.Profile] = ([Name], [Name, List("LABELS", "labelsToApply")]),
        [ResourceKinds.IPReservation] = ([Name], [Name, Cut("CIDRS", "reservedCIDRs")]),
        [ResourceKinds.NetworkSet] = ([Name], [Name, Cut("NETS", "nets")]),
        [ResourceKinds.GlobalNetworkSet] = ([Name], [Name, Cut("NETS", "nets")]),
        [ResourceKinds.ClusterInformation] = Same(Name, Of("CLUSTERGUID", "clusterGUID"), Of("CLUSTERTYPE", "clusterType"), Of("CALICOVERSION", "calicoVersion"), Of("DATASTOREREADY", "datastoreReady")),
        [ResourceKinds.Pod] = ([Name, Of("NODE", "nodeName"), new("IPS", PodAddresses)], [Name, Of("NODE", "nodeName"), new("IPS", PodAddresses), new("PHASE", r => TableCells.Scalar(r.Json["status"]?["phase"])), Labels]),
        [ResourceKinds.Namespace] = ([Name], [Name, Labels]),
        [ResourceKinds.KubernetesNode] = ([Name], [Name, Labels]),
        [ResourceKinds.Service] = Same(Name, Of("TYPE", "type", "ClusterIP"), Of("CLUSTERIP", "clusterIP")),
    };

    /// <summary>The columns of a kind; with objects of several namespaces the namespace comes first.</summary>
    public static IReadOnlyList<Column> Of(ResourceKind kind, bool wide, bool allNamespaces)
    {
        (Column[] table, Column[] full) = Tables.GetValueOrDefault(kind, ([Name], [Name, Labels]));
        Column[] columns = wide ? full : table;
        return kind.IsNamespaced && (allNamespaces || wide) ? [Space, .. columns] : columns;
    }

    /// <summary>A column by its heading.</summary>
    public static Column Find(ResourceKind kind, string heading) =>
        Of(kind, wide: true, allNamespaces: true).FirstOrDefault(c => c.Heading.Equals(heading, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandException($"Unknown output column '{heading}' of {kind.Kind}; it has {string.Join(", ", Of(kind, true, true).Select(c => c.Heading))}.");

    private static (Column[] Table, Column[] Wide) Same(params Column[] columns) => (columns, columns);

    private static (Column[] Table, Column[] Wide) Policy() =>
        ([Name, Of("TIER", "tier", "default")], [Name, Of("TIER", "tier", "default"), Of("ORDER", "order", "<nil>"), Of("SELECTOR", "selector")]);

    private static Column Of(string heading, string field, string missing = "") =>
        new(heading, r => TableCells.Join(r.Json["spec"]?[field]) is { Length: > 0 } text ? text : missing);

    private static Column List(string heading, string field) => new(heading, r => TableCells.Join(r.Json["spec"]?[field]));

    private static Column Cut(string heading, string field) => new(heading, r => TableCells.Join(r.Json["spec"]?[field], ",", LongList));

    private static Column Count(string heading, string field) => new(heading, r => $"{(r.Json["spec"]?[field] as JsonArray)?.Count ?? 0}");

    private static Column Bgp(string heading, string field) => new(heading, r => TableCells.Scalar(r.Json["spec"]?["bgp"]?[field]));

    private static string PeerNode(Resource peer) =>
        TableCells.Scalar(peer.Spec["node"]) is { Length: > 0 } node ? node : TableCells.Scalar(peer.Spec["nodeSelector"]) is { Length: > 0 } selector ? selector : "(global)";

    private static string Workload(Resource endpoint) =>
        TableCells.Scalar(endpoint.Spec["workload"]) is { Length: > 0 } workload ? workload : TableCells.Scalar(endpoint.Spec["pod"]);

    private static string PodAddresses(Resource pod) =>
        pod.Json["status"]?["podIPs"] is JsonArray addresses ? string.Join(',', addresses.Select(a => TableCells.Scalar(a?["ip"]))) : TableCells.Scalar(pod.Json["status"]?["podIP"]);
}

/// <summary>A column of a table.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Cell">An object's cell.</param>
internal sealed record Column(string Heading, Func<Resource, string> Cell);
