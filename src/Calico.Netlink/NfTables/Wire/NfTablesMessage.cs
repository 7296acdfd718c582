namespace Calico.Netlink.NfTables.Wire;

/// <summary>Message types of NFNL_SUBSYS_NFTABLES (enum nf_tables_msg_types).</summary>
internal enum NfTablesMessage : byte
{
    NewTable, GetTable, DeleteTable,
    NewChain, GetChain, DeleteChain,
    NewRule, GetRule, DeleteRule,
    NewSet, GetSet, DeleteSet,
    NewElement, GetElement, DeleteElement,
    NewGeneration, GetGeneration,
    Trace,
    NewObject, GetObject, DeleteObject, GetObjectReset,
    NewFlowTable, GetFlowTable, DeleteFlowTable,
    GetRuleReset,
    DestroyTable, DestroyChain, DestroyRule, DestroySet, DestroyElement, DestroyObject, DestroyFlowTable,
    GetElementReset,
}

internal static class NfTablesWire
{
    public const byte Subsystem = 10; // NFNL_SUBSYS_NFTABLES
    public const int HeaderLength = 4; // struct nfgenmsg
    public const ushort ListElement = 1; // NFTA_LIST_ELEM
    public const ushort BatchBegin = 0x10;
    public const ushort BatchEnd = 0x11;
    public const ushort BatchGeneration = 1; // NFNL_BATCH_GENID

    public static NetlinkMessageWriter Begin(NetlinkBatch batch, NfTablesMessage type, NetlinkFlags flags, NftFamily family) =>
        batch.BeginNetfilter(Subsystem, (byte)type, flags, (byte)family);
}
