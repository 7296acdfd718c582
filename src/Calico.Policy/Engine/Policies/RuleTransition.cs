using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Policies;

/// <summary>The addresses (and ports) that come or go in a set, as a set of their own.</summary>
internal readonly record struct MovingMembers(string SetId, IpSetKind Kind);

/// <summary>
/// Rules for the way from one state to the next. What both states have in common stays; a packet that a changed rule could decide, or a rule over a set whose members move,
/// is denied. So wherever the rules are listed they let through only what the old ones let through before, and only what the new ones let through after.
/// </summary>
internal static class RuleTransition
{
    /// <summary>The rules on the way.</summary>
    /// <param name="before">The update of a policy or profile that is in force.</param>
    /// <param name="after">The update of the same policy or profile that is to be.</param>
    /// <param name="moving">By set, what comes or goes in it while the rules on the way are in force.</param>
    public static PolicyDelta Between(PolicyDelta before, PolicyDelta after, IReadOnlyDictionary<string, MovingMembers> moving) => (before, after) switch
    {
        (PolicyUpdate { Policy: var old }, PolicyUpdate { Policy: var now }) =>
            new PolicyUpdate(now with { Ingress = Between(old.Ingress, now.Ingress, moving), Egress = Between(old.Egress, now.Egress, moving) }),
        (ProfileUpdate { Profile: var old }, ProfileUpdate { Profile: var now }) =>
            new ProfileUpdate(now with { Ingress = Between(old.Ingress, now.Ingress, moving), Egress = Between(old.Egress, now.Egress, moving) }),
        _ => throw new ArgumentException($"{before} and {after} are not of one kind.", nameof(after)),
    };

    public static bool HaveSameRules(PolicyDelta left, PolicyDelta right)
    {
        (EquatableArray<ActiveRule> leftIngress, EquatableArray<ActiveRule> leftEgress) = RulesOf(left);
        (EquatableArray<ActiveRule> rightIngress, EquatableArray<ActiveRule> rightEgress) = RulesOf(right);
        return leftIngress == rightIngress && leftEgress == rightEgress;
    }

    /// <summary>The ids of all sets that the rules test.</summary>
    public static IEnumerable<string> SetsOf(PolicyDelta update)
    {
        (EquatableArray<ActiveRule> ingress, EquatableArray<ActiveRule> egress) = RulesOf(update);
        return ingress.Concat(egress).SelectMany(r => r.SetIds());
    }

    private static (EquatableArray<ActiveRule> Ingress, EquatableArray<ActiveRule> Egress) RulesOf(PolicyDelta update) => update switch
    {
        PolicyUpdate { Policy: var policy } => (policy.Ingress, policy.Egress),
        ProfileUpdate { Profile: var profile } => (profile.Ingress, profile.Egress),
        _ => ([], []),
    };

    private static EquatableArray<ActiveRule> Between(EquatableArray<ActiveRule> before, EquatableArray<ActiveRule> after, IReadOnlyDictionary<string, MovingMembers> moving)
    {
        int shorter = Math.Min(before.Count, after.Count), head = 0, tail = 0;
        while (head < shorter && before[head] == after[head]) head++;
        while (tail < shorter - head && before[before.Count - 1 - tail] == after[after.Count - 1 - tail]) tail++;
        List<ActiveRule> rules = [];
        for (int i = 0; i < head; i++) AddGuarded(after[i], after[i]);
        for (int i = head; i < before.Count - tail; i++) AddDenied(before[i]);
        for (int i = head; i < after.Count - tail; i++) AddDenied(after[i]);
        for (int i = after.Count - tail; i < after.Count; i++) AddGuarded(after[i], after[i]);
        return rules.ToEquatableArray();

        void AddDenied(ActiveRule rule)
        {
            if (rule.Action != RuleAction.Log) AddGuarded(rule, Deny(rule));
        }

        void AddGuarded(ActiveRule rule, ActiveRule added)
        {
            if (moving.Count > 0 && rule is { NeverMatches: false, Action: not RuleAction.Log }) rules.AddRange(Guards(rule, moving));
            rules.Add(added);
        }
    }

    // For every set of the rule that moves: whoever moves in it is denied, if the terms that stay put hold.
    private static IEnumerable<ActiveRule> Guards(ActiveRule rule, IReadOnlyDictionary<string, MovingMembers> moving)
    {
        MovingMembers[] source = Moving(rule.Source), destination = Moving(rule.Destination);
        if (source.Length + destination.Length == 0) yield break;
        ActiveRule still = Deny(rule) with { Source = Still(rule.Source, moving), Destination = Still(rule.Destination, moving) };
        foreach (MovingMembers members in source) yield return still with { Source = Within(still.Source, members) };
        foreach (MovingMembers members in destination) yield return still with { Destination = Within(still.Destination, members) };

        MovingMembers[] Moving(ActiveMatch match) => [.. match.SetIds().Distinct().Where(moving.ContainsKey).Select(id => moving[id])];
    }

    private static ActiveRule Deny(ActiveRule rule) => rule with { Action = RuleAction.Deny, Http = null };

    private static ActiveMatch Within(ActiveMatch match, MovingMembers members) => members.Kind == IpSetKind.Net
        ? match with { IpSets = match.IpSets.Append(members.SetId).ToEquatableArray() }
        : match with { AddressPortSets = match.AddressPortSets.Append(members.SetId).ToEquatableArray() };

    // The match without its terms over sets that move. Ports and sets of named ports are one term.
    private static ActiveMatch Still(ActiveMatch match, IReadOnlyDictionary<string, MovingMembers> moving)
    {
        bool portsMove = match.NamedPortSets.Any(moving.ContainsKey);
        return match with
        {
            IpSets = Without(match.IpSets),
            NotIpSets = Without(match.NotIpSets),
            AddressPortSets = Without(match.AddressPortSets),
            Ports = portsMove ? [] : match.Ports,
            NamedPortSets = portsMove ? [] : match.NamedPortSets,
            NotNamedPortSets = Without(match.NotNamedPortSets),
        };

        EquatableArray<string> Without(EquatableArray<string> sets) => sets.Where(id => !moving.ContainsKey(id)).ToEquatableArray();
    }
}
