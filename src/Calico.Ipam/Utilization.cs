using System.Net;

namespace Calico.Ipam;

/// <summary>How full a pool is. Counts saturate at 2^63 − 1.</summary>
/// <param name="Name">The pool's name; <c>orphaned allocation blocks</c> for blocks outside every pool.</param>
/// <param name="Cidr">The pool's range; null for the blocks outside every pool.</param>
/// <param name="Capacity">All its addresses.</param>
/// <param name="InUse">Addresses that are not free, cooling ones among them.</param>
/// <param name="Reserved">Addresses under a reservation; overlapping reservations count once.</param>
/// <param name="Available">Addresses that could be assigned automatically; an address both in use and reserved is missing once.</param>
/// <param name="Blocks">Its blocks in order of addresses.</param>
public sealed record PoolUtilization(string Name, IPNetwork? Cidr, long Capacity, long InUse, long Reserved, long Available, IReadOnlyList<BlockUtilization> Blocks)
{
    /// <summary>The name that stands for blocks outside every pool.</summary>
    public const string Orphaned = "orphaned allocation blocks";
}

/// <summary>How full a block is.</summary>
/// <param name="Cidr">The block's range.</param>
/// <param name="Owner">Whose it is; null for nobody's.</param>
/// <param name="Capacity">All its addresses.</param>
/// <param name="InUse">Addresses that are not free, cooling ones among them.</param>
/// <param name="Reserved">Addresses under a reservation.</param>
/// <param name="Available">Addresses that could be assigned automatically.</param>
/// <param name="Cooling">Addresses that were released and wait out their cool-down.</param>
/// <param name="Borrowed">Addresses that another node uses.</param>
public sealed record BlockUtilization(IPNetwork Cidr, AffinityOwner? Owner, long Capacity, long InUse, long Reserved, long Available, long Cooling, long Borrowed);
