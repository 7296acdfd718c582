using Calico.Policy.Model;

namespace Calico.Policy.Evaluation;

/// <summary>Where on its way a packet is judged.</summary>
public enum PolicyHook : byte
{
    /// <summary>At a workload's interface.</summary>
    Workload,

    /// <summary>At a host's interface before connection tracking: doNotTrack policies.</summary>
    HostUntracked,

    /// <summary>At a host's interface before DNAT: preDNAT policies.</summary>
    HostPreDnat,

    /// <summary>At a host's interface, traffic of the host's own: normal policies and profiles.</summary>
    HostNormal,

    /// <summary>At a host's interface, traffic it forwards: policies with applyOnForward.</summary>
    HostForward,
}

/// <summary>What one step of a walk came to.</summary>
public enum TraceOutcome : byte
{
    /// <summary>The rule does not match.</summary>
    NoMatch,

    /// <summary>The rule matches and allows.</summary>
    Allow,

    /// <summary>The rule matches and denies.</summary>
    Deny,

    /// <summary>The rule matches and passes to the next tier.</summary>
    Pass,

    /// <summary>The rule matches and logs.</summary>
    Log,

    /// <summary>The policy is staged: looked at, not enforced.</summary>
    Skipped,

    /// <summary>The end of a tier drops.</summary>
    EndOfTierDeny,

    /// <summary>The end of a tier passes.</summary>
    EndOfTierPass,

    /// <summary>Something other than a rule allows: connection tracking, a failsafe port, no policy at all.</summary>
    AllowWithoutRule,

    /// <summary>Something other than a rule denies: connection tracking, encapsulation, no profile that matches.</summary>
    DenyWithoutRule,
}

/// <summary>One step of a walk: a rule looked at, the end of a tier, or a check that is no rule.</summary>
public sealed record TraceStep
{
    /// <summary>Where the packet is judged.</summary>
    public required PolicyHook Hook { get; init; }

    /// <summary>The direction as the endpoint sees it: a single flag.</summary>
    public required PolicyTypes Direction { get; init; }

    /// <summary>The endpoint whose policies are walked.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The tier; empty for profiles and checks that are no rules.</summary>
    public string Tier { get; init; } = "";

    /// <summary>The policy.</summary>
    public PolicyId? Policy { get; init; }

    /// <summary>The profile.</summary>
    public string? Profile { get; init; }

    /// <summary>The rule's zero-based index in its policy's or profile's list of the direction; -1 when the step is no rule.</summary>
    public int RuleIndex { get; init; } = -1;

    /// <summary>What the step came to.</summary>
    public required TraceOutcome Outcome { get; init; }

    /// <summary>Why: the term that fails, or what matches.</summary>
    public required string Reason { get; init; }

    /// <summary>True when this step decided the verdict at its hook.</summary>
    public bool IsDecision => Outcome is TraceOutcome.Allow or TraceOutcome.Deny or TraceOutcome.EndOfTierDeny or TraceOutcome.AllowWithoutRule or TraceOutcome.DenyWithoutRule;

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        string owner = Policy is { } policy ? $"tier {Tier}, {policy}" : Profile is not null ? $"profile {Profile}" : Tier.Length > 0 ? $"tier {Tier}" : "";
        string rule = RuleIndex >= 0 ? $", rule {RuleIndex}" : "";
        return $"{Endpoint} {Direction.ToString().ToLowerInvariant()} ({Hook}){(owner.Length > 0 ? $": {owner}{rule}" : "")}: {Outcome}: {Reason}";
    }
}

/// <summary>What becomes of a flow and why.</summary>
public sealed record FlowVerdict
{
    /// <summary>True when the packet arrives.</summary>
    public required bool IsAllowed { get; init; }

    /// <summary>Every step in order, ending with the one that decided.</summary>
    public required IReadOnlyList<TraceStep> Trace { get; init; }

    /// <summary>True when the packet would arrive if the staged policies were in force.</summary>
    public required bool IsAllowedWithStaged { get; init; }

    /// <summary>The steps that would be taken if the staged policies were in force; the same as <see cref="Trace"/> when there are none.</summary>
    public required IReadOnlyList<TraceStep> StagedTrace { get; init; }

    /// <summary>The deciding step; null when the packet never meets policy.</summary>
    public TraceStep? DecidedBy => Trace.LastOrDefault(s => s.IsDecision);

    /// <summary>The verdict and its reason in one line.</summary>
    public override string ToString() => $"{(IsAllowed ? "allowed" : "denied")}: {DecidedBy?.ToString() ?? "no policy applies"}";
}
