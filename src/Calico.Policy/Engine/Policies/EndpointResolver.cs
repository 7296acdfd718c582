using Calico.Policy.Engine.Labels;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Policies;

/// <summary>Orders the policies that select a class into tiers, once for all its endpoints.</summary>
internal sealed class EndpointResolver
{
    private readonly List<PolicyEntry> _policies = [];
    private readonly List<PolicyId> _ingress = [];
    private readonly List<PolicyId> _egress = [];
    private readonly List<EndpointTier> _tiers = [];

    public EndpointPolicies Resolve(LabelClass labelClass, bool forHosts)
    {
        _policies.Clear();
        foreach (SelectorEntry selector in labelClass.PolicyMatches.Items)
        {
            foreach (PolicyEntry policy in selector.Policies.Items)
            {
                if (policy.IsEvaluated) _policies.Add(policy);
            }
        }

        _policies.Sort(PolicyOrder.Instance);
        return new EndpointPolicies
        {
            Tiers = Tiers(static p => p is { DoNotTrack: false, PreDnat: false }),
            UntrackedTiers = forHosts ? Tiers(static p => p.DoNotTrack) : [],
            PreDnatTiers = forHosts ? Tiers(static p => p is { PreDnat: true, DoNotTrack: false }) : [],
            ForwardTiers = forHosts ? Tiers(static p => p is { ApplyOnForward: true, DoNotTrack: false, PreDnat: false }) : [],
            Profiles = labelClass.Parents.Names,
        };
    }

    private EquatableArray<EndpointTier> Tiers(Func<PolicyModel, bool> belongs)
    {
        _tiers.Clear();
        for (int from = 0; from < _policies.Count;)
        {
            TierEntry tier = _policies[from].Tier;
            _ingress.Clear();
            _egress.Clear();
            for (; from < _policies.Count && _policies[from].Tier == tier; from++)
            {
                PolicyModel policy = _policies[from].Model;
                if (!belongs(policy)) continue;
                if ((policy.Types & PolicyTypes.Ingress) != 0) _ingress.Add(policy.Id);
                if ((policy.Types & PolicyTypes.Egress) != 0 && !policy.PreDnat) _egress.Add(policy.Id);
            }

            if (_ingress.Count + _egress.Count > 0)
                _tiers.Add(new EndpointTier(tier.Name, tier.DefaultAction, _ingress.ToEquatableArray(), _egress.ToEquatableArray()));
        }

        return _tiers.ToEquatableArray();
    }
}
