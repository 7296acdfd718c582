using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Calico.Datastore.Etcd;
using Calico.Datastore.Tests.Etcd;
using Calico.Ipam;
using Calico.Ipam.Testing;

namespace Calico.Datastore.Tests.Ipam;

/// <summary>Allocators on a cluster of three members whose leader is killed.</summary>
public sealed class IpamClusterTests(ITestOutputHelper output)
{
    private const int Writers = 16, WritersPerNode = 2;

    private static readonly FixedClusterSource Pools = new(new IpamCluster([new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/16") }]));

    /// <summary>Each writer assigns and now and then releases. Afterwards everything acknowledged is in the store under its own handle, and what is beyond that belongs to requests that failed.</summary>
    [Fact]
    public async Task With_the_leader_killed_no_address_is_given_twice_and_none_acknowledged_is_lost()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(members: 3);
        ConcurrentDictionary<string, IPAddress> held = new();
        ConcurrentDictionary<string, string> unsure = new();
        long killedAt = 0, backAt = 0;
        int acknowledged = 0, afterwards = 0;
        using CancellationTokenSource stop = new();
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer)))];

        await WaitFor(() => Volatile.Read(ref acknowledged) > 200);
        EtcdMember leader = await server.LeaderAsync();
        Volatile.Write(ref killedAt, Stopwatch.GetTimestamp());
        await leader.KillAsync();
        await WaitFor(() => Volatile.Read(ref afterwards) > 200);
        leader.Start();
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await using EtcdDatastore reader = server.Open(options => options.OperationTimeout = TimeSpan.FromSeconds(30));
        IpamClient client = new(new DatastoreIpamStore(reader), Pools);
        Dictionary<string, List<IPAddress>> stored = (await client.GetBlocksAsync()).SelectMany(block => block.Allocations)
            .GroupBy(allocation => allocation.Attribute.HandleId!).ToDictionary(handle => handle.Key, handle => handle.Select(allocation => allocation.Address).ToList());
        output.WriteLine($"{acknowledged} acknowledged, {held.Count} held, {unsure.Count} unsure, service back after {Stopwatch.GetElapsedTime(killedAt, backAt).TotalSeconds:0.0} s");
        Assert.Equal(held.Count, held.Values.Distinct().Count());
        foreach ((string handle, IPAddress address) in held) Assert.Equal([address], stored.GetValueOrDefault(handle) ?? []);
        foreach (string handle in stored.Keys) Assert.True(held.ContainsKey(handle) || unsure.ContainsKey(handle), $"{handle} has addresses that nobody was told of");
        Assert.Empty(await IpamInvariants.CheckAsync(client));

        async Task WriteAsync(int writer)
        {
            await using EtcdDatastore store = server.Open();
            IpamClient ipam = new(new DatastoreIpamStore(store), Pools);
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string handle = $"{writer}.{i}";
                try
                {
                    unsure[handle] = "assigning";
                    AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = $"node-{writer / WritersPerNode}", IPv4 = 1, Handle = handle, MaxBlocksPerHost = 1000 });
                    held[handle] = Assert.Single(result.ThrowIfIncomplete().Addresses).Address;
                    unsure.TryRemove(handle, out _);
                    Acknowledge();
                    if (i % 3 != 0) continue;
                    unsure[handle] = "releasing";
                    held.TryRemove(handle, out _);
                    await ipam.ReleaseByHandleAsync(handle);
                    unsure.TryRemove(handle, out _);
                }
                catch (Exception error) when (error is DatastoreException or IpamException)
                {
                    unsure[handle] = error.Message;
                }
            }
        }

        void Acknowledge()
        {
            Interlocked.Increment(ref acknowledged);
            long killed = Volatile.Read(ref killedAt), now = Stopwatch.GetTimestamp();

            // What was on its way when the leader died may still be answered at once.
            if (killed == 0 || Stopwatch.GetElapsedTime(killed, now) < TimeSpan.FromMilliseconds(300)) return;
            Interlocked.CompareExchange(ref backAt, now, 0);
            Interlocked.Increment(ref afterwards);
        }
    }

    /// <summary>A cluster's first pods, smaller than the bench has it: allocators that share no node hardly meet.</summary>
    [Fact]
    public async Task Allocators_of_different_nodes_hardly_conflict()
    {
        const int Nodes = 100, Pods = 20;
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        int next = -1, conflicts = 0;
        ConcurrentBag<IPAddress> given = [];
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            FaultyIpamStore counting = new(new DatastoreIpamStore(store))
            {
                AfterCommit = (_, result) =>
                {
                    if (result.Status == Calico.Ipam.CommitStatus.Conflict) Interlocked.Increment(ref conflicts);
                    return default;
                },
            };
            IpamClient ipam = new(counting, Pools);
            for (int node = Interlocked.Increment(ref next); node < Nodes; node = Interlocked.Increment(ref next))
            {
                for (int pod = 0; pod < Pods; pod++)
                    given.Add((await ipam.AutoAssignAsync(new AutoAssignRequest { Node = $"node-{node}", IPv4 = 1, Handle = $"{node}.{pod}" })).ThrowIfIncomplete().Addresses.First().Address);
            }
        })));
        output.WriteLine($"{conflicts} conflicts, {given.Count} assignments");
        Assert.Equal(Nodes * Pods, given.Distinct().Count());
        Assert.True(conflicts < 0.1 * given.Count, $"{conflicts} conflicts");
    }

    private static async Task WaitFor(Func<bool> condition)
    {
        for (int i = 0; i < 1200 && !condition(); i++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.True(condition(), "nothing happened within a minute");
    }
}
