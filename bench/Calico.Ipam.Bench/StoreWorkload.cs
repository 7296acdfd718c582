using System.Diagnostics;
using System.Globalization;
using System.Net;
using Calico.Datastore;
using Calico.Datastore.Bench;
using CommitResult = Calico.Ipam.CommitResult;

namespace Calico.Ipam.Bench;

/// <summary>Assignments against a durable store, beside the store's own client in a bare loop in the same run.</summary>
internal sealed class StoreWorkload(string name, IDatastore store, IBareStore bare)
{
    /// <summary>About what a half full block and a handle take as JSON.</summary>
    private const int BlockSize = 2000, HandleSize = 60;

    private readonly DatastoreIpamStore _ipam = new DatastoreIpamStore(store);
    private int _names;

    public async Task RunAsync(int nodes, int podsPerNode)
    {
        _ = await BareAsync(8, 2000, BlockSize) + await AssignAsync(8, 4000);
        await CompareAsync(1, 1500);
        double floor = await CompareAsync(32, 6000);
        await BatchedAsync(floor);
        await WarmAsync(floor);
        await ShowAsync(10_000);
        await ClusterAsync(nodes, podsPerNode);
    }

    /// <summary>Assignments beside a bare compare-and-swap of a block's octets, alone and together with a new small key, as an assignment writes them.</summary>
    private async Task<double> CompareAsync(int callers, int operations)
    {
        List<(double Bare, double Same, double Assign)> rounds = [];
        for (int round = 0; round < 3; round++)
            rounds.Add((await BareAsync(callers, operations, BlockSize), await BareAsync(callers, operations, BlockSize, HandleSize), await AssignAsync(callers, operations)));
        (double bare, double same, double assign) = rounds.OrderBy(one => one.Assign / one.Bare).ElementAt(rounds.Count / 2);
        Measure.Print($"{name}/{callers} node(s) at once", ("assignmentsPerSecond", Math.Round(assign)), ("ratioToBareCas", Math.Round(assign / bare, 2)), ("ratioToBareCasOfBothKeys", Math.Round(assign / same, 2)));
        return bare;
    }

