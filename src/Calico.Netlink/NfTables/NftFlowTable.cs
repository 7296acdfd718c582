namespace Calico.Netlink.NfTables;

/// <summary>What is special about a flow table (enum nft_flowtable_flags).</summary>
[Flags]
public enum NftFlowTableFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Offloaded to hardware.</summary>
    HardwareOffload = 1,

    /// <summary>Counts into conntrack.</summary>
    Counter = 2,
}

/// <summary>A flow table: established flows put there skip the chains.</summary>
/// <param name="Name">Its name, 1 to 255 bytes.</param>
/// <param name="Priority">Its priority at the ingress hook; lower runs first.</param>
/// <param name="Devices">The devices it runs on.</param>
/// <remarks>Source: linux/netfilter/nf_tables.h, enum nft_flowtable_attributes.</remarks>
public sealed record NftFlowTable(string Name, int Priority, ValueList<string> Devices)
{
    /// <summary>Offload, counting.</summary>
    public NftFlowTableFlags Flags { get; init; }

    /// <summary>The kernel's handle; 0 in what is wanted.</summary>
    public ulong Handle { get; init; }

    /// <summary>How many rules point here; 0 in what is wanted.</summary>
    public uint Uses { get; init; }
}
