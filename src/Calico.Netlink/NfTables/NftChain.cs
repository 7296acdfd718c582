using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>Where a base chain is hooked in. The first five are the IP families' and the bridge's; the device's and ARP's have numbers of their own.</summary>
public enum NftHook
{
    /// <summary>Before routing (NF_INET_PRE_ROUTING).</summary>
    Prerouting,

    /// <summary>To this host (NF_INET_LOCAL_IN).</summary>
    Input,

    /// <summary>Through this host (NF_INET_FORWARD).</summary>
    Forward,

    /// <summary>From this host (NF_INET_LOCAL_OUT).</summary>
    Output,

    /// <summary>After routing (NF_INET_POST_ROUTING).</summary>
    Postrouting,

    /// <summary>At a device, inbound (NF_NETDEV_INGRESS, NF_INET_INGRESS).</summary>
    Ingress,

    /// <summary>At a device, outbound (NF_NETDEV_EGRESS).</summary>
    Egress,
}

/// <summary>Priorities that nft has names for, in the IP families (enum nf_ip_hook_priorities); lower runs first.</summary>
public static class NftPriority
{
    /// <summary><c>raw</c>: before conntrack.</summary>
    public const int Raw = -300;

    /// <summary><c>mangle</c></summary>
    public const int Mangle = -150;

    /// <summary><c>dstnat</c></summary>
    public const int DestinationNat = -100;

    /// <summary><c>filter</c></summary>
    public const int Filter = 0;

    /// <summary><c>security</c></summary>
    public const int Security = 50;

    /// <summary><c>srcnat</c></summary>
    public const int SourceNat = 100;
}

/// <summary>What makes a chain a base chain.</summary>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Hook">Where.</param>
/// <param name="Priority">When: lower runs first; see <see cref="NftPriority"/>.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_hook_attributes.</remarks>
public sealed record NftBaseChain(string Type, NftHook Hook, int Priority)
{
    /// <summary>What becomes of packets that leave the chain's end: accept (the default) or drop.</summary>
    public NftVerdictCode Policy { get; init; } = NftVerdictCode.Accept;

    /// <summary>The devices of an ingress or egress chain; a name ending in <c>*</c> is a wildcard (kernel 6.16).</summary>
    public ValueList<string> Devices { get; init; }
}

/// <summary>What is special about a chain (enum nft_chain_flags), apart from being a base chain.</summary>
[Flags]
public enum NftChainFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Offloaded to hardware.</summary>
    HardwareOffload = 2,

    /// <summary>Anonymous: lives and dies with the rule that jumps to it.</summary>
    Binding = 4,
}

/// <summary>A chain and its rules.</summary>
/// <param name="Name">Its name, 1 to 255 bytes.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_chain_attributes.</remarks>
public sealed record NftChain(string Name)
{
    /// <summary>The name of every anonymous chain here; the kernel numbers them.</summary>
    public const string AnonymousName = "__chain%d";

    /// <summary>Where it is hooked in; null for a regular chain, reached by jump or goto.</summary>
    public NftBaseChain? Base { get; init; }

    /// <summary>Offload, binding.</summary>
    public NftChainFlags Flags { get; init; }

    /// <summary>The rules, in the order they are tried.</summary>
    public ValueList<NftRule> Rules { get; init; }

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

    /// <summary>What matters of an anonymous chain: its rules.</summary>
    internal NftChain NormalizeAnonymous() => new(AnonymousName)
    {
        Flags = NftChainFlags.Binding,
        Rules = Rules.Select(r => r with { Handle = 0, Expressions = r.Expressions.Select(e => e.Normalize()).ToValueList() }).ToValueList(),
    };
}

/// <summary>A rule: expressions run one after the other until one ends the rule.</summary>
/// <param name="Expressions">The expressions, as the kernel runs them. <c>NftRule.Of</c> makes them from statements.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_rule_attributes.</remarks>
public sealed partial record NftRule(ValueList<NftExpression> Expressions)
{
    /// <summary>What user space noted; nft puts the comment there.</summary>
    public NftUserData UserData { get; init; }

    /// <summary>The comment nft shows; at most 254 bytes, of which nft shows 128.</summary>
    public string? Comment
    {
        get => UserData.GetText(0);
        init => UserData = default(NftUserData).Add(0, value);
    }

    /// <summary>The kernel's handle; 0 in what is wanted.</summary>
    public ulong Handle { get; init; }
}