    private async Task<double> BareAsync(int callers, int operations, int size, int small = 0)
    {
        long started = Stopwatch.GetTimestamp();
        await bare.RunAsync(callers, operations, size, small);
        return operations / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Each caller is a node that assigns one address after the other.</summary>
    private async Task<double> AssignAsync(int callers, int operations)
    {
        int run = ++_names;
        IpamClient client = new(_ipam, Cluster($"10.{run}.0.0/16"));
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Assign(client, $"{run}-{caller}", "first")));
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < operations / callers; i++) await Assign(client, $"{run}-{caller}", i.ToString(CultureInfo.InvariantCulture));
        })));
        return operations / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private async Task BatchedAsync(double floor)
    {
        int run = ++_names;
        IpamClient client = new(_ipam, Cluster($"10.{run}.0.0/16"));
        await Assign(client, $"{run}", "first");
        const int Count = 4800;
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, _) => await Assign(client, $"{run}", i.ToString(CultureInfo.InvariantCulture)));
        Rate("256 requests of one node at once", Count, started, floor);
        long bulk = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++) await client.AutoAssignAsync(new AutoAssignRequest { Node = $"bulk-{run}", IPv4 = 64, Handle = $"bulk-{run}-{i}", MaxBlocksPerHost = 1000 });
        Rate("64 addresses a request", 6400, bulk, floor);
    }

    /// <summary>All of a large cluster's pools and blocks, read from the store and counted.</summary>
    private async Task ShowAsync(int blocks)
    {
        int run = ++_names;
        IpamClient client = new(_ipam, Cluster($"{run + 20}.0.0.0/8"));
        for (int i = 0; i < blocks / 500; i++) await client.AutoAssignAsync(new AutoAssignRequest { Node = $"show-{i}", IPv4 = 500 * 64 - 32, Handle = $"show-{i}", MaxBlocksPerHost = 1000 });
        long started = Stopwatch.GetTimestamp();
        int seen = (await client.GetUtilizationAsync()).Sum(pool => pool.Blocks.Count);
        Measure.Print($"{name}/show", ("blocks", seen), ("milliseconds", Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds)));
    }

    private void Rate(string what, int count, long started, double floor)
    {
        double rate = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        Measure.Print($"{name}/{what}", ("assignmentsPerSecond", Math.Round(rate)), ("ratioToBareCas", Math.Round(rate / floor, 2)));
    }

    private async Task WarmAsync(double floor)
    {
        int run = ++_names;
        using WarmAddresses warm = new(new IpamClient(_ipam, Cluster($"10.{run}.0.0/16")), new WarmAddressOptions { Node = $"warm-{run}", IPv4 = 64 });
        await warm.StartAsync(new Dictionary<IPAddress, string>());
        Dictionary<string, string> owner = new() { [OwnerAttributes.Node] = "n" };
        long started = Stopwatch.GetTimestamp();
        int operations = 0;
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3))
        {
            long second = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(second) < TimeSpan.FromMilliseconds(500))
            {
                for (int i = 0; i < 1000; i++, operations++)
                {
                    if (!warm.TryTake("pod", owner, ipv4: true, ipv6: false, out _) || !warm.TryRelease("pod")) throw new InvalidOperationException("No address.");
                }
            }

            await warm.SyncAsync();
        }

        double rate = operations / Stopwatch.GetElapsedTime(started).TotalSeconds;
        Measure.Print($"{name}/warm assign and release with write-behind", ("operationsPerSecond", Math.Round(rate)), ("ratioToBareCas", Math.Round(rate / floor, 1)));
    }

    /// <summary>A whole cluster comes up: 32 allocators work through all nodes' pods.</summary>
    private async Task ClusterAsync(int nodes, int podsPerNode)
    {
        int run = ++_names, conflicts = 0;
        CountingStore counting = new(_ipam, () => Interlocked.Increment(ref conflicts));
        FixedClusterSource cluster = Cluster($"{20 + run}.0.0.0/8");
        long started = Stopwatch.GetTimestamp();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            IpamClient client = new(counting, cluster);
            for (int node = Interlocked.Increment(ref next); node < nodes; node = Interlocked.Increment(ref next))
            {
                for (int pod = 0; pod < podsPerNode; pod++) await Assign(client, $"{run}-node-{node}", pod.ToString(CultureInfo.InvariantCulture));
            }
        })));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Measure.Print($"{name}/cluster of {nodes} nodes x {podsPerNode} pods, 32 allocators", ("assignmentsPerSecond", Math.Round(nodes * podsPerNode / seconds)), ("seconds", Math.Round(seconds, 1)), ("conflictsPerAssignment", Math.Round(conflicts / (double)(nodes * podsPerNode), 4)));
    }

    private static async Task Assign(IpamClient client, string node, string pod)
    {
        AutoAssignResult result = await client.AutoAssignAsync(new AutoAssignRequest { Node = node, IPv4 = 1, Handle = $"net.{node}.{pod}", MaxBlocksPerHost = 1000 });
        if (!result.IsComplete) throw new InvalidOperationException(result.IPv4!.ShortfallMessage);
    }

    private static FixedClusterSource Cluster(string cidr) => MemoryWorkload.Cluster(cidr);

    private sealed class CountingStore(IIpamStore inner, Action onConflict) : IIpamStore
    {
        public int MaxWritesPerCommit => inner.MaxWritesPerCommit;

        public bool CanBeAmbiguous => inner.CanBeAmbiguous;

        public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) => inner.GetAsync(key, cancellationToken);

        public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, keysOnly, cancellationToken);

        public async ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
        {
            CommitResult result = await inner.CommitAsync(writes, cancellationToken);
            if (result.Status == CommitStatus.Conflict) onConflict();
            return result;
        }
    }
}
