namespace Calico.Netlink.NfTables;

/// <summary>A family of tables: which packets its chains see (NFPROTO_*, linux/netfilter.h).</summary>
public enum NftFamily : byte
{
    /// <summary>IPv4 and IPv6 together.</summary>
    Inet = 1,

    /// <summary>IPv4.</summary>
    Ip = 2,

    /// <summary>ARP.</summary>
    Arp = 3,

    /// <summary>A device's ingress and egress.</summary>
    Netdev = 5,

    /// <summary>Frames through a bridge.</summary>
    Bridge = 7,

    /// <summary>IPv6.</summary>
    Ip6 = 10,
}

/// <summary>What is special about a table (enum nft_table_flags).</summary>
[Flags]
public enum NftTableFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its chains are not hooked in.</summary>
    Dormant = 1,

    /// <summary>Only the socket that made it may change it; it vanishes with the socket unless it persists.</summary>
    Owner = 2,

    /// <summary>An owned table that stays when its socket closes (kernel 6.10).</summary>
    Persist = 4,
}

/// <summary>A table with everything in it: what is wanted, or what the kernel has.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Name">Its name, 1 to 255 bytes.</param>
/// <remarks>Order matters in <see cref="NftChain.Rules"/> only. Source: linux/netfilter/nf_tables.h, enum nft_table_attributes.</remarks>
public sealed record NftTable(NftFamily Family, string Name)
{
    /// <summary>What names it.</summary>
    public NftTableId Id => new(Family, Name);

    /// <summary>Dormant, owned.</summary>
    public NftTableFlags Flags { get; init; }

    /// <summary>Chains; each name once.</summary>
    public ValueList<NftChain> Chains { get; init; }

    /// <summary>Sets and maps; each name once. Anonymous sets are not here but in the expression that uses them.</summary>
    public ValueList<NftSet> Sets { get; init; }

    /// <summary>Counters, quotas, limits… with a name; each name once for each kind.</summary>
    public ValueList<NftObject> Objects { get; init; }

    /// <summary>Flow tables; each name once.</summary>
    public ValueList<NftFlowTable> FlowTables { get; init; }

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

    /// <summary>The netlink port id of the owner, when owned; 0 in what is wanted.</summary>
    public uint OwnerPortId { get; init; }

    /// <summary>A chain by name.</summary>
    /// <param name="name">The chain's name.</param>
    /// <returns>The chain, or null.</returns>
    public NftChain? Chain(string name) => Find(Chains, c => c.Name == name);

    /// <summary>A set or map by name.</summary>
    /// <param name="name">The set's name.</param>
    /// <returns>The set, or null.</returns>
    public NftSet? Set(string name) => Find(Sets, s => s.Name == name);

    private static T? Find<T>(ValueList<T> items, Predicate<T> wanted)
        where T : class
    {
        foreach (T item in items)
            if (wanted(item)) return item;
        return null;
    }

    /// <summary>The table as nft names it.</summary>
    /// <returns>For example <c>inet filter</c>.</returns>
    public override string ToString() => Id.ToString();
}
