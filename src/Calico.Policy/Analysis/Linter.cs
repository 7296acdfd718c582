using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Selectors;

namespace Calico.Policy.Analysis;

/// <summary>Finds what is odd. Shadowing and matching are exact over all packets; staged policies are judged by their selectors only.</summary>
internal sealed class Linter(ClusterState cluster, EvaluatorOptions options)
{
    private const int LongestShown = 1024;
    private readonly List<LintFinding> _findings = [];
    private LabelMap[] _nodes = [];

    public IReadOnlyList<LintFinding> Run()
    {
        LabelMap[] endpoints = [.. cluster.Workloads.Values.Cast<EndpointModel>().Concat(cluster.Hosts.Values).Select(e => cluster.EffectiveLabels(e.Labels, e.Profiles)).Distinct()];
        LabelMap[] peers = [.. endpoints.Concat(cluster.NetworkSets.Values.Select(s => cluster.EffectiveLabels(s.Labels, s.Profiles))).Distinct()];
        _nodes = [.. cluster.Nodes.Values.Where(n => !n.Addresses.IsEmpty).Select(n => n.Labels).Distinct()];
        HashSet<PolicyId> idle = [];
        foreach (PolicyModel policy in cluster.Policies.Values.OrderBy(p => p.Id.ToString(), StringComparer.Ordinal))
        {
            if (!CheckPolicy(policy, endpoints)) idle.Add(policy.Id);
            CheckPeers(policy, PolicyTypes.Ingress, policy.Ingress, peers);
            CheckPeers(policy, PolicyTypes.Egress, policy.Egress, peers);
        }

        CheckProfiles();
        CheckRules(idle);
        return [.. _findings.OrderBy(f => f.Policy?.ToString(), StringComparer.Ordinal).ThenBy(f => f.Direction).ThenBy(f => f.RuleIndex)];
    }

    private bool CheckPolicy(PolicyModel policy, LabelMap[] endpoints)
    {
        if (!cluster.Tiers.ContainsKey(policy.Tier) && policy.Tier != TierModel.DefaultTier)
            Find(LintKind.TierMissing, policy.Id, $"tier '{policy.Tier}' does not exist: the policy comes after all others, and the tier's end denies");
        if (cluster.Parse(policy.Selector) is not { } selector)
        {
            Find(LintKind.SelectorUnreadable, policy.Id, $"the selector '{Shown(policy.Selector)}' cannot be read: the policy selects nothing");
            return false;
        }

        if (IsImpossible(selector))
        {
            Find(LintKind.SelectorNeverMatches, policy.Id, $"no labels can match '{Shown(selector.CanonicalText)}'");
            return false;
        }

        if (!endpoints.Any(selector.Matches))
        {
            Find(LintKind.PolicySelectsNothing, policy.Id, $"'{Shown(selector.CanonicalText)}' selects no endpoint");
            return false;
        }

        CheckLogOnly(policy, PolicyTypes.Ingress, policy.Ingress);
        CheckLogOnly(policy, PolicyTypes.Egress, policy.Egress);
        return true;
    }

    private void CheckLogOnly(PolicyModel policy, PolicyTypes direction, EquatableArray<RuleModel> rules)
    {
        bool endDenies = cluster.Tiers.GetValueOrDefault(policy.Tier)?.DefaultAction != TierDefaultAction.Pass;
        if ((policy.Types & direction) == 0 || policy.IsStaged || policy.DoNotTrack || policy.PreDnat || !endDenies || rules.IsEmpty || rules.Any(r => r.Action != RuleAction.Log)) return;
        Find(LintKind.LogOnlyPolicyIsolates, policy.Id,
            $"its {direction.ToString().ToLowerInvariant()} rules only log, yet what they see is dropped at the end of tier '{policy.Tier}' unless another policy allows it", direction);
    }

