namespace Calico.Netlink.NfTables;

/// <summary>What names a table: its family and its name.</summary>
/// <param name="Family">The family.</param>
/// <param name="Name">The name.</param>
public readonly record struct NftTableId(NftFamily Family, string Name)
{
    /// <summary>The table as nft names it.</summary>
    /// <returns>For example <c>inet filter</c>.</returns>
    public override string ToString() => $"{Family.ToString().ToLowerInvariant()} {Name}";
}
