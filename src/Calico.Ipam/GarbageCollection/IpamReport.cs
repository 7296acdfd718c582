using System.Diagnostics.Metrics;
using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;

namespace Calico.Ipam.GarbageCollection;

/// <summary>Calico's IPAM gauges (kube-controllers), as of the last look of garbage collection.</summary>
internal static class IpamReport
{
    private static readonly Counter<long> Reclamations = IpamMetrics.Meter.CreateCounter<long>("ipam_allocations_gc_reclamations", "{address}", "Leaked allocations that were released.");
    private static volatile Snapshot _snapshot = new([], []);
    private static volatile Dictionary<(string Node, string Pool), long> _candidates = [];

    static IpamReport()
    {
        IpamMetrics.Meter.CreateObservableGauge("ipam_allocations_in_use", () => PerNode(static count => count.InUse), "{address}", "Addresses in use.");
        IpamMetrics.Meter.CreateObservableGauge("ipam_allocations_borrowed", () => PerNode(static count => count.Borrowed), "{address}", "Addresses used by a node other than their block's owner.");
        IpamMetrics.Meter.CreateObservableGauge("ipam_blocks", () => PerNode(static count => count.Blocks), "{block}", "Blocks.");
        IpamMetrics.Meter.CreateObservableGauge("ipam_allocations_gc_candidates", () => _candidates.Select(pair => Measure(pair.Key, pair.Value)), "{address}", "Allocations that look leaked.");
        IpamMetrics.Meter.CreateObservableGauge("ipam_ippool_size", () => PerPool(static pool => pool.Capacity), "{address}", "Addresses of a pool.");
        IpamMetrics.Meter.CreateObservableGauge("ipam_ippool_reserved", () => PerPool(static pool => pool.Reserved), "{address}", "Reserved addresses of a pool.");
    }

    public static void Blocks(IpamCluster cluster, IReadOnlyCollection<IpamBlock> blocks)
    {
        Dictionary<(string Node, string Pool), Count> counts = [];
        foreach (IpamBlock block in blocks)
        {
            string pool = cluster.PoolOf(block.Range)?.Pool.Name ?? "no_ippool";
            string owner = block.Affinity is { IsHost: true } host ? host.Name : "no_affinity";
            Of(counts, owner, pool).Blocks++;
            foreach (int ordinal in block.InUse())
            {
                BlockAllocation allocation = new(block, ordinal);
                string node = allocation.Attribute.Owner.GetValueOrDefault(OwnerAttributes.Node) ?? owner;
                Count count = Of(counts, node, pool);
                count.InUse++;
                if (allocation.IsBorrowed) count.Borrowed++;
            }
        }

        _snapshot = new Snapshot(counts, UtilizationReport.Make(cluster, blocks));
    }

    public static void Collected(GcPlan plan, int released)
    {
        Reclamations.Add(released);
        _candidates = plan.Candidates.GroupBy(leak => (leak.Record.Owner.GetValueOrDefault(OwnerAttributes.Node) ?? "", leak.Block.ToString())).ToDictionary(group => group.Key, group => (long)group.Count());
    }

    private static Count Of(Dictionary<(string, string), Count> counts, string node, string pool)
    {
        if (!counts.TryGetValue((node, pool), out Count? count)) counts[(node, pool)] = count = new Count();
        return count;
    }

    private static IEnumerable<Measurement<long>> PerNode(Func<Count, long> of) => _snapshot.Counts.Select(pair => Measure(pair.Key, of(pair.Value)));

    private static IEnumerable<Measurement<long>> PerPool(Func<PoolUtilization, long> of) =>
        _snapshot.Pools.Where(pool => pool.Cidr is not null).Select(pool => new Measurement<long>(of(pool), new KeyValuePair<string, object?>("ippool", pool.Name)));

    private static Measurement<long> Measure((string Node, string Pool) key, long value) =>
        new(value, new KeyValuePair<string, object?>("node", key.Node), new KeyValuePair<string, object?>("ippool", key.Pool));

    private sealed class Count
    {
        public long InUse { get; set; }

        public long Borrowed { get; set; }

        public long Blocks { get; set; }
    }

    private sealed record Snapshot(Dictionary<(string Node, string Pool), Count> Counts, List<PoolUtilization> Pools);
}
