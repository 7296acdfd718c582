using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>Kinds of stateful objects (NFT_OBJECT_*).</summary>
public enum NftObjectType : uint
{
    /// <summary>Counts packets and bytes.</summary>
    Counter = 1,

    /// <summary>Up to or over a number of bytes.</summary>
    Quota = 2,

    /// <summary>A conntrack helper to assign.</summary>
    CtHelper = 3,

    /// <summary>A rate.</summary>
    Limit = 4,

    /// <summary>A number of connections.</summary>
    ConnLimit = 5,

    /// <summary>Tunnel metadata.</summary>
    Tunnel = 6,

    /// <summary>Conntrack timeouts to assign.</summary>
    CtTimeout = 7,

    /// <summary>A security mark.</summary>
    Secmark = 8,

    /// <summary>A conntrack expectation to make.</summary>
    CtExpectation = 9,

    /// <summary>A SYN proxy.</summary>
    Synproxy = 10,
}

/// <summary>A stateful object with a name, which rules and maps refer to.</summary>
/// <param name="Name">Its name, 1 to 255 bytes.</param>
/// <param name="Content">What it is and its state.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_object_attributes.</remarks>
public sealed record NftObject(string Name, NftObjectContent Content)
{
    /// <summary>What user space noted; nft puts the comment there.</summary>
    public NftUserData UserData { get; init; }

    /// <summary>The comment nft shows.</summary>
    public string? Comment
    {
        get => UserData.GetText(0);
        init => UserData = default(NftUserData).Add(0, value);
    }

    /// <summary>The kernel's handle; 0 in what is wanted.</summary>
    public ulong Handle { get; init; }

    /// <summary>How many rules and elements point here; 0 in what is wanted.</summary>
    public uint Uses { get; init; }
}

/// <summary>What a stateful object is.</summary>
public abstract record NftObjectContent
{
    private protected NftObjectContent()
    {
    }

    /// <summary>The kind.</summary>
    public abstract NftObjectType Type { get; }
}

/// <summary>An object whose content is that of an expression: counter, quota, limit, connlimit, synproxy.</summary>
/// <param name="State">A <see cref="CounterExpression"/>, <see cref="QuotaExpression"/>, <see cref="LimitExpression"/>, <see cref="ConnLimitExpression"/> or <see cref="SynproxyExpression"/>.</param>
public sealed record NftStatefulObject(NftExpression State) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => State switch
    {
        CounterExpression => NftObjectType.Counter,
        QuotaExpression => NftObjectType.Quota,
        LimitExpression => NftObjectType.Limit,
        ConnLimitExpression => NftObjectType.ConnLimit,
        SynproxyExpression => NftObjectType.Synproxy,
        _ => throw new InvalidOperationException($"A {State.Name} expression is no stateful object; counter, quota, limit, connlimit and synproxy are."),
    };
}

/// <summary>A conntrack helper to assign (enum nft_ct_helper_attributes).</summary>
/// <param name="Helper">The helper's name, for example <c>ftp</c>.</param>
/// <param name="L4Protocol">TCP (6) or UDP (17).</param>
/// <param name="L3Protocol">NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10); null leaves it to the table's family.</param>
public sealed record NftCtHelperObject(string Helper, byte L4Protocol, ushort? L3Protocol) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtHelper;
}

/// <summary>Conntrack timeouts to assign (enum nft_ct_timeout_timeout_attributes).</summary>
/// <param name="L4Protocol">TCP (6), UDP (17)…</param>
/// <param name="L3Protocol">NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10).</param>
/// <param name="Policy">State number of that protocol (CTA_TIMEOUT_TCP_*, CTA_TIMEOUT_UDP_*…) → seconds.</param>
public sealed record NftCtTimeoutObject(byte L4Protocol, ushort L3Protocol, ValueList<KeyValuePair<ushort, uint>> Policy) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtTimeout;
}

/// <summary>A conntrack expectation to make (enum nft_ct_expectation_attributes).</summary>
/// <param name="L4Protocol">TCP (6), UDP (17)…</param>
/// <param name="L3Protocol">NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10).</param>
/// <param name="DestinationPort">The expected destination port.</param>
/// <param name="TimeoutMilliseconds">How long the expectation lives.</param>
/// <param name="Size">How many at once.</param>
public sealed record NftCtExpectationObject(byte L4Protocol, ushort L3Protocol, ushort DestinationPort, uint TimeoutMilliseconds, byte Size) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtExpectation;
}

/// <summary>A security mark (enum nft_secmark_attributes).</summary>
/// <param name="Context">The security context, for example of SELinux.</param>
public sealed record NftSecmarkObject(string Context) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.Secmark;
}

/// <summary>An object kept as the kernel gave it: tunnels, and kinds newer than this library.</summary>
/// <param name="RawType">Its kind.</param>
/// <param name="Attributes">The attributes of NFTA_OBJ_DATA, as on the wire.</param>
public sealed record NftRawObject(NftObjectType RawType, ValueList<byte> Attributes) : NftObjectContent
{
    /// <inheritdoc/>
    public override NftObjectType Type => RawType;
}
