using System.Net;

namespace Calico.Dataplane;

/// <summary>The first packet of a connection on a node.</summary>
/// <param name="Source">The sender.</param>
/// <param name="Destination">The receiver, after DNAT.</param>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="DestinationPort">0 without ports.</param>
public sealed record NodeFlow(IPAddress Source, IPAddress Destination, byte Protocol, ushort DestinationPort = 0)
{
    /// <summary>The sender's port.</summary>
    public ushort SourcePort { get; init; } = 49_152;

    /// <summary>Type of an ICMP or ICMPv6 packet.</summary>
    public byte IcmpType { get; init; } = 8;

    /// <summary>Code of an ICMP or ICMPv6 packet.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>The interface it comes in by; null when the host sends it.</summary>
    public string? Input { get; init; }

    /// <summary>The interface it goes out by; null when it is for the host.</summary>
    public string? Output { get; init; }
}

/// <summary>What becomes of a packet on a node, and every rule on its way that said something.</summary>
/// <param name="Flow">The packet.</param>
/// <param name="IsAllowed">Whether our table lets it through.</param>
/// <param name="Steps">The rules it met, in order.</param>
public sealed record NodeExplanation(NodeFlow Flow, bool IsAllowed, IReadOnlyList<ExplainedStep> Steps)
{
    /// <summary>The rules that decided: the last word of each list of policies it was held against, or what dropped it.</summary>
    public IEnumerable<ExplainedStep> Deciders => Steps.Where(s => s.Decides);
}

/// <summary>A rule that a packet met.</summary>
/// <param name="Hook">Where in the kernel: prerouting, input, forward, output, postrouting.</param>
/// <param name="Chain">The chain.</param>
/// <param name="RuleIndex">The rule's position from 0; -1 for the chain's policy.</param>
/// <param name="Handle">The kernel's handle of the rule, as <c>nft -a</c> shows it; 0 for the chain's policy.</param>
/// <param name="Comment">What the rule's comment says; empty without one.</param>
/// <param name="Verdict">What the rule did: accept, drop, return, goto or jump with the chain, continue.</param>
/// <param name="Decides">Whether it was the last word of a list of policies, or ended the packet.</param>
public sealed record ExplainedStep(string Hook, string Chain, int RuleIndex, ulong Handle, string Comment, string Verdict, bool Decides);
