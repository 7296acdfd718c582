using System.Diagnostics;
using System.Globalization;
using System.Net;
using Calico.Datastore;
using CommitResult = Calico.Ipam.CommitResult;

namespace Calico.Ipam.Bench;

/// <summary>Assignments against a durable store, beside a bare compare-and-swap loop on the same store in the same run.</summary>
internal sealed class StoreWorkload(string name, IDatastore store)
{
    private readonly DatastoreIpamStore _ipam = new DatastoreIpamStore(store);
    private int _names;

    public async Task RunAsync(int nodes, int podsPerNode)
    {
        _ = await BareAsync(8, 2000) + await AssignAsync(8, 4000);
        List<(double Bare, double Assign)> alone = [];
        for (int round = 0; round < 3; round++) alone.Add((await BareAsync(1, 1500), await AssignAsync(1, 1500)));
        Ratio("unbatched, 1 caller", alone);
        List<(double Bare, double Assign)> same = [];
        for (int round = 0; round < 3; round++) same.Add((await BareAsync(32, 6000, likeAnAssignment: true), await AssignAsync(32, 6000)));
        Ratio("32 nodes at once beside bare writes of the same size", same);
        List<(double Bare, double Assign)> many = [];
        for (int round = 0; round < 3; round++) many.Add((await BareAsync(32, 6000), await AssignAsync(32, 6000)));
        Ratio("32 nodes at once", many);
        await BatchedAsync();
        await WarmAsync(many[1].Bare);
        await ClusterAsync(nodes, podsPerNode);
    }

    /// <summary>Each caller replaces its own key over and over; like an assignment it writes a block's octets and creates a small key.</summary>
    private async Task<double> BareAsync(int callers, int operations, bool likeAnAssignment = false)
    {
        byte[] value = new byte[likeAnAssignment ? 3000 : 600], small = new byte[60];
        int run = ++_names;
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            StoreWrite[] write = [StoreWrite.Create($"/bench/{run}/{caller}", value)];
            for (int i = 0; i < operations / callers; i++)
            {
                CommitResult result = await _ipam.CommitAsync(write);
                if (result.Status != CommitStatus.Done) throw new InvalidOperationException(result.ToString());
                write = likeAnAssignment
                    ? [StoreWrite.Replace(write[0].Key, value, result.Revision), StoreWrite.Create($"/bench/{run}/{caller}/{i}", small)]
                    : [StoreWrite.Replace(write[0].Key, value, result.Revision)];
            }
        })));
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

    private async Task BatchedAsync()
    {
        int run = ++_names;
        IpamClient client = new(_ipam, Cluster($"10.{run}.0.0/16"));
        await Assign(client, $"{run}", "first");
        const int Count = 4800;
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, _) => await Assign(client, $"{run}", i.ToString(CultureInfo.InvariantCulture)));
        Measure.Print($"{name}/256 requests of one node at once", ("assignmentsPerSecond", Math.Round(Count / Stopwatch.GetElapsedTime(started).TotalSeconds)));
        long bulk = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++) await client.AutoAssignAsync(new AutoAssignRequest { Node = $"bulk-{run}", IPv4 = 64, Handle = $"bulk-{run}-{i}", MaxBlocksPerHost = 1000 });
        Measure.Print($"{name}/64 addresses a request", ("assignmentsPerSecond", Math.Round(6400 / Stopwatch.GetElapsedTime(bulk).TotalSeconds)));
    }

    private async Task WarmAsync(double bare)
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
        Measure.Print($"{name}/warm assign and release with write-behind", ("operationsPerSecond", Math.Round(rate)), ("ratioToBareCas", Math.Round(rate / bare, 1)));
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

    private void Ratio(string what, List<(double Bare, double Assign)> rounds)
    {
        (double bare, double assign) = rounds.OrderBy(round => round.Assign / round.Bare).ElementAt(rounds.Count / 2);
        Measure.Print($"{name}/{what}", ("assignmentsPerSecond", Math.Round(assign)), ("bareCasPerSecond", Math.Round(bare)), ("ratio", Math.Round(assign / bare, 2)));
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
