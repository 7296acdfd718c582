using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>The walk of section "Evaluation" of Calico's semantics for one endpoint, one direction and one packet: tiers, then profiles.</summary>
internal sealed class PolicyWalk(RuleBook rules, List<TraceStep> trace, PolicyHook hook, PolicyTypes direction, string endpoint)
{
    /// <summary>Walks the tiers. Untracked and preDNAT tiers always pass at their end.</summary>
    public HookVerdict Tiers(EquatableArray<EndpointTier> tiers, in Packet packet, bool enforceStaged, bool endsPass = false)
    {
        foreach (EndpointTier tier in tiers)
        {
            EquatableArray<PolicyId> policies = direction == PolicyTypes.Ingress ? tier.Ingress : tier.Egress;
            if (policies.IsEmpty) continue;
            bool applies = false, passed = false;
            foreach (PolicyId policy in policies)
            {
                if (policy.IsStaged && !enforceStaged)
                {
                    Add(TraceOutcome.Skipped, "staged policies are not enforced", tier.Name, policy);
                    continue;
                }

                applies = true;
                RuleAction? decision = Policy(tier.Name, policy, in packet);
                if (decision == RuleAction.Allow) return HookVerdict.Allow;
                if (decision == RuleAction.Deny) return HookVerdict.Deny;
                if (decision == RuleAction.Pass)
                {
                    passed = true;
                    break;
                }
            }

            if (passed || !applies) continue;
            if (!endsPass && tier.DefaultAction != TierDefaultAction.Pass)
            {
                Add(TraceOutcome.EndOfTierDeny, "no rule of the tier decided, and policies of it apply", tier.Name);
                return HookVerdict.Deny;
            }

            Add(TraceOutcome.EndOfTierPass, endsPass ? "tiers at this hook always pass" : "the tier's default action is Pass", tier.Name);
        }

        return HookVerdict.NoMatch;
    }

    /// <summary>Walks the profiles; no match denies.</summary>
    public HookVerdict Profiles(EquatableArray<string> profiles, in Packet packet)
    {
        foreach (string profile in profiles)
        {
            int count = rules.RuleCount(profile, direction);
            if (count < 0)
            {
                AddProfile(TraceOutcome.Deny, "the profile does not exist", profile, -1);
                return HookVerdict.Deny;
            }

            for (int i = 0; i < count; i++)
            {
                RuleMatch match = rules.Match(profile, direction, i, in packet);
                AddProfile(OutcomeOf(match), match.Reason, profile, i);
                if (!match.Matches) continue;
                if (match.Action == RuleAction.Allow) return HookVerdict.Allow;
                if (match.Action == RuleAction.Deny) return HookVerdict.Deny;

                // Pass in a profile is nothing: it ends that profile's rules in Felix, and there is no further tier.
                if (match.Action == RuleAction.Pass) break;
            }
        }

        Add(TraceOutcome.DenyWithoutRule, profiles.IsEmpty ? "no policy decided and there is no profile" : "neither a policy nor a profile decided");
        return HookVerdict.Deny;
    }

    public void Add(TraceOutcome outcome, string reason, string tier = "", PolicyId? policy = null) => trace.Add(new TraceStep
    {
        Hook = hook,
        Direction = direction,
        Endpoint = endpoint,
        Tier = tier,
        Policy = policy,
        Outcome = outcome,
        Reason = reason,
    });

    private RuleAction? Policy(string tier, PolicyId policy, in Packet packet)
    {
        int count = rules.RuleCount(policy, direction);
        for (int i = 0; i < count; i++)
        {
            RuleMatch match = rules.Match(policy, direction, i, in packet);
            trace.Add(new TraceStep
            {
                Hook = hook,
                Direction = direction,
                Endpoint = endpoint,
                Tier = tier,
                Policy = policy,
                RuleIndex = i,
                Outcome = OutcomeOf(match),
                Reason = match.Reason,
            });
            if (match.Matches && match.Action != RuleAction.Log) return match.Action;
        }

        return null;
    }

    private void AddProfile(TraceOutcome outcome, string reason, string profile, int index) => trace.Add(new TraceStep
    {
        Hook = hook,
        Direction = direction,
        Endpoint = endpoint,
        Profile = profile,
        RuleIndex = index,
        Outcome = outcome,
        Reason = reason,
    });

    private static TraceOutcome OutcomeOf(RuleMatch match) => !match.Matches ? TraceOutcome.NoMatch : match.Action switch
    {
        RuleAction.Allow => TraceOutcome.Allow,
        RuleAction.Deny => TraceOutcome.Deny,
        RuleAction.Pass => TraceOutcome.Pass,
        _ => TraceOutcome.Log,
    };
}
