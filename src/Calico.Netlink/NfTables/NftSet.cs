using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>What a set is (enum nft_set_flags).</summary>
[Flags]
public enum NftSetFlags : uint
{
    /// <summary>A hash set of single keys.</summary>
    None = 0,

    /// <summary>Used by one rule only and gone with it.</summary>
    Anonymous = 0x1,

    /// <summary>Its elements do not change while it is in use.</summary>
    Constant = 0x2,

    /// <summary>Its elements may be ranges.</summary>
    Interval = 0x4,

    /// <summary>Each key has data: a map.</summary>
    Map = 0x8,

    /// <summary>Elements may expire.</summary>
    Timeout = 0x10,

    /// <summary>Rules add elements (nft's <c>dynamic</c>).</summary>
    Dynamic = 0x20,

    /// <summary>Each key names a stateful object.</summary>
    Object = 0x40,

    /// <summary>Ranges for each field of a concatenated key.</summary>
    Concat = 0x80,

    /// <summary>Elements carry stateful expressions of their own.</summary>
    Expression = 0x100,
}

/// <summary>Which representation the kernel should prefer (enum nft_set_policies).</summary>
public enum NftSetPolicy
{
    /// <summary>The faster one.</summary>
    Performance = 0,

    /// <summary>The smaller one.</summary>
    Memory = 1,
}

/// <summary>A set, or a map when it has a data type.</summary>
/// <param name="Name">Its name, 1 to 255 bytes; <c>__set%d</c> or <c>__map%d</c> for an anonymous one.</param>
/// <param name="KeyType">The type of its keys.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_set_attributes.</remarks>
public sealed partial record NftSet(string Name, NftType KeyType)
{
    /// <summary>The type of a map's data; <see cref="NftType.Verdict"/> for a verdict map; null for a set and for a map of objects.</summary>
    public NftType? DataType { get; init; }

    /// <summary>The kind of object a map of objects names; null otherwise.</summary>
    public NftObjectType? ObjectType { get; init; }

    /// <summary>Interval, timeout, dynamic…; what follows from the types is added when the set is written.</summary>
    public NftSetFlags Flags { get; init; }

    /// <summary>Performance or memory.</summary>
    public NftSetPolicy Policy { get; init; }

    /// <summary>The most elements; 0 is no limit. The kernel makes a hash set that large at once: loading a million elements takes less than half the time than into one it has to grow.</summary>
    public uint Size { get; init; }

    /// <summary>How long an element lives when it says nothing itself; zero is forever. Milliseconds count.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How often expired elements are cleared; zero leaves it to the kernel.</summary>
    public TimeSpan GcInterval { get; init; }

    /// <summary>Stateful expressions each new element gets: counter, limit, quota, last, connlimit.</summary>
    public ValueList<NftExpression> ElementExpressions { get; init; }

    /// <summary>Elements; each key once, in any order.</summary>
    public ValueList<NftElement> Elements { get; init; }

    /// <summary>Whether nft merges adjacent ranges of this set.</summary>
    public bool AutoMerge { get; init; }

    /// <summary>The comment nft shows.</summary>
    public string? Comment { get; init; }

    /// <summary>What user space noted, as read; null lets the writer note what nft would.</summary>
    public NftUserData? UserData { get; init; }

    /// <summary>The kernel's handle; 0 in what is wanted.</summary>
    public ulong Handle { get; init; }

    /// <summary>Whether keys have data or objects.</summary>
    public bool IsMap => DataType is not null || ObjectType is not null;

    /// <summary>Whether ranges are kept as two elements, start and end, as the kernel does for single-field interval sets.</summary>
    internal bool SplitsRanges => (Flags & (NftSetFlags.Interval | NftSetFlags.Concat)) == NftSetFlags.Interval && !KeyType.IsConcatenation;

    /// <summary>The flags with those the types imply.</summary>
    public NftSetFlags EffectiveFlags => Flags
        | (DataType is not null ? NftSetFlags.Map : 0)
        | (ObjectType is not null ? NftSetFlags.Object : 0)
        | (Timeout > TimeSpan.Zero ? NftSetFlags.Timeout : 0)
        | (ElementExpressions.Count > 1 ? NftSetFlags.Expression : 0)
        | ((Flags & NftSetFlags.Interval) != 0 && KeyType.IsConcatenation ? NftSetFlags.Concat : 0);

    /// <summary>What matters of an anonymous set: types and elements. Size and notes are advice to the kernel and to nft.</summary>
    internal NftSet NormalizeAnonymous() => this with
    {
        Size = 0,
        AutoMerge = false,
        Comment = null,
        UserData = null,
        Flags = EffectiveFlags & ~NftSetFlags.Expression,
        Handle = 0,
        Elements = Elements.OrderBy(e => e.Key).Select(e => e.Details is null ? e : e with { Details = e.Details with { Expressions = [], Expiration = null } }).ToValueList(),
    };
}
