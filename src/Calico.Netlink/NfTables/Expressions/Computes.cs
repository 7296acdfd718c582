namespace Calico.Netlink.NfTables.Expressions;

/// <summary>How values are compared (enum nft_cmp_ops).</summary>
public enum NftCompare : uint
{
    /// <summary>Equal.</summary>
    Equal,

    /// <summary>Not equal.</summary>
    NotEqual,

    /// <summary>Less.</summary>
    Less,

    /// <summary>Less or equal.</summary>
    LessOrEqual,

    /// <summary>Greater.</summary>
    Greater,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual,
}

/// <summary>Breaks unless a register compares so with a value, byte by byte as memcmp does.</summary>
/// <param name="Source">The register.</param>
/// <param name="Operation">How.</param>
/// <param name="Value">The value; its length is what is compared.</param>
public sealed record CmpExpression(NftRegister Source, NftCompare Operation, NftValue Value) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "cmp";
}

/// <summary>Breaks unless a register is in a range, or outside it.</summary>
/// <param name="Source">The register.</param>
/// <param name="From">The first value.</param>
/// <param name="To">The last value, inclusive.</param>
/// <param name="Outside">Whether outside is meant (NFT_RANGE_NEQ).</param>
public sealed record RangeExpression(NftRegister Source, NftValue From, NftValue To, bool Outside = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "range";
}

/// <summary>Boolean algebra on a register: <c>destination = (source &amp; mask) ^ xor</c>.</summary>
/// <param name="Source">The register that is read.</param>
/// <param name="Destination">The register that is written.</param>
/// <param name="Mask">The mask; its length is what is computed.</param>
/// <param name="Xor">What is XORed, as long as the mask.</param>
public sealed record BitwiseExpression(NftRegister Source, NftRegister Destination, NftValue Mask, NftValue Xor) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "bitwise";

    /// <summary>Whether the message leaves the operation out, as nft does when it compares flags; it means the same.</summary>
    public bool ImplicitOperation { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => ImplicitOperation ? this with { ImplicitOperation = false } : this;
}

/// <summary>Shifts a register of host-order 32-bit words.</summary>
/// <param name="Source">The register that is read.</param>
/// <param name="Destination">The register that is written.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Right">Right instead of left.</param>
/// <param name="Bits">By how many bits, 1 to 31.</param>
public sealed record ShiftExpression(NftRegister Source, NftRegister Destination, uint Length, bool Right, uint Bits) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "bitwise";
}

/// <summary>AND, OR or XOR of two registers or of a register and a value (kernel 6.13).</summary>
/// <param name="Operation">3 AND, 4 OR, 5 XOR (enum nft_bitwise_ops).</param>
/// <param name="Source">The first operand.</param>
/// <param name="Destination">The register that is written.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Second">The second operand, a register; 0 when <paramref name="Value"/> is it.</param>
/// <param name="Value">The second operand; empty when it is a register.</param>
public sealed record BooleanExpression(
    uint Operation, NftRegister Source, NftRegister Destination, uint Length, NftRegister Second, NftValue Value) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "bitwise";
}

/// <summary>Turns the byte order of a register's numbers.</summary>
/// <param name="Source">The register that is read.</param>
/// <param name="Destination">The register that is written.</param>
/// <param name="ToNetwork">From host to network order, instead of the reverse.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Size">The size of each number: 2, 4 or 8.</param>
public sealed record ByteorderExpression(NftRegister Source, NftRegister Destination, bool ToNetwork, uint Length, uint Size) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "byteorder";
}

/// <summary>Loads a constant into a register.</summary>
/// <param name="Destination">The register.</param>
/// <param name="Value">The constant.</param>
public sealed record ImmediateExpression(NftRegister Destination, NftValue Value) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "immediate";
}

/// <summary>Ends the rule with a verdict.</summary>
/// <param name="Verdict">The verdict.</param>
public sealed record VerdictExpression(NftVerdict Verdict) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "immediate";

    /// <summary>The chain itself when the verdict leads to an anonymous one, nft's <c>jump { … }</c>: it lives and dies with the rule. The verdict's chain is then <see cref="NftChain.AnonymousName"/>.</summary>
    public NftChain? Anonymous { get; init; }

    /// <summary>The anonymous chain's id within the transaction that makes it; null when the chain is known by name.</summary>
    public uint? ChainId { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() =>
        Anonymous is null && ChainId is null ? this : this with { ChainId = null, Anonymous = Anonymous?.NormalizeAnonymous() };
}

/// <summary>Looks a register up in a set; breaks unless it is there (or is not, when inverted).</summary>
/// <param name="Set">The set's name; <c>__set%d</c> or <c>__map%d</c> with <see cref="Anonymous"/>.</param>
/// <param name="Source">The register with the key.</param>
/// <param name="Destination">Where a map's data go: <see cref="NftRegister.Verdict"/> for verdict maps; null for a set.</param>
/// <param name="Inverted">Whether the key must not be there.</param>
public sealed record LookupExpression(string Set, NftRegister Source, NftRegister? Destination = null, bool Inverted = false) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "lookup";

    /// <summary>The set itself when it is anonymous: it lives and dies with the rule.</summary>
    public NftSet? Anonymous { get; init; }

    /// <summary>The set's id within the transaction that makes it; null when it is known by name.</summary>
    public uint? SetId { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { SetId = null, Anonymous = Anonymous?.NormalizeAnonymous() };
}

/// <summary>What is done to a set from a rule (enum nft_dynset_ops).</summary>
public enum NftDynsetOperation : uint
{
    /// <summary>Adds the element unless it is there.</summary>
    Add,

    /// <summary>Adds it or starts its timeout anew.</summary>
    Update,

    /// <summary>Deletes it.</summary>
    Delete,
}

/// <summary>Adds, updates or deletes an element from a rule; breaks when the set is full or an element's expression breaks.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Key">The register with the key.</param>
public sealed record DynsetExpression(string Set, NftDynsetOperation Operation, NftRegister Key) : NftExpression
{
    /// <inheritdoc/>
    public override string Name => "dynset";

    /// <summary>The register with a map's data; null for a set.</summary>
    public NftRegister? Data { get; init; }

    /// <summary>The element's timeout; zero leaves it to the set.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Breaks where it would go on, and the reverse (NFT_DYNSET_F_INV).</summary>
    public bool Inverted { get; init; }

    /// <summary>Stateful expressions of the new element.</summary>
    public ValueList<NftExpression> Expressions { get; init; }

    /// <summary>The set's id within the transaction that makes it; null when it is known by name.</summary>
    public uint? SetId { get; init; }

    /// <inheritdoc/>
    public override NftExpression Normalize() => this with { SetId = null, Expressions = Expressions.Select(e => e.Normalize()).ToValueList() };
}
