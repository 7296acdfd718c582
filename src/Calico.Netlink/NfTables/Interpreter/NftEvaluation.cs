using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>A rule that a packet ran through to a verdict or to its end, or a base chain's policy.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="RuleIndex">The rule's position in the chain from 0; -1 for the policy.</param>
/// <param name="Rule">The rule; null for the policy.</param>
/// <param name="Verdict">The verdict; continue when the rule had none.</param>
/// <param name="Element">The element of the set or map looked up last in the rule; null without.</param>
public sealed record NftTraceStep(NftTableId Table, string Chain, int RuleIndex, NftRule? Rule, NftVerdict Verdict, NftElement? Element)
{
    /// <summary>The step in one line.</summary>
    /// <returns>Table, chain, rule, verdict.</returns>
    public override string ToString() => $"{Table} {Chain} {(RuleIndex < 0 ? "policy" : $"rule {RuleIndex}")}{(Rule?.Comment is { } comment ? $" \"{comment}\"" : "")}: {Verdict}";
}

/// <summary>Something a rule did beside its verdict: log, NAT, copy, set update…</summary>
/// <param name="Expression">What did it.</param>
/// <param name="Value">The address it used, where there is one.</param>
/// <param name="Port">The port it used, where there is one.</param>
public sealed record NftAction(NftExpression Expression, NftValue Value = default, ushort? Port = null);

/// <summary>What became of a packet at a hook.</summary>
/// <param name="Verdict">Accept, drop, queue or stolen.</param>
/// <param name="Trace">The rules it ran through, in order.</param>
/// <param name="Actions">What rules did beside their verdicts, in order.</param>
public sealed record NftEvaluation(NftVerdictCode Verdict, IReadOnlyList<NftTraceStep> Trace, IReadOnlyList<NftAction> Actions)
{
    /// <summary>Whether the packet goes on.</summary>
    public bool IsAccepted => Verdict == NftVerdictCode.Accept;
}
