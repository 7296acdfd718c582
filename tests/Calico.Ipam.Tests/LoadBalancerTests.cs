using System.Net;
using Calico.Ipam.GarbageCollection;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

/// <summary>Addresses of services: their blocks belong to a virtual owner, not to a node.</summary>
public class LoadBalancerTests
{
    private static readonly AutoAssignRequest Request = new()
    {
        IPv4 = 1,
        Handle = "lb-1",
        Use = AllowedUses.LoadBalancer,
        Attributes = new Dictionary<string, string> { [OwnerAttributes.Service] = "web", [OwnerAttributes.Namespace] = "shop", [OwnerAttributes.Type] = OwnerAttributes.ServiceType },
    };

    [Fact]
    public async Task Blocks_belong_to_the_virtual_owner_from_its_own_start()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(World.Pool, World.Services);
        AssignedAddress address = Assert.Single((await client.AutoAssignAsync(Request)).Addresses);
        Assert.True(World.Services.Cidr.Contains(address.Address));
        Assert.Equal(World.Services.BlocksFor("load-balancer").First(), address.Block);
        Assert.NotNull(await store.GetAsync($"/calico/ipam/v2/virtual/load-balancer/ipv4/block/{address.Block.ToString().Replace('/', '-')}"));
        Assert.Equal("virtual:load-balancer", Assert.Single(await client.GetBlocksAsync()).Affinity!.ToString());
        Assert.False(Assert.Single(Assert.Single(await client.GetBlocksAsync()).Allocations).IsBorrowed);
    }

    [Fact]
    public async Task Pods_get_nothing_of_a_services_pool_and_services_nothing_of_a_pods_pool()
    {
        (_, IpamClient services, _) = World.Of(World.Services);
        Assert.Contains("services (10.8.0.0/24): allowed uses are LoadBalancer, the request is for Workload", (await World.Refused(() => services.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1 }))).Message, StringComparison.Ordinal);
        (_, IpamClient pods, _) = World.Of(World.Pool);
        Assert.Contains("the request is for LoadBalancer", (await World.Refused(() => pods.AutoAssignAsync(Request))).Message, StringComparison.Ordinal);
        Assert.Contains("the request is for LoadBalancer", (await World.Refused(() => pods.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.0.0.1")) { Use = AllowedUses.LoadBalancer }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_address_claims_its_block_for_the_virtual_owner()
    {
        (_, IpamClient client, _) = World.Of(World.Services);
        await client.UpdateConfigAsync(config => config with { StrictAffinity = true });
        AssignIPRequest named = new(IPAddress.Parse("10.8.0.77")) { Handle = "lb-1", Use = AllowedUses.LoadBalancer };
        Assert.False((await client.AssignIPAsync(named)).IsBorrowed);
        Assert.Equal(AffinityOwner.LoadBalancer, Assert.Single(await client.GetAffinitiesAsync()).Owner);
        Assert.Contains("virtual:load-balancer", (await World.Refused(() => client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.8.0.78")) { Node = "load-balancer" }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_named_like_the_owner_is_another_owner()
    {
        (InMemoryIpamStore store, IpamClient client, ManualTime time) = World.Of(World.Pool, World.Services);
        await client.AutoAssignAsync(Request);
        AssignedAddress pod = Assert.Single((await client.AutoAssignAsync(new AutoAssignRequest { Node = "load-balancer", IPv4 = 1, Handle = "pod" })).Addresses);
        Assert.True(World.Pool.Cidr.Contains(pod.Address));
        await client.RemoveHostAsync("load-balancer");
        Assert.Equal(AffinityOwner.LoadBalancer, Assert.Single(await client.GetAffinitiesAsync()).Owner);
        Assert.Single((await World.Client(store, time).AutoAssignAsync(Request with { Handle = "lb-2" })).Addresses);
    }

    [Fact]
    public async Task No_garbage_collection_takes_a_services_address_or_block()
    {
        (_, IpamClient client, ManualTime time) = World.Of(World.Services);
        await client.AutoAssignAsync(Request);
        await client.ClaimAffinityAsync(World.Services.Cidr, AffinityOwner.LoadBalancer);
        ClusterFacts facts = new() { Nodes = new HashSet<string>(), Pods = [] };
        GcState state = GcState.Empty;
        for (int look = 0; look < 3; look++)
        {
            (state, GcPlan plan) = GcPlanner.Look(state, await client.GetBlocksAsync(), [], await client.GetAffinitiesAsync(), facts, new GcOptions(), time.GetUtcNow());
            Assert.Empty(plan.Candidates.Concat(plan.Confirmed));
            Assert.Empty(plan.EmptyBlocks);
            Assert.Empty(plan.GoneNodes);
            time.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public async Task Blocks_of_a_virtual_owner_are_claimed_and_given_up_like_a_hosts()
    {
        (_, IpamClient client, _) = World.Of(World.Services);
        Assert.Equal(16, (await client.ClaimAffinityAsync(World.Services.Cidr, AffinityOwner.LoadBalancer)).Claimed.Count);
        Assert.Equal(16, (await client.ClaimAffinityAsync(World.Services.Cidr, "n1")).Failed.Count);
        await client.AutoAssignAsync(Request);
        Assert.Equal(IpamErrorCode.BlockNotEmpty, (await World.Refused(() => client.ReleaseOwnerAffinitiesAsync(AffinityOwner.LoadBalancer, mustBeEmpty: true))).Code);
        Assert.Single(await client.GetAffinitiesAsync());
        await client.ReleaseByHandleAsync("lb-1");
        await client.ReleaseOwnerAffinitiesAsync(AffinityOwner.LoadBalancer, mustBeEmpty: true);
        Assert.Empty(await client.GetAffinitiesAsync());
        Assert.Empty(await client.GetBlocksAsync());
    }
}
