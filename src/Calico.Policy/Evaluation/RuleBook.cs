using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Evaluation;

/// <summary>Whether a rule matches a packet, and the reason for people.</summary>
internal readonly record struct RuleMatch(bool Matches, RuleAction Action, string Reason)
{
    public static RuleMatch No(RuleAction action, string reason) => new(false, action, reason);
}

/// <summary>Where a walk finds rules: in the objects themselves, or in what an engine made of them.</summary>
internal abstract class RuleBook
{
    /// <summary>The number of rules of a policy in a direction.</summary>
    public abstract int RuleCount(PolicyId policy, PolicyTypes direction);

    public abstract RuleMatch Match(PolicyId policy, PolicyTypes direction, int index, in Packet packet);

    /// <summary>The number of rules of a profile in a direction, or -1 when it is missing.</summary>
    public abstract int RuleCount(string profile, PolicyTypes direction);

    public abstract RuleMatch Match(string profile, PolicyTypes direction, int index, in Packet packet);
}
