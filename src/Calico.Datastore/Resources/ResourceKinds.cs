using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Calico.Datastore;

/// <summary>Every kind the datastore knows. Calico's are kept under Calico's own keys; Kubernetes' kinds, for which Calico's etcd layout has no place, under <c>/kubernetes/</c>.</summary>
public static class ResourceKinds
{
    internal const string CalicoApi = "projectcalico.org/v3";
    private const string CalicoRoot = "/calico/resources/v3/projectcalico.org/";
    private const string KubernetesRoot = "/kubernetes/";

    /// <summary>BGP settings: <c>default</c> and <c>node.NAME</c>.</summary>
    public static ResourceKind BGPConfiguration { get; } = Calico("BGPConfiguration", "bgpconfigurations", "bgpconfig", "bgpconfigs");

    /// <summary>Route filters that peers name.</summary>
    public static ResourceKind BGPFilter { get; } = Calico("BGPFilter", "bgpfilters");

    /// <summary>BGP peers.</summary>
    public static ResourceKind BGPPeer { get; } = Calico("BGPPeer", "bgppeers", "bgpp", "bgpps", "bp", "bps");

    /// <summary>Block affinities as API objects. In etcd real affinities live under IPAM's own keys.</summary>
    public static ResourceKind BlockAffinity { get; } = Calico("BlockAffinity", "blockaffinities", "affinity", "affinities");

    /// <summary>BGP state of a node.</summary>
    public static ResourceKind CalicoNodeStatus { get; } = Calico("CalicoNodeStatus", "caliconodestatuses", "caliconodestatus");

    /// <summary>The singleton <c>default</c>: cluster GUID, version, lock.</summary>
    public static ResourceKind ClusterInformation { get; } = Calico("ClusterInformation", "clusterinformations", "clusterinfo", "clusterinfos");

    /// <summary>Felix settings: <c>default</c> and <c>node.NAME</c>.</summary>
    public static ResourceKind FelixConfiguration { get; } = Calico("FelixConfiguration", "felixconfigurations", "felixconfig", "felixconfigs");

    /// <summary>Cluster-wide policies.</summary>
    public static ResourceKind GlobalNetworkPolicy { get; } = Calico("GlobalNetworkPolicy", "globalnetworkpolicies", "gnp", "gnps");

    /// <summary>Cluster-wide sets of networks.</summary>
    public static ResourceKind GlobalNetworkSet { get; } = Calico("GlobalNetworkSet", "globalnetworksets", "gns");

    /// <summary>Interfaces of nodes that policy protects.</summary>
    public static ResourceKind HostEndpoint { get; } = Calico("HostEndpoint", "hostendpoints", "hep", "heps");

    /// <summary>IPAM settings as an API object.</summary>
    public static ResourceKind IPAMConfiguration { get; } = Calico("IPAMConfiguration", "ipamconfigurations", "ipamconfig", "ipamconfigs");

    /// <summary>Address pools.</summary>
    public static ResourceKind IPPool { get; } = Calico("IPPool", "ippools", "ipp", "ipps", "pool", "pools");

    /// <summary>Addresses never assigned automatically.</summary>
    public static ResourceKind IPReservation { get; } = Calico("IPReservation", "ipreservations", "ipr", "iprs");

    /// <summary>Settings of the controllers.</summary>
    public static ResourceKind KubeControllersConfiguration { get; } = Calico("KubeControllersConfiguration", "kubecontrollersconfigurations", "kcconfig", "kcconfigs");

    /// <summary>Calico's nodes.</summary>
    public static ResourceKind Node { get; } = Calico("Node", "nodes", "no", "nos");

    /// <summary>Labels and rules that endpoints inherit.</summary>
    public static ResourceKind Profile { get; } = Calico("Profile", "profiles", "pro", "pros");

    /// <summary>Cluster-wide policies that are only observed.</summary>
    public static ResourceKind StagedGlobalNetworkPolicy { get; } = Calico("StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies", "sgnp", "sgnps");

    /// <summary>Tiers of policies.</summary>
    public static ResourceKind Tier { get; } = Calico("Tier", "tiers");

    /// <summary>Live migrations of virtual machines.</summary>
    public static ResourceKind LiveMigration { get; } = CalicoNamespaced("LiveMigration", "livemigrations");

    /// <summary>Calico's namespaced policies.</summary>
    public static ResourceKind NetworkPolicy { get; } = CalicoNamespaced("NetworkPolicy", "networkpolicies", "np", "nps", "policy", "policies");

    /// <summary>Namespaced sets of networks.</summary>
    public static ResourceKind NetworkSet { get; } = CalicoNamespaced("NetworkSet", "networksets", "netset", "netsets");

    /// <summary>Kubernetes policies that are only observed.</summary>
    public static ResourceKind StagedKubernetesNetworkPolicy { get; } = CalicoNamespaced("StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies", "sknp", "sknps");

    /// <summary>Namespaced policies that are only observed.</summary>
    public static ResourceKind StagedNetworkPolicy { get; } = CalicoNamespaced("StagedNetworkPolicy", "stagednetworkpolicies", "snp", "snps");

    /// <summary>Interfaces of workloads.</summary>
    public static ResourceKind WorkloadEndpoint { get; } = CalicoNamespaced("WorkloadEndpoint", "workloadendpoints", "wep", "weps");

    /// <summary>Kubernetes namespaces.</summary>
    public static ResourceKind Namespace { get; } = Kubernetes("v1", "Namespace", "namespaces", namespaced: false, "ns");

