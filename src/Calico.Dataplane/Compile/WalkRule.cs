namespace Calico.Dataplane.Compile;

/// <summary>What a rule of a walk does once its terms hold.</summary>
internal enum WalkVerdict : byte
{
    /// <summary>The packet has passed this walk.</summary>
    Allow,

    Deny,

    /// <summary>On to the next tier.</summary>
    Goto,

    /// <summary>Walk a staged policy's chain, then come back.</summary>
    Jump,

    /// <summary>Leave a staged policy's chain.</summary>
    Return,

    /// <summary>Write a line to the kernel log and go on.</summary>
    Log,
}

/// <summary>A kernel rule to be: terms, verdict, and who is responsible for it.</summary>
/// <param name="Terms">All must hold.</param>
/// <param name="Verdict">What then happens.</param>
/// <param name="Target">The chain of Goto and Jump.</param>
/// <param name="Owner">Who decided; the rule's comment, and what flow logs and explanations name.</param>
/// <param name="Staged">Counts what a policy would do; enforces nothing.</param>
internal sealed record WalkRule(IReadOnlyList<PacketTerm> Terms, WalkVerdict Verdict, string? Target, RuleOwner Owner, bool Staged = false)
{
    public bool EndsChain => Terms.Count == 0 && Verdict is not (WalkVerdict.Jump or WalkVerdict.Log);
}

/// <summary>A chain of a walk.</summary>
internal sealed record WalkChain(string Name, string Comment, List<WalkRule> Rules);
