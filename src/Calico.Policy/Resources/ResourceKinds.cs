using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Resources.Json;

namespace Calico.Policy.Resources;

/// <summary>The kinds this package knows.</summary>
public static class ResourceKinds
{
    private static readonly Dictionary<(string Group, string Kind), KindInfo> Known = [];

    static ResourceKinds()
    {
        Add<Namespace>("", isOpen: true);
        Add<Pod>("", isOpen: true);
        Add<ServiceAccount>("", isOpen: true);
        Add<Service>("", isOpen: true);
        Add<Node>("", isOpen: true);
        Add<EndpointSlice>("discovery.k8s.io", isOpen: true);
        Add<KubernetesNetworkPolicy>("networking.k8s.io");
        Add<AdminNetworkPolicy>("policy.networking.k8s.io");
        Add<BaselineAdminNetworkPolicy>("policy.networking.k8s.io");
        Add<ClusterNetworkPolicy>("policy.networking.k8s.io");
        foreach (string group in (string[])["projectcalico.org", "crd.projectcalico.org"])
        {
            Add<NetworkPolicy>(group);
            Add<GlobalNetworkPolicy>(group);
            Add<StagedNetworkPolicy>(group);
            Add<StagedGlobalNetworkPolicy>(group);
            Add<StagedKubernetesNetworkPolicy>(group);
            Add<Tier>(group);
            Add<NetworkSet>(group);
            Add<GlobalNetworkSet>(group);
            Add<HostEndpoint>(group);
            Add<WorkloadEndpoint>(group);
            Add<Profile>(group);
            Add<CalicoNode>(group, isOpen: true);
        }
    }

    /// <summary>Whether objects of this group, version and kind are read; the version does not matter.</summary>
    public static bool IsKnown(string? apiVersion, string? kind) => TryGet(apiVersion, kind, out _);

    /// <summary>Whether all fields are modelled, so that an unknown one is a mistake; core Kubernetes objects have many that policy ignores.</summary>
    internal sealed record KindInfo(Type Type, JsonTypeInfo Json, bool IsOpen);

    internal static bool TryGet(string? apiVersion, string? kind, [NotNullWhen(true)] out KindInfo? info)
    {
        int slash = apiVersion?.IndexOf('/') ?? -1;
        return Known.TryGetValue((slash < 0 ? "" : apiVersion![..slash], kind ?? ""), out info);
    }

    private static void Add<T>(string group, bool isOpen = false)
        where T : Resource, new() =>
        Known[(group, new T().Kind)] = new KindInfo(typeof(T), ResourceJsonOptions.Of<T>(), isOpen);
}