    /// <summary>Kubernetes' nodes; not Calico's <see cref="Node"/>.</summary>
    public static ResourceKind KubernetesNode { get; } = Kubernetes("v1", "Node", "nodes", namespaced: false);

    /// <summary>Pods.</summary>
    public static ResourceKind Pod { get; } = Kubernetes("v1", "Pod", "pods", namespaced: true, "po");

    /// <summary>Services.</summary>
    public static ResourceKind Service { get; } = Kubernetes("v1", "Service", "services", namespaced: true, "svc");

    /// <summary>Service accounts.</summary>
    public static ResourceKind ServiceAccount { get; } = Kubernetes("v1", "ServiceAccount", "serviceaccounts", namespaced: true, "sa");

    /// <summary>Secrets, for BGP passwords.</summary>
    public static ResourceKind Secret { get; } = Kubernetes("v1", "Secret", "secrets", namespaced: true);

    /// <summary>Addresses behind services.</summary>
    public static ResourceKind EndpointSlice { get; } = Kubernetes("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", namespaced: true);

    /// <summary>Kubernetes' network policies; not Calico's <see cref="NetworkPolicy"/>.</summary>
    public static ResourceKind KubernetesNetworkPolicy { get; } = Kubernetes("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", namespaced: true, "knp", "netpol");

    /// <summary>Kubernetes' cluster network policies.</summary>
    public static ResourceKind ClusterNetworkPolicy { get; } = Kubernetes("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "clusternetworkpolicies", namespaced: false, "cnp");

    /// <summary>Kubernetes' admin network policies, the older form.</summary>
    public static ResourceKind AdminNetworkPolicy { get; } = Kubernetes("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "adminnetworkpolicies", namespaced: false, "anp");

    /// <summary>Kubernetes' baseline admin network policy, the older form.</summary>
    public static ResourceKind BaselineAdminNetworkPolicy { get; } = Kubernetes("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies", namespaced: false, "banp");

    /// <summary>All of them; where two have the same name, Calico's comes first.</summary>
    public static IReadOnlyList<ResourceKind> All { get; } =
    [
        BGPConfiguration, BGPFilter, BGPPeer, BlockAffinity, CalicoNodeStatus, ClusterInformation, FelixConfiguration, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint,
        IPAMConfiguration, IPPool, IPReservation, KubeControllersConfiguration, Node, Profile, StagedGlobalNetworkPolicy, Tier,
        LiveMigration, NetworkPolicy, NetworkSet, StagedKubernetesNetworkPolicy, StagedNetworkPolicy, WorkloadEndpoint,
        Namespace, KubernetesNode, Pod, Service, ServiceAccount, Secret, EndpointSlice,
        KubernetesNetworkPolicy, ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy,
    ];

    private static readonly FrozenDictionary<(string Group, string Kind), ResourceKind> ByKind =
        All.ToFrozenDictionary(k => (k.Group, k.Kind));

    private static readonly FrozenDictionary<string, ResourceKind> ByPrefix = All.ToFrozenDictionary(k => k.KeyPrefix, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ResourceKind> ByWord = Words();

    /// <summary>The kind of an object with these two fields. Another version of a known group is the same kind.</summary>
    /// <param name="apiVersion">For example <c>projectcalico.org/v3</c>.</param>
    /// <param name="kind">For example <c>IPPool</c>, exactly spelled.</param>
    /// <param name="found">The kind.</param>
    public static bool TryFind(string apiVersion, string kind, [NotNullWhen(true)] out ResourceKind? found)
    {
        ArgumentNullException.ThrowIfNull(apiVersion);
        string group = apiVersion.LastIndexOf('/') is > 0 and int slash ? apiVersion[..slash] : "";
        if (group == "crd.projectcalico.org") group = "projectcalico.org";
        return ByKind.TryGetValue((group, kind), out found);
    }

    /// <summary>The kind a person means: singular, plural or short, in any letter case, optionally with <c>.group</c> (<c>networkpolicies.networking.k8s.io</c>).</summary>
    public static bool TryFindByWord(string word, [NotNullWhen(true)] out ResourceKind? found)
    {
        ArgumentNullException.ThrowIfNull(word);
        return ByWord.TryGetValue(word.ToLowerInvariant(), out found);
    }

    internal static bool TryFindByPrefix(string prefix, [NotNullWhen(true)] out ResourceKind? found) => ByPrefix.TryGetValue(prefix, out found);

    private static FrozenDictionary<string, ResourceKind> Words()
    {
        Dictionary<string, ResourceKind> words = new(StringComparer.Ordinal);
        foreach (ResourceKind kind in All)
        {
            string singular = kind.Kind.ToLowerInvariant();
            foreach (string word in (string[])[singular, kind.Plural, .. kind.ShortNames])
            {
                words.TryAdd(word, kind);
                if (kind.Group.Length > 0) words.TryAdd($"{word}.{kind.Group}", kind);
            }
        }

        return words.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static ResourceKind Calico(string kind, string plural, params string[] shortNames) =>
        new(CalicoApi, kind, plural, namespaced: false, $"{CalicoRoot}{plural}/", shortNames);

    private static ResourceKind CalicoNamespaced(string kind, string plural, params string[] shortNames) =>
        new(CalicoApi, kind, plural, namespaced: true, $"{CalicoRoot}{plural}/", shortNames);

    private static ResourceKind Kubernetes(string apiVersion, string kind, string plural, bool namespaced, params string[] shortNames)
    {
        int slash = apiVersion.LastIndexOf('/');
        string group = slash < 0 ? "core" : apiVersion[..slash];
        return new(apiVersion, kind, plural, namespaced, $"{KubernetesRoot}{group}/{plural}/", shortNames);
    }
}
