using System.Net;
using Calico.Ipam.GarbageCollection;
using Calico.Ipam.Planning;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

/// <summary>Hosts whose system needs addresses at both ends of each of their blocks.</summary>
public class WindowsTests
{
    private static readonly AutoAssignRequest Request = new() { Node = "win", IPv4 = 1, Handle = "h", HostReserved = HostReservedAddresses.Windows };

    private static async Task<(InMemoryIpamStore Store, IpamClient Client, ManualTime Time)> Strict(params IPPool[] pools)
    {
        (InMemoryIpamStore Store, IpamClient Client, ManualTime Time) world = World.Of(pools);
        await world.Client.UpdateConfigAsync(config => config with { StrictAffinity = true });
        return world;
    }

    [Fact]
    public async Task A_block_is_made_with_its_first_three_and_its_last_address_taken()
    {
        (_, IpamClient client, _) = await Strict(World.Pool, World.PoolV6);
        Assert.Equal([28, 124], (await client.EnsureBlockAsync(Request with { IPv6 = 1 })).Select(block => block.PrefixLength));
        foreach (IpamBlock block in await client.GetBlocksAsync())
        {
            Assert.Equal(Enumerable.Range(3, 12), block.Unallocated);
            Assert.All(block.Allocations, one => Assert.Equal((HostReservedAddresses.WindowsHandle, "windows host rsvd"), (one.Attribute.HandleId, one.Attribute.Owner[OwnerAttributes.Note])));
        }

        Assert.Empty(await client.GetHandlesAsync());
        Assert.Equal(24, (await client.AutoAssignAsync(Request with { IPv4 = 12, IPv6 = 12 })).Addresses.Count());
        Assert.Equal(2, (await client.GetBlocksAsync()).Count);
    }

    [Fact]
    public async Task Strict_affinity_is_needed_before_anything_is_written()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(World.Pool);
        int before = store.Count;
        Func<Task>[] requests =
        [
            () => client.AutoAssignAsync(Request),
            () => client.EnsureBlockAsync(Request),
            () => client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.0.0.7")) { Node = "win", HostReserved = HostReservedAddresses.Windows }),
        ];
        foreach (Func<Task> request in requests) Assert.Equal(IpamErrorCode.StrictAffinityRequired, (await World.Refused(request)).Code);
        Assert.Equal(before, store.Count);
    }

    [Fact]
    public async Task A_named_address_makes_a_block_with_the_reserve_and_cannot_be_of_the_reserve()
    {
        (_, IpamClient client, _) = await Strict(World.Pool);
        AssignIPRequest Named(string address) => new(IPAddress.Parse(address)) { Node = "win", Handle = "h", HostReserved = HostReservedAddresses.Windows };
        await client.AssignIPAsync(Named("10.0.0.7"));
        Assert.Equal(11, Assert.Single(await client.GetBlocksAsync()).Unallocated.Count);
        foreach (string address in (string[])["10.0.0.0", "10.0.0.2", "10.0.0.15"]) Assert.Equal(IpamErrorCode.AlreadyAssigned, (await World.Refused(() => client.AssignIPAsync(Named(address)))).Code);
    }

    [Theory]
    [InlineData(28, true)]
    [InlineData(29, true)]
    [InlineData(30, false)]
    [InlineData(32, false)]
    public async Task A_pool_with_blocks_that_the_reserve_fills_is_passed_over(int blockSize, bool usable)
    {
        (_, IpamClient client, _) = await Strict(World.Pool with { BlockSize = blockSize });
        if (usable) Assert.True((await client.AutoAssignAsync(Request)).IsComplete);
        else Assert.Contains("too small", (await World.Refused(() => client.AutoAssignAsync(Request))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_with_nothing_but_the_reserve_counts_as_empty()
    {
        (InMemoryIpamStore store, IpamClient client, ManualTime time) = await Strict(World.Pool with { Cidr = IPNetwork.Parse("10.0.0.0/28") });
        await client.AutoAssignAsync(Request);

        // A block that another program wrote, with the handle in capitals.
        StoreEntry entry = (await store.ListAsync(IpamKeys.Blocks(4))).Single();
        store.Put(entry.Key, System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(entry.Value.Span).Replace("windows-reserved", "Windows-Reserved", StringComparison.Ordinal)));
        client = World.Client(store, time);
        ClusterFacts facts = new() { Nodes = new HashSet<string>(), Pods = [] };
        await client.ReleaseByHandleAsync("h");
        Assert.Equal(["win"], GcPlanner.Look(GcState.Empty, await client.GetBlocksAsync(), [], await client.GetAffinitiesAsync(), facts, new GcOptions(), time.GetUtcNow()).Plan.GoneNodes);
        time.Advance(TimeSpan.FromSeconds(61));
        AutoAssignResult linux = await client.AutoAssignAsync(new AutoAssignRequest { Node = "linux", IPv4 = 16 });
        Assert.Equal(16, linux.Addresses.Count());
        Assert.All(linux.Addresses, address => Assert.False(address.IsBorrowed));
    }

    [Fact]
    public async Task The_reserve_does_not_keep_a_pool_from_being_migrated()
    {
        (InMemoryIpamStore store, IpamClient client, _) = await Strict(World.Pool, World.Pool with { Name = "next", Cidr = IPNetwork.Parse("10.1.0.0/24") });
        await client.AutoAssignAsync(Request with { IPv4Pools = [World.Pool.Cidr] });
        MigrationStep step;
        bool taken;
        do (step, taken) = await client.MigratePoolAsync("pods", "next");
        while (taken);
        Assert.Equal("h", Assert.Single(step.InUse).Attribute.HandleId);
        await client.ReleaseByHandleAsync("h");
        do (step, taken) = await client.MigratePoolAsync("pods", "next");
        while (taken);
        Assert.Equal(MigrationAction.Done, step.Action);
        Assert.Empty(await store.ListAsync(IpamKeys.Blocks(4)));
    }
}
