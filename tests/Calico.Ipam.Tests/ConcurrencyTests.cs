using System.Net;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

public class ConcurrencyTests
{
    private static readonly FixedClusterSource Cluster = new(new IpamCluster([new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/20") }]));

    [Fact]
    public async Task Requests_of_one_node_are_served_together()
    {
        InMemoryIpamStore inner = new();
        int commits = 0;
        FaultyIpamStore store = new(inner) { OnCommit = async _ => { Interlocked.Increment(ref commits); await Task.Delay(5); return StoreFault.None; } };
        IpamClient client = new(store, Cluster);
        AutoAssignResult[] results = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => client.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", IPv4 = 1, Handle = $"pod-{i}" })));
        Assert.Equal(60, results.SelectMany(result => result.Addresses).Select(address => address.Address).Distinct().Count());
        Assert.All(results, result => Assert.True(result.IsComplete));
        Assert.InRange(commits, 2, 12);
        for (int i = 0; i < 60; i++) Assert.Equal(results[i].Addresses.Single().Address, Assert.Single(await client.IpsByHandleAsync($"pod-{i}")).Address);
        Assert.Empty(await IpamInvariants.CheckAsync(client));
    }

    [Fact]
    public async Task Many_processes_on_many_threads_never_share_an_address()
    {
        InMemoryIpamStore store = new();
        AssignedAddress[][] got = await Task.WhenAll(Enumerable.Range(0, 8).Select(process => Task.Run(async () =>
        {
            IpamClient client = new(store, Cluster);
            List<AssignedAddress> addresses = [];
            for (int i = 0; i < 100; i++)
            {
                AutoAssignResult result = await client.AutoAssignAsync(new AutoAssignRequest { Node = $"node-{process % 4}", IPv4 = 1 + (i % 3), Handle = $"{process}-{i}" });
                if (i % 4 == 0) await client.ReleaseByHandleAsync($"{process}-{i}");
                else addresses.AddRange(result.ThrowIfIncomplete().Addresses);
            }

            return addresses.ToArray();
        })));
        List<IPAddress> all = [.. got.SelectMany(addresses => addresses).Select(address => address.Address)];
        Assert.Equal(all.Count, all.Distinct().Count());
        IpamClient check = new(store, Cluster);
        Assert.Empty(await IpamInvariants.CheckAsync(check));
        Assert.Equal(all.ToHashSet(), (await check.GetBlocksAsync()).SelectMany(block => block.Allocations).Select(allocation => allocation.Address).ToHashSet());
    }

    [Fact]
    public async Task A_caller_that_gives_up_in_the_queue_leaves_nothing_behind()
    {
        InMemoryIpamStore inner = new();
        TaskCompletionSource go = new();
        FaultyIpamStore store = new(inner) { OnCommit = async _ => { await go.Task; return StoreFault.None; } };
        IpamClient client = new(store, Cluster);
        Task<AutoAssignResult> first = client.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", IPv4 = 1, Handle = "first" });
        using CancellationTokenSource cancel = new();
        Task<AutoAssignResult> second = client.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", IPv4 = 1, Handle = "second" }, cancel.Token);
        await cancel.CancelAsync();
        go.SetResult();
        Assert.True((await first).IsComplete);
        bool gaveUp = false;
        try
        {
            await second;
        }
        catch (OperationCanceledException)
        {
            gaveUp = true;
        }

        IEnumerable<string?> handles = (await client.GetBlocksAsync()).SelectMany(block => block.Allocations).Select(allocation => allocation.Attribute.HandleId);
        Assert.Equal(gaveUp ? ["first"] : ["first", "second"], handles.Order());
    }
}
