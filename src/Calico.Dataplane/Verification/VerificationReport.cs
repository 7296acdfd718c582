using Calico.Policy.Evaluation;

namespace Calico.Dataplane;

/// <summary>Whether a node's ruleset does to every packet what policy says.</summary>
/// <param name="Packets">Packets run through the ruleset, one for each class.</param>
/// <param name="AddressClasses">Classes of addresses, both families together.</param>
/// <param name="PacketClasses">Classes of protocols with ports, or ICMP types and codes, both families together.</param>
/// <param name="Differences">Packets that the ruleset and policy treat differently: the first found, at most <see cref="DataplaneVerifier.MostDifferences"/>.</param>
/// <param name="Unreadable">Rules that look at something the classes are not cut by: while there are any, agreement is no proof.</param>
public sealed record VerificationReport(long Packets, int AddressClasses, int PacketClasses, IReadOnlyList<VerificationDifference> Differences, IReadOnlyList<string> Unreadable)
{
    /// <summary>Whether ruleset and policy agree on every packet there can be.</summary>
    public bool IsProved => Differences.Count == 0 && Unreadable.Count == 0;

    /// <summary>The outcome in a line.</summary>
    public override string ToString() => IsProved
        ? $"proved over {Packets} packets: {AddressClasses} address classes, {PacketClasses} packet classes"
        : $"{Differences.Count} differences, {Unreadable.Count} rules not understood, over {Packets} packets";
}

/// <summary>A packet that a ruleset and policy treat differently.</summary>
/// <param name="Flow">The packet, with the state of its connection.</param>
/// <param name="InputInterface">The interface it comes in by; null for the node's own.</param>
/// <param name="OutputInterface">The interface it goes out by; null for one to the node itself.</param>
/// <param name="IsAllowedByPolicy">What policy says.</param>
/// <param name="IsAllowedByRuleset">What the ruleset does.</param>
/// <param name="RulesetTrace">The rules it ran through, in order.</param>
/// <param name="PolicyTrace">Why policy says so; empty where no policy is asked, as for a forged source address.</param>
public sealed record VerificationDifference(
    Flow Flow, string? InputInterface, string? OutputInterface, bool IsAllowedByPolicy, bool IsAllowedByRuleset, IReadOnlyList<string> RulesetTrace, IReadOnlyList<TraceStep> PolicyTrace)
{
    /// <summary>The packet and both verdicts.</summary>
    public override string ToString() =>
        $"{Flow} ({Flow.State}, {InputInterface ?? "this host"} → {OutputInterface ?? "this host"}): policy {Word(IsAllowedByPolicy)}, ruleset {Word(IsAllowedByRuleset)}";

    private static string Word(bool allowed) => allowed ? "allows" : "denies";
}
