using System.Diagnostics.CodeAnalysis;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>An element of a set or map: a key or an inclusive range of keys, and what a map has for it.</summary>
/// <remarks>
/// A range in an interval set is one element here, though the kernel keeps its two ends; a single key in such a set is a range of one.
/// Source: linux/netfilter/nf_tables.h, enum nft_set_elem_attributes.
/// </remarks>
public readonly record struct NftElement
{
    private readonly NftValue _key;
    private readonly NftValue _keyEnd;

    /// <summary>A key.</summary>
    /// <param name="key">The key; its length is the set's key length.</param>
    public NftElement(NftValue key) => Key = key;

    /// <summary>A key of a map with a verdict.</summary>
    /// <param name="key">The key.</param>
    /// <param name="verdict">Its verdict.</param>
    public NftElement(NftValue key, NftVerdict verdict)
        : this(key) => Verdict = verdict;

    /// <summary>A key of a map with data.</summary>
    /// <param name="key">The key.</param>
    /// <param name="data">Its data; its length is the map's data length.</param>
    public NftElement(NftValue key, NftValue data)
        : this(key) => Data = data;

    /// <summary>The key, or the first of a range; empty for the catch-all element.</summary>
    public NftValue Key { get => _key; init => _key = value; }

    /// <summary>The last key of a range, inclusive; empty for a single key.</summary>
    public NftValue KeyEnd { get => _keyEnd; init => _keyEnd = value; }

    /// <summary>A map's data; empty without.</summary>
    public NftValue Data { get; init; }

    /// <summary>A verdict map's verdict; null without.</summary>
    public NftVerdict? Verdict { get; init; }

    /// <summary>What few elements have; null without.</summary>
    public NftElementDetails? Details { get; init; }

    /// <summary>Whether this is <c>*</c>: what every key finds that no other element has.</summary>
    public bool IsCatchAll => Key.IsEmpty;

    /// <summary>The catch-all element of a set.</summary>
    public static NftElement CatchAll => default;

    /// <summary>Whether this element is a range of more than one key.</summary>
    public bool IsRange => !KeyEnd.IsEmpty && KeyEnd != Key;

    /// <summary>The last key of a range, or the only key.</summary>
    [UnscopedRef]
    internal ref readonly NftValue LastKey => ref IsRange ? ref _keyEnd : ref _key;

    /// <summary>The comment nft shows.</summary>
    public string? Comment
    {
        get => Details?.UserData.GetText(0);
        init => Details = (Details ?? NftElementDetails.None) with { UserData = default(NftUserData).Add(0, value) };
    }

    /// <summary>An inclusive range of keys, for interval sets.</summary>
    /// <param name="first">The first key.</param>
    /// <param name="last">The last key, not before the first (in a concatenation: in no field).</param>
    /// <returns>The element.</returns>
    public static NftElement Range(NftValue first, NftValue last) => new(first) { KeyEnd = last == first ? default : last };
}

/// <summary>What few elements have.</summary>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_set_elem_attributes.</remarks>
public sealed record NftElementDetails
{
    /// <summary>Nothing.</summary>
    public static NftElementDetails None { get; } = new();

    /// <summary>How long the element lives after it was added; null is the set's timeout, zero is forever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it still lives; null when it does not expire.</summary>
    public TimeSpan? Expiration { get; init; }

    /// <summary>The object a map of objects has for the key.</summary>
    public string? ObjectName { get; init; }

    /// <summary>Stateful expressions of the element: counter, limit, quota…</summary>
    public ValueList<NftExpression> Expressions { get; init; }

    /// <summary>What user space noted; nft puts the comment there.</summary>
    public NftUserData UserData { get; init; }
}
