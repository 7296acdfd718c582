namespace Calico.Policy.Conversion;

/// <summary>Labels, prefixes and tiers that Calico gives a meaning to.</summary>
public static class CalicoNames
{
    /// <summary>The namespace of an endpoint or set; absent on those without.</summary>
    public const string NamespaceLabel = "projectcalico.org/namespace";

    /// <summary>The orchestrator of a workload endpoint, <c>k8s</c> for pods.</summary>
    public const string OrchestratorLabel = "projectcalico.org/orchestrator";

    /// <summary>The value of <see cref="OrchestratorLabel"/> on pods.</summary>
    public const string KubernetesOrchestrator = "k8s";

    /// <summary>The service account of a pod, where its name is shorter than 63 characters.</summary>
    public const string ServiceAccountLabel = "projectcalico.org/serviceaccount";

    /// <summary>The object's own name, on namespaces and service accounts.</summary>
    public const string NameLabel = "projectcalico.org/name";

    /// <summary>Prefix of labels that endpoints inherit from their namespace.</summary>
    public const string NamespaceLabelPrefix = "pcns.";

    /// <summary>Prefix of labels that endpoints inherit from their service account.</summary>
    public const string ServiceAccountLabelPrefix = "pcsa.";

    /// <summary>Prefix of the profile made from a namespace.</summary>
    public const string NamespaceProfilePrefix = "kns.";

    /// <summary>Prefix of the profile made from a service account.</summary>
    public const string ServiceAccountProfilePrefix = "ksa.";

    /// <summary>The tier of Admin cluster policies: order 1,000, passes on what they do not decide.</summary>
    public const string KubeAdminTier = "kube-admin";

    /// <summary>The tier of policies that name none: order 1,000,000, denies what they do not decide.</summary>
    public const string DefaultTier = "default";

    /// <summary>The tier of Baseline cluster policies: order 10,000,000, passes on what they do not decide.</summary>
    public const string KubeBaselineTier = "kube-baseline";

    /// <summary>Order of <see cref="KubeAdminTier"/>.</summary>
    public const double KubeAdminTierOrder = 1_000;

    /// <summary>Order of <see cref="DefaultTier"/>.</summary>
    public const double DefaultTierOrder = 1_000_000;

    /// <summary>Order of <see cref="KubeBaselineTier"/>.</summary>
    public const double KubeBaselineTierOrder = 10_000_000;

    /// <summary>Order of every Kubernetes NetworkPolicy in the default tier.</summary>
    public const double KubernetesPolicyOrder = 1_000;

    /// <summary>The namespace of objects that need one and name none.</summary>
    public const string DefaultNamespace = "default";
}
