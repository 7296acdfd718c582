using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>
/// Checks resources by the rules of Calico's and Kubernetes' APIs: field validators, CRD schemas and their cross-field rules.
/// What needs the rest of the cluster (does the tier exist?) is for lint.
/// </summary>
public static class ResourceValidator
{
    /// <summary>Every rule that is broken; empty when the resource is valid.</summary>
    public static IReadOnlyList<ValidationError> Validate(Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Checks checks = new();
        NameRules.Check(resource, checks);
        switch (resource)
        {
            case NetworkPolicy policy: PolicyChecks.Check(policy.Spec, checks); break;
            case GlobalNetworkPolicy policy: PolicyChecks.Check(policy.Spec, checks); break;
            case StagedNetworkPolicy policy:
                PolicyChecks.Check(policy.Spec, checks);
                PolicyChecks.Staged(policy.Spec.StagedAction, PolicyChecks.IsEmpty(policy.Spec), checks);
                break;
            case StagedGlobalNetworkPolicy policy:
                PolicyChecks.Check(policy.Spec, checks);
                PolicyChecks.Staged(policy.Spec.StagedAction, PolicyChecks.IsEmpty(policy.Spec), checks);
                break;
            case StagedKubernetesNetworkPolicy policy:
                KubernetesPolicyChecks.Check(policy.Spec, checks);
                PolicyChecks.Staged(policy.Spec.StagedAction, policy.Spec is { PodSelector: null or { MatchLabels.Count: 0, MatchExpressions.IsEmpty: true }, Ingress.IsEmpty: true, Egress.IsEmpty: true, PolicyTypes.IsEmpty: true }, checks);
                break;
            case KubernetesNetworkPolicy policy: KubernetesPolicyChecks.Check(policy.Spec, checks); break;
            case AdminNetworkPolicy policy: ClusterPolicyChecks.Admin(policy.Spec, isBaseline: false, checks); break;
            case BaselineAdminNetworkPolicy policy: ClusterPolicyChecks.Admin(policy.Spec, isBaseline: true, checks); break;
            case ClusterNetworkPolicy policy: ClusterPolicyChecks.Cluster(policy.Spec, checks); break;
            case Tier tier: PolicyChecks.Tier(tier, checks); break;
            case Profile profile: PolicyChecks.Profile(profile.Spec, checks); break;
            case NetworkSet set: EndpointChecks.NetworkSet(set.Spec, checks); break;
            case GlobalNetworkSet set: EndpointChecks.NetworkSet(set.Spec, checks); break;
            case HostEndpoint endpoint: EndpointChecks.Host(endpoint.Spec, checks); break;
            case WorkloadEndpoint endpoint: EndpointChecks.Workload(endpoint.Spec, checks); break;
            case Pod pod: CoreChecks.Pod(pod, checks); break;
            case EndpointSlice slice: CoreChecks.Slice(slice, checks); break;
        }

        return checks.Errors;
    }
}

/// <summary>The parts of core Kubernetes objects that policy relies on.</summary>
internal static class CoreChecks
{
    public static void Pod(Pod pod, Checks checks)
    {
        for (int c = 0; c < pod.Spec.Containers.Count; c++)
        {
            Container container = pod.Spec.Containers[c];
            for (int p = 0; p < container.Ports.Count; p++)
                checks.Require(container.Ports[p].Port is >= 1 and <= 65535, $"{DocumentPath.Join("spec.containers", c)}.{DocumentPath.Join("ports", p)}.containerPort", "must be 1–65535");
        }

        if (pod.Status is not { } status) return;
        if (status.PodIP is { Length: > 0 }) checks.Address(status.PodIP, "status.podIP");
        for (int i = 0; i < status.PodIPs.Count; i++) checks.Address(status.PodIPs[i].Ip, $"{DocumentPath.Join("status.podIPs", i)}.ip");
    }

    public static void Slice(EndpointSlice slice, Checks checks)
    {
        if (slice.AddressType == "FQDN") return;
        for (int e = 0; e < slice.Endpoints.Count; e++)
        {
            for (int a = 0; a < slice.Endpoints[e].Addresses.Count; a++)
                checks.Address(slice.Endpoints[e].Addresses[a], $"{DocumentPath.Join("endpoints", e)}.{DocumentPath.Join("addresses", a)}");
        }
    }
}
