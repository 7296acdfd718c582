namespace Calico.Netlink.NfTables;

/// <summary>What becomes of a packet or of the walk through the chains (enum nft_verdicts, and NF_* of linux/netfilter.h).</summary>
public enum NftVerdictCode
{
    /// <summary>The packet is discarded.</summary>
    Drop = 0,

    /// <summary>The packet goes on to the next hook or base chain.</summary>
    Accept = 1,

    /// <summary>The packet was taken by someone else.</summary>
    Stolen = 2,

    /// <summary>The packet goes to user space (NFQUEUE); bits 16–31 of the number are the queue.</summary>
    Queue = 3,

    /// <summary>The hook is run again.</summary>
    Repeat = 4,

    /// <summary>The next rule follows; in a verdict map: an element without effect.</summary>
    Continue = -1,

    /// <summary>The rest of this rule is skipped.</summary>
    Break = -2,

    /// <summary>Another chain is walked, then the walk comes back.</summary>
    Jump = -3,

    /// <summary>Another chain is walked; the walk does not come back here.</summary>
    Goto = -4,

    /// <summary>The walk goes back to the calling chain; in a base chain its policy decides.</summary>
    Return = -5,
}

/// <summary>A verdict: a code, and a chain for <c>jump</c> and <c>goto</c>.</summary>
/// <param name="Code">The code.</param>
/// <param name="Chain">The chain to walk; null unless the code is jump or goto.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_verdict_attributes.</remarks>
public readonly record struct NftVerdict(NftVerdictCode Code, string? Chain = null)
{
    /// <summary><c>accept</c></summary>
    public static NftVerdict Accept => new(NftVerdictCode.Accept);

    /// <summary><c>drop</c></summary>
    public static NftVerdict Drop => new(NftVerdictCode.Drop);

    /// <summary><c>return</c></summary>
    public static NftVerdict Return => new(NftVerdictCode.Return);

    /// <summary><c>continue</c></summary>
    public static NftVerdict Continue => new(NftVerdictCode.Continue);

    /// <summary><c>jump CHAIN</c></summary>
    /// <param name="chain">A regular chain of the same table.</param>
    /// <returns>The verdict.</returns>
    public static NftVerdict Jump(string chain) => new(NftVerdictCode.Jump, chain);

    /// <summary><c>goto CHAIN</c></summary>
    /// <param name="chain">A regular chain of the same table.</param>
    /// <returns>The verdict.</returns>
    public static NftVerdict Goto(string chain) => new(NftVerdictCode.Goto, chain);

    /// <summary>The verdict as nft writes it.</summary>
    /// <returns>For example <c>jump web</c>.</returns>
    public override string ToString() => Chain is null ? Code.ToString().ToLowerInvariant() : $"{Code.ToString().ToLowerInvariant()} {Chain}";
}
