namespace Calico.Netlink.NfTables;

/// <summary>Tables as they were in one generation.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="Tables">The tables.</param>
public sealed record NftSnapshot(NftGeneration Generation, ValueList<NftTable> Tables)
{
    /// <summary>A table of the snapshot.</summary>
    /// <param name="id">The table's name.</param>
    /// <returns>The table, or null.</returns>
    public NftTable? Table(NftTableId id)
    {
        foreach (NftTable table in Tables)
            if (table.Id == id) return table;
        return null;
    }
}