    private void CheckPeers(PolicyModel policy, PolicyTypes direction, EquatableArray<RuleModel> rules, LabelMap[] peers)
    {
        for (int i = 0; i < rules.Count; i++)
        {
            foreach ((EntityMatch entity, string side) in new[] { (rules[i].Source, "source"), (rules[i].Destination, "destination") })
            {
                CheckSelector(policy.Id, direction, i, entity.Selector, side, peers, "endpoint and no network set");
                CheckSelector(policy.Id, direction, i, entity.NotSelector, side, peers: null, "");
                CheckSelector(policy.Id, direction, i, entity.NodeSelector, side, _nodes, "node with an address");
                if (entity.Service is { } service && !cluster.EndpointSlices.Values.Any(s => s.Service == service && !s.Addresses.IsEmpty))
                    Find(LintKind.PeerSelectsNothing, policy.Id, $"{side}: service {service} has no endpoints", direction, i);
            }
        }
    }

    private void CheckSelector(PolicyId policy, PolicyTypes direction, int index, string? text, string side, LabelMap[]? peers, string what)
    {
        if (string.IsNullOrWhiteSpace(text)) return;
        if (cluster.Parse(text) is not { } selector) Find(LintKind.SelectorUnreadable, policy, $"{side}: '{Shown(text)}' cannot be read: the rule fails closed", direction, index);
        else if (IsImpossible(selector)) Find(LintKind.SelectorNeverMatches, policy, $"{side}: no labels can match '{Shown(selector.CanonicalText)}'", direction, index);
        else if (peers is not null && !peers.Any(selector.Matches)) Find(LintKind.PeerSelectsNothing, policy, $"{side}: '{Shown(selector.CanonicalText)}' selects no {what}", direction, index);
    }

    private void CheckProfiles()
    {
        foreach (string missing in cluster.Workloads.Values.Cast<EndpointModel>().Concat(cluster.Hosts.Values).SelectMany(e => e.Profiles).Distinct().Where(p => !cluster.Profiles.ContainsKey(p)).Order(StringComparer.Ordinal))
            _findings.Add(new LintFinding(LintKind.ProfileMissing, null, PolicyTypes.None, -1, $"profile '{missing}' does not exist: endpoints that name it are denied what no policy decides"));
    }

    private void CheckRules(HashSet<PolicyId> idle)
    {
        CompiledCluster compiled = new(cluster, options);
        FlowSpaceBuilder builder = new();
        builder.Add(compiled);
        FlowSpace space = builder.Build();
        foreach (bool v6 in new[] { false, true }) new ClusterDecisions(compiled, space, v6).VisitAll();
        HashSet<(PolicyId?, PolicyTypes, int)> explained = [.. _findings.Where(f => f.RuleIndex >= 0).Select(f => (f.Policy, f.Direction, f.RuleIndex))];
        foreach (CompiledRule rule in compiled.Rules.Values.SelectMany(r => r))
        {
            if (rule.Place.Policy is not { } policy || policy.IsStaged || idle.Contains(policy) || explained.Contains((policy, rule.Place.Direction, rule.Place.Index))) continue;
            if (rule.EverDecided)
            {
                if (!rule.IsNeeded && rule.Action != RuleAction.Log)
                    Find(LintKind.RuleRedundant, policy, "without it every packet would fare the same", rule.Place.Direction, rule.Place.Index);
            }
            else if (rule.EverMatched)
                Find(LintKind.RuleShadowed, policy, "every packet it matches is decided before it, by earlier rules, policies or tiers", rule.Place.Direction, rule.Place.Index);
            else if (rule.Packets4.Any(w => w != 0) || rule.Packets6.Any(w => w != 0))
                Find(LintKind.RuleNeverMatches, policy, "no packet can match it at an endpoint that the policy selects", rule.Place.Direction, rule.Place.Index);
            else
                Find(LintKind.RuleNeverMatches, policy, "its terms contradict each other: no packet can match it", rule.Place.Direction, rule.Place.Index);
        }
    }

    private static bool IsImpossible(Selector selector) => selector.LabelRestrictions.Values.Any(r => r.IsImpossible);

    // A message is for people: of a very long selector its beginning.
    private static string Shown(string selector) => selector.Length <= LongestShown ? selector : selector[..LongestShown] + "…";

    private void Find(LintKind kind, PolicyId policy, string message, PolicyTypes direction = PolicyTypes.None, int index = -1) =>
        _findings.Add(new LintFinding(kind, policy, direction, index, message));
}
