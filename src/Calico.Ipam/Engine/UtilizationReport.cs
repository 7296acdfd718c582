using System.Net;
using Calico.Ipam.Blocks;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Engine;

/// <summary>Counts addresses by pool and block. Pure.</summary>
internal static class UtilizationReport
{
    public static List<PoolUtilization> Make(IpamCluster cluster, IEnumerable<IpamBlock> blocks, IReadOnlySet<string>? only = null)
    {
        ILookup<PoolEntry?, IpamBlock> byPool = blocks.OrderBy(block => block.Range).ToLookup(block => cluster.PoolOf(block.Range));
        List<PoolUtilization> report = [];
        foreach (PoolEntry pool in cluster.Entries)
        {
            if (only is null || only.Contains(pool.Pool.Name) || only.Contains(pool.Range.ToString())) report.Add(Pool(cluster, pool, byPool[pool]));
        }

        if (only is null && byPool[null].Any())
        {
            List<BlockUtilization> orphans = [.. byPool[null].Select(block => Block(cluster, block))];
            report.Add(new PoolUtilization(PoolUtilization.Orphaned, null, orphans.Sum(b => b.Capacity), orphans.Sum(b => b.InUse), orphans.Sum(b => b.Reserved), orphans.Sum(b => b.Available), orphans));
        }

        return report;
    }

    private static PoolUtilization Pool(IpamCluster cluster, PoolEntry pool, IEnumerable<IpamBlock> blocks)
    {
        List<BlockUtilization> list = [];
        List<(IpPrefix, IpPrefix)> taken = [];
        foreach (IpamBlock block in blocks)
        {
            list.Add(Block(cluster, block));
            taken.Add((block.Range, block.Range));
        }

        (long capacity, long reserved, long outside) = Space(pool.Pool.Cidr, cluster.Reserved, new AddressFilter(taken));
        long available = Saturate((UInt128)outside + (UInt128)list.Sum(block => block.Available));
        return new PoolUtilization(pool.Pool.Name, pool.Range.ToIPNetwork(), capacity, list.Sum(block => block.InUse), reserved, available, list);
    }

    /// <summary>A pool's addresses, the reserved ones among them, and those that are neither reserved nor in a block.</summary>
    public static (long Capacity, long Reserved, long AvailableOutsideBlocks) Space(IPNetwork range, AddressFilter reserved, AddressFilter blocks)
    {
        IpPrefix pool = IpPrefix.From(range);
        int bits = pool.MaxLength - pool.Length;
        UInt128 capacity = bits >= 128 ? UInt128.MaxValue : UInt128.One << bits;
        UInt128 covered = reserved.Union(blocks).CountIn(pool);
        return (Saturate(capacity), Saturate(reserved.CountIn(pool)), Saturate(capacity - covered));
    }

    private static BlockUtilization Block(IpamCluster cluster, IpamBlock block)
    {
        List<BlockAllocation> allocations = [.. block.Allocations];
        return new BlockUtilization(
            block.Cidr, block.Affinity, block.Size, allocations.Count, block.ReservedCount(cluster.Reserved), block.FreeCount(cluster.Reserved),
            allocations.Count(allocation => allocation.Attribute.IsCooling), allocations.Count(allocation => allocation.IsBorrowed));
    }

    private static long Saturate(UInt128 count) => count > long.MaxValue ? long.MaxValue : (long)count;
}
