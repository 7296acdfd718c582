using System.Net;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

public class WarmAddressTests
{
    private static readonly Dictionary<string, string> Owner = new() { [OwnerAttributes.Pod] = "web-0", [OwnerAttributes.Namespace] = "shop", [OwnerAttributes.Node] = "node-1" };

    private static FixedClusterSource Cluster(string cidr = "10.0.0.0/24") =>
        new(new IpamCluster([new IPPool { Name = "v4", Cidr = IPNetwork.Parse(cidr) }, new IPPool { Name = "v6", Cidr = IPNetwork.Parse("fd00::/120") }]));

    [Fact]
    public async Task Taking_and_giving_back_does_not_touch_the_store()
    {
        FaultyIpamStore store = new(new InMemoryIpamStore());
        using WarmAddresses warm = new(new IpamClient(store, Cluster()), new WarmAddressOptions { Node = "node-1", IPv4 = 4, IPv6 = 4 });
        await warm.StartAsync(new Dictionary<IPAddress, string>());
        int commits = store.Commits;
        store.OnRead = key => throw new InvalidOperationException($"read {key}");
        for (int i = 0; i < 100; i++)
        {
            Assert.True(warm.TryTake($"pod-{i}", Owner, ipv4: true, ipv6: true, out WarmAssignment taken));
            Assert.NotNull(taken.IPv4);
            Assert.NotNull(taken.IPv6);
            Assert.True(warm.TryRelease($"pod-{i}"));
        }

        Assert.Equal(commits, store.Commits);
    }

    [Fact]
    public async Task The_store_learns_who_carries_what()
    {
        InMemoryIpamStore store = new();
        IpamClient client = new(store, Cluster());
        using WarmAddresses warm = new(client, new WarmAddressOptions { Node = "node-1", IPv4 = 4 });
        await warm.StartAsync(new Dictionary<IPAddress, string>());
        Assert.True(warm.TryTake("net.c1", Owner, ipv4: true, ipv6: false, out WarmAssignment taken));
        Assert.True(warm.TryTake("net.c1", Owner, ipv4: true, ipv6: false, out WarmAssignment again));
        Assert.Equal(taken, again);
        await warm.SyncAsync();
        Assert.Equal(taken.IPv4!.Address, Assert.Single(await client.IpsByHandleAsync("net.c1")).Address);
        Assert.Equal(Owner, (await client.GetAllocationAsync(taken.IPv4.Address))!.Value.Attribute.Owner);
        Assert.Equal(4, warm.Available(4));

        // What the store counts as somebody's goes to nobody else before that is written down.
        Assert.True(warm.TryRelease("net.c1"));
        Assert.Equal(4, warm.Available(4));
        await warm.SyncAsync();
        Assert.Equal(5, warm.Available(4));
        await Assert.ThrowsAsync<IpamException>(() => client.IpsByHandleAsync("net.c1"));
        await warm.StopAsync();
        Assert.Empty((await client.GetBlocksAsync()).SelectMany(block => block.Allocations));
        Assert.Empty(await IpamInvariants.CheckAsync(client));
    }

    [Theory, InlineData(128), InlineData(1)]
    public async Task No_address_twice_over_crashes_and_lost_replies(int maxWrites)
    {
        for (int seed = 1; seed <= 30; seed++)
        {
            Random random = new(seed);
            InMemoryIpamStore inner = new(maxWrites);
            bool quiet = false;
            FaultyIpamStore store = new(inner) { OnCommit = _ => new(quiet ? StoreFault.None : random.Next(12) switch { 0 => StoreFault.LostReply, 1 => StoreFault.LostRequest, 2 => StoreFault.Conflict, _ => StoreFault.None }) };
            FixedClusterSource cluster = Cluster("10.0.0.0/26");
            IpamOptions options = new() { Backoff = TimeSpan.Zero };
            string[] nodes = ["node-1", "node-2"];
            Dictionary<string, WarmAddresses> warm = [];
            Dictionary<IPAddress, (string Node, string Handle)> carried = [];
            async Task StartAsync(string node)
            {
                warm[node] = new WarmAddresses(new IpamClient(store, cluster, options), new WarmAddressOptions { Node = node, IPv4 = 5 });
                await warm[node].StartAsync(carried.Where(pair => pair.Value.Node == node).ToDictionary(pair => pair.Key, pair => pair.Value.Handle));
            }

            foreach (string node in nodes) await StartAsync(node);
            for (int step = 0; step < 300; step++)
            {
                string node = nodes[random.Next(2)];
                List<(IPAddress Address, string Handle)> mine = [.. carried.Where(pair => pair.Value.Node == node).Select(pair => (pair.Key, pair.Value.Handle)).OrderBy(one => one.Handle)];
                switch (random.Next(10))
                {
                    case <= 4 when carried.Count < 30:
                        if (!warm[node].TryTake($"{node}.{step}", Owner, ipv4: true, ipv6: false, out WarmAssignment taken)) break;
                        Assert.False(carried.ContainsKey(taken.IPv4!.Address), $"seed {seed}: {taken.IPv4} twice");
                        carried[taken.IPv4.Address] = (node, $"{node}.{step}");
                        break;
                    case 5 or 6 when mine.Count > 0:
                        (IPAddress address, string handle) = mine[random.Next(mine.Count)];
                        carried.Remove(address);
                        if (!warm[node].TryRelease(handle)) await new IpamClient(store, cluster, options).ReleaseIPsAsync([new ReleaseOption(address, handle)]);
                        break;
                    case 7 or 8:
                        await warm[node].SyncAsync();
                        break;
                    case 9:
                        warm[node].Dispose();
                        await StartAsync(node);
                        break;
                }
            }

            quiet = true;
            foreach (string node in nodes) await warm[node].SyncAsync();
            IpamClient client = new(inner, cluster);
            foreach ((IPAddress address, (string node, string handle)) in carried)
                Assert.True((await client.GetAllocationAsync(address))?.Attribute.HandleId == handle, $"seed {seed}: {address} of {handle} is under {(await client.GetAllocationAsync(address))?.Attribute.HandleId}");
            Assert.True((await IpamInvariants.CheckAsync(client)).Count == 0, $"seed {seed}: {string.Join("; ", await IpamInvariants.CheckAsync(client))}");
        }
    }
}
