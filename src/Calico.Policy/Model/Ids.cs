namespace Calico.Policy.Model;

/// <summary>The kind of object a policy came from: the last part of its identity in Calico's backend.</summary>
public enum PolicyKind : byte
{
    /// <summary>projectcalico.org/v3 NetworkPolicy.</summary>
    NetworkPolicy,

    /// <summary>projectcalico.org/v3 GlobalNetworkPolicy.</summary>
    GlobalNetworkPolicy,

    /// <summary>projectcalico.org/v3 StagedNetworkPolicy.</summary>
    StagedNetworkPolicy,

    /// <summary>projectcalico.org/v3 StagedGlobalNetworkPolicy.</summary>
    StagedGlobalNetworkPolicy,

    /// <summary>projectcalico.org/v3 StagedKubernetesNetworkPolicy.</summary>
    StagedKubernetesNetworkPolicy,

    /// <summary>networking.k8s.io/v1 NetworkPolicy.</summary>
    KubernetesNetworkPolicy,

    /// <summary>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy.</summary>
    KubernetesClusterNetworkPolicy,

    /// <summary>policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy.</summary>
    KubernetesAdminNetworkPolicy,

    /// <summary>policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy.</summary>
    KubernetesBaselineAdminNetworkPolicy,
}

/// <summary>Names a policy: kind, namespace and name (libcalico-go <c>model.PolicyKey</c>).</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for a cluster-wide kind.</param>
/// <param name="Name">The name.</param>
public readonly record struct PolicyId(PolicyKind Kind, string Namespace, string Name)
{
    /// <summary>True for the kinds that are evaluated but never enforced.</summary>
    public bool IsStaged => Kind is PolicyKind.StagedNetworkPolicy or PolicyKind.StagedGlobalNetworkPolicy or PolicyKind.StagedKubernetesNetworkPolicy;

    /// <summary>The short kind Felix uses in chain names and flow logs: <c>np</c>, <c>gnp</c>, <c>snp</c>, <c>sgnp</c>, <c>sknp</c>, <c>knp</c>, <c>kcnp</c>; <c>kanp</c>, <c>kbanp</c> for the two admin kinds.</summary>
    public string ShortKind => Kind switch
    {
        PolicyKind.NetworkPolicy => "np",
        PolicyKind.GlobalNetworkPolicy => "gnp",
        PolicyKind.StagedNetworkPolicy => "snp",
        PolicyKind.StagedGlobalNetworkPolicy => "sgnp",
        PolicyKind.StagedKubernetesNetworkPolicy => "sknp",
        PolicyKind.KubernetesNetworkPolicy => "knp",
        PolicyKind.KubernetesClusterNetworkPolicy => "kcnp",
        PolicyKind.KubernetesAdminNetworkPolicy => "kanp",
        _ => "kbanp",
    };

    /// <summary><c>Kind ns/name</c>, or <c>Kind name</c> for a cluster-wide policy.</summary>
    public override string ToString() => string.IsNullOrEmpty(Namespace) ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>Names a workload endpoint (libcalico-go <c>model.WorkloadEndpointKey</c>).</summary>
/// <param name="Node">The node it runs on.</param>
/// <param name="Orchestrator">The orchestrator, <c>k8s</c> for pods.</param>
/// <param name="Workload">The workload; <c>namespace/pod</c> for pods.</param>
/// <param name="Endpoint">The endpoint within the workload, usually <c>eth0</c>.</param>
public readonly record struct WorkloadEndpointId(string Node, string Orchestrator, string Workload, string Endpoint)
{
    /// <summary><c>orchestrator/workload/endpoint</c>, as Felix writes it.</summary>
    public override string ToString() => $"{Orchestrator}/{Workload}/{Endpoint}";
}

/// <summary>Names a host endpoint (libcalico-go <c>model.HostEndpointKey</c>).</summary>
/// <param name="Node">The node whose interface it is.</param>
/// <param name="Name">The HostEndpoint's name.</param>
public readonly record struct HostEndpointId(string Node, string Name)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>A namespaced name, as services and endpoint slices have.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The name.</param>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
