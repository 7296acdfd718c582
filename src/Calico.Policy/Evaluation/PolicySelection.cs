using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

namespace Calico.Policy.Evaluation;

/// <summary>Which policies apply to an endpoint and in which order, worked out from nothing each time.</summary>
internal static class PolicySelection
{
    public static EndpointPolicies Of(ClusterState state, EndpointModel endpoint, bool withStaged)
    {
        LabelMap labels = state.EffectiveLabels(endpoint.Labels, endpoint.Profiles);
        bool isHost = endpoint is HostEndpointModel;
        List<PolicyModel> applied = [];
        foreach (PolicyModel policy in state.Policies.Values)
        {
            if (policy.IsStaged && policy.StagedAction != StagedAction.Set) continue;
            if (withStaged && !policy.IsStaged && IsReplacedByStaged(state, policy.Id)) continue;
            if (state.Parse(policy.Selector) is { } selector && selector.Matches(labels)) applied.Add(policy);
        }

        return new EndpointPolicies
        {
            Tiers = Tiers(state, applied.Where(p => !p.DoNotTrack && !p.PreDnat)),
            UntrackedTiers = isHost ? Tiers(state, applied.Where(p => p.DoNotTrack)) : [],
            PreDnatTiers = isHost ? Tiers(state, applied.Where(p => p.PreDnat && !p.DoNotTrack)) : [],
            ForwardTiers = isHost ? Tiers(state, applied.Where(p => p.ApplyOnForward && !p.DoNotTrack && !p.PreDnat)) : [],
            Profiles = endpoint.Profiles,
        };
    }

    private static EquatableArray<EndpointTier> Tiers(ClusterState state, IEnumerable<PolicyModel> policies) => policies
        .GroupBy(p => p.Tier)
        .OrderBy(t => !state.Tiers.ContainsKey(t.Key))
        .ThenBy(t => state.Tiers.GetValueOrDefault(t.Key)?.Order ?? double.PositiveInfinity)
        .ThenBy(t => t.Key, StringComparer.Ordinal)
        .Select(t => new EndpointTier(
            t.Key,
            state.Tiers.GetValueOrDefault(t.Key)?.DefaultAction ?? TierDefaultAction.Deny,
            Ordered(t.Where(p => (p.Types & PolicyTypes.Ingress) != 0)),
            Ordered(t.Where(p => (p.Types & PolicyTypes.Egress) != 0 && !p.PreDnat))))
        .Where(t => t.Ingress.Count + t.Egress.Count > 0)
        .ToEquatableArray();

    private static EquatableArray<PolicyId> Ordered(IEnumerable<PolicyModel> policies) => policies
        .OrderBy(p => p.Order ?? double.PositiveInfinity)
        .ThenBy(p => $"{p.Id.Name}/{p.Id.Namespace}/{p.Id.Kind}", StringComparer.Ordinal)
        .Select(p => p.Id)
        .ToEquatableArray();

    // A staged policy stands for the enforced one of its name, or for its removal.
    private static bool IsReplacedByStaged(ClusterState state, PolicyId enforced)
    {
        PolicyKind? staged = enforced.Kind switch
        {
            PolicyKind.NetworkPolicy => PolicyKind.StagedNetworkPolicy,
            PolicyKind.GlobalNetworkPolicy => PolicyKind.StagedGlobalNetworkPolicy,
            PolicyKind.KubernetesNetworkPolicy => PolicyKind.StagedKubernetesNetworkPolicy,
            _ => null,
        };
        return staged is { } kind && state.Policies.TryGetValue(enforced with { Kind = kind }, out PolicyModel? policy) && policy.StagedAction is StagedAction.Set or StagedAction.Delete;
    }
}
