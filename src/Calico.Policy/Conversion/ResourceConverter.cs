using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>
/// Any resource → what the engine and the evaluator take. Defaults are filled in here; whatever cannot be understood fails closed and is reported.
/// Resources that mean nothing to policy by themselves (Service, a pod in the host's network) give no object.
/// </summary>
public static class ResourceConverter
{
    /// <summary>The tiers every cluster has.</summary>
    public static IReadOnlyList<TierModel> BuiltInTiers { get; } =
    [
        new() { Name = CalicoNames.KubeAdminTier, Order = CalicoNames.KubeAdminTierOrder, DefaultAction = TierDefaultAction.Pass },
        new() { Name = CalicoNames.DefaultTier, Order = CalicoNames.DefaultTierOrder, DefaultAction = TierDefaultAction.Deny },
        new() { Name = CalicoNames.KubeBaselineTier, Order = CalicoNames.KubeBaselineTierOrder, DefaultAction = TierDefaultAction.Pass },
    ];

    /// <summary>The profile that allows both ways, which every cluster has.</summary>
    public static ProfileModel DefaultAllowProfile { get; } = new()
    {
        Name = ProfileModel.DefaultAllowName,
        Ingress = [new RuleModel { Action = RuleAction.Allow }],
        Egress = [new RuleModel { Action = RuleAction.Allow }],
    };

    /// <summary>Converts a resource.</summary>
    public static Converted<ModelObject> ToModel(Resource resource) => ToModel(resource, Refusals.None);

    /// <summary>Converts a resource in which something is wrong so that it fails closed: a rule named by a path is refused, any other path refuses the whole policy.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="errorPaths">Where the errors are, for example <c>spec.ingress[1].ports[0]</c>.</param>
    public static Converted<ModelObject> ToModel(Resource resource, IEnumerable<string> errorPaths) => ToModel(resource, Refusals.From(errorPaths));

    private static Converted<ModelObject> ToModel(Resource resource, Refusals refusals)
    {
        ArgumentNullException.ThrowIfNull(resource);
        List<ConversionProblem> problems = [];
        ModelObject? model = resource switch
        {
            KubernetesNetworkPolicy policy => Policy(PolicyKind.KubernetesNetworkPolicy, Keep(KubernetesPolicyConverter.Convert(policy))),
            StagedKubernetesNetworkPolicy policy => Staged(policy.Spec.StagedAction, () => Policy(PolicyKind.StagedKubernetesNetworkPolicy, Keep(KubernetesPolicyConverter.Convert(policy)))),
            ClusterNetworkPolicy policy => Policy(PolicyKind.KubernetesClusterNetworkPolicy, Keep(ClusterPolicyConverter.Convert(policy))),
            AdminNetworkPolicy policy => Policy(PolicyKind.KubernetesAdminNetworkPolicy, Keep(ClusterPolicyConverter.Convert(AdminPolicyConverter.ToCluster(policy)))),
            BaselineAdminNetworkPolicy policy => Baseline(Policy(PolicyKind.KubernetesBaselineAdminNetworkPolicy, Keep(ClusterPolicyConverter.Convert(AdminPolicyConverter.ToCluster(policy))))),
            NetworkPolicy policy => PolicyFlattener.Flatten(PolicyKind.NetworkPolicy, policy.Metadata, policy.Spec, problems, refusals),
            GlobalNetworkPolicy policy => PolicyFlattener.Flatten(PolicyKind.GlobalNetworkPolicy, policy.Metadata, policy.Spec, problems, refusals),
            StagedNetworkPolicy policy => Staged(policy.Spec.StagedAction, () => PolicyFlattener.Flatten(PolicyKind.StagedNetworkPolicy, policy.Metadata, policy.Spec, problems, refusals)),
            StagedGlobalNetworkPolicy policy => Staged(policy.Spec.StagedAction, () => PolicyFlattener.Flatten(PolicyKind.StagedGlobalNetworkPolicy, policy.Metadata, policy.Spec, problems, refusals)),
            Tier tier => EndpointFlattener.Tier(tier),
            NetworkSet set => EndpointFlattener.Set(set.Metadata, set.Spec, isNamespaced: true, problems),
            GlobalNetworkSet set => EndpointFlattener.Set(set.Metadata, set.Spec, isNamespaced: false, problems),
            HostEndpoint endpoint => EndpointFlattener.Host(endpoint, problems),
            WorkloadEndpoint endpoint => EndpointFlattener.Workload(endpoint, problems),
            Profile profile => EndpointFlattener.Profile(profile, problems, refusals),
            Namespace ns => EndpointFlattener.Profile(ProfileConverter.Convert(ns), problems, Refusals.None),
            ServiceAccount account => EndpointFlattener.Profile(ProfileConverter.Convert(account), problems, Refusals.None),
            Pod pod => PodConverter.HasEndpoint(pod) && Keep(PodConverter.Convert(pod)) is { } endpoint ? EndpointFlattener.Workload(endpoint, problems) : null,
            EndpointSlice slice => EndpointFlattener.Slice(slice, problems),
            Node node => NodeConverter.Convert(node, problems),
            CalicoNode node => NodeConverter.Convert(node, problems),
            _ => null,
        };
        return new(model, problems);

        T? Keep<T>(Converted<T> converted)
            where T : class
        {
            problems.AddRange(converted.Problems);
            return converted.Value;
        }

        // The conversion from Kubernetes refuses rules by itself, and one of its rules becomes several.
        PolicyModel? Policy(PolicyKind kind, Resource? policy) => policy switch
        {
            NetworkPolicy p => PolicyFlattener.Flatten(kind, p.Metadata, p.Spec, problems, refusals.WithoutRules()),
            StagedNetworkPolicy p => PolicyFlattener.Flatten(kind, p.Metadata, p.Spec, problems, refusals.WithoutRules()),
            GlobalNetworkPolicy p => PolicyFlattener.Flatten(kind, p.Metadata, p.Spec, problems, refusals.WithoutRules()),
            _ => null,
        };

        // Only Set stands for a policy: Delete, Learn and Ignore say what to do with one that is already there.
        static PolicyModel? Staged(string? action, Func<PolicyModel?> policy) => action is null or "" or "Set" ? policy() : null;

        static PolicyModel? Baseline(PolicyModel? policy) => policy is null ? null : policy with { Order = null };
    }
}
