using Calico.Policy.Model;

namespace Calico.Policy.Analysis;

/// <summary>What a finding is about.</summary>
public enum LintKind : byte
{
    /// <summary>The policy selects no endpoint.</summary>
    PolicySelectsNothing,

    /// <summary>The selector contradicts itself: no labels can match.</summary>
    SelectorNeverMatches,

    /// <summary>The rule's selector or service stands for nothing in this cluster.</summary>
    PeerSelectsNothing,

    /// <summary>The selector cannot be read; the rule fails closed.</summary>
    SelectorUnreadable,

    /// <summary>No packet can match the rule.</summary>
    RuleNeverMatches,

    /// <summary>Packets match, but earlier rules have decided all of them: the rule never takes effect.</summary>
    RuleShadowed,

    /// <summary>The rule takes effect, but without it every packet would fare the same.</summary>
    RuleRedundant,

    /// <summary>The policy decides nothing itself, yet its presence makes the end of its tier drop: a policy of Log rules isolates what it selects.</summary>
    LogOnlyPolicyIsolates,

    /// <summary>The policy names a tier that does not exist: it is evaluated after all others, and the tier denies.</summary>
    TierMissing,

    /// <summary>Endpoints name a profile that does not exist: it denies.</summary>
    ProfileMissing,
}

/// <summary>Something odd.</summary>
/// <param name="Kind">What.</param>
/// <param name="Policy">The policy; null when the finding is about something else.</param>
/// <param name="Direction">The direction of the rule; None when the finding is not about a rule.</param>
/// <param name="RuleIndex">The rule's zero-based index; -1 when the finding is not about a rule.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record LintFinding(LintKind Kind, PolicyId? Policy, PolicyTypes Direction, int RuleIndex, string Message)
{
    /// <summary><c>POLICY ingress[2]: MESSAGE</c>.</summary>
    public override string ToString()
    {
        string place = RuleIndex < 0 ? "" : $" {Direction.ToString().ToLowerInvariant()}[{RuleIndex}]";
        return Policy is { } policy ? $"{policy}{place}: {Message}" : Message;
    }
}
