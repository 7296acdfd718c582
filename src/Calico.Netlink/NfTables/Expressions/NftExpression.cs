namespace Calico.Netlink.NfTables.Expressions;

/// <summary>One instruction of a rule: it loads, computes, compares, decides, or acts.</summary>
/// <remarks>
/// The hierarchy is closed; what this library does not know is a <see cref="RawExpression"/>. Properties have the kernel's defaults,
/// so an expression equals what the kernel gives back for it. Source: linux/netfilter/nf_tables.h.
/// </remarks>
public abstract record NftExpression
{
    private protected NftExpression()
    {
    }

    /// <summary>The kernel's name, for example <c>payload</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What was asked for: running state (counted packets, used quota) at zero and what the kernel adds by itself taken away.</summary>
    /// <returns>Equal for an expression and for what the kernel gives back for it.</returns>
    public virtual NftExpression Normalize() => this;
}

/// <summary>An expression this library does not know, kept as it was.</summary>
/// <param name="RawName">The kernel's name.</param>
/// <param name="Attributes">The attributes of NFTA_EXPR_DATA, as on the wire.</param>
public sealed record RawExpression(string RawName, ValueList<byte> Attributes) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => RawName;
}

/// <summary>A register (enum nft_registers). 64 bytes of registers are seen as four of 16 bytes or sixteen of 4.</summary>
public enum NftRegister : uint
{
    /// <summary>Holds the verdict.</summary>
    Verdict = 0,

    /// <summary>Bytes 0–15.</summary>
    R1 = 1,

    /// <summary>Bytes 16–31.</summary>
    R2 = 2,

    /// <summary>Bytes 32–47.</summary>
    R3 = 3,

    /// <summary>Bytes 48–63.</summary>
    R4 = 4,

    /// <summary>Bytes 0–3; the others of 4 bytes follow, up to 23.</summary>
    R32_0 = 8,
}

/// <summary>Arithmetic on registers.</summary>
public static class NftRegisters
{
    /// <summary>The register that begins at a 4-byte word, as the kernel names it.</summary>
    /// <param name="word">0 to 15.</param>
    /// <returns>The 16-byte register where one begins there, else the 4-byte one.</returns>
    public static NftRegister FromWord(int word)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(word);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(word, 15);
        return word % 4 == 0 ? (NftRegister)(1 + word / 4) : (NftRegister)(8 + word);
    }

    /// <summary>The 4-byte word a register begins at.</summary>
    /// <param name="register">The register.</param>
    /// <returns>0 to 15; -1 for the verdict register and numbers that name none.</returns>
    public static int ToWord(NftRegister register) => (uint)register switch
    {
        >= 1 and <= 4 => ((int)register - 1) * 4,
        >= 8 and <= 23 => (int)register - 8,
        _ => -1,
    };
}
