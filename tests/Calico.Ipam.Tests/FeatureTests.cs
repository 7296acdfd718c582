using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Calico.Ipam.GarbageCollection;
using Calico.Ipam.Planning;
using Calico.Ipam.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calico.Ipam.Tests;

public class FeatureTests
{
    private static readonly IPPool Pool = World.Pool;

    [Fact]
    public async Task A_name_keeps_its_address()
    {
        (_, IpamClient client, _) = World.Of(Pool);
        FixedAddresses names = new(client);
        AutoAssignRequest On(string node) => new() { Node = node, IPv4 = 1, Attributes = new Dictionary<string, string> { [OwnerAttributes.Pod] = "web-0", [OwnerAttributes.Node] = node } };
        IPAddress first = (await names.AcquireAsync("shop/web-0", On("n1"))).Addresses.Single().Address;
        Assert.Equal(IpamErrorCode.BadOwner, (await Assert.ThrowsAsync<IpamException>(() => names.AcquireAsync("shop/web-0", On("n2")))).Code);
        await names.ReleaseAsync("shop/web-0", On("n1").Attributes);
        Assert.NotEqual(first, (await client.AutoAssignAsync(On("n1") with { IPv4 = 1 })).Addresses.Single().Address);
        Assert.Equal(first, (await names.AcquireAsync("shop/web-0", On("n2"))).Addresses.Single().Address);
        IReadOnlyList<IpamBlock> blocks = await client.GetBlocksAsync();
        Assert.DoesNotContain(GcPlanner.Look(GcState.Empty, blocks, [], [], new ClusterFacts { Nodes = new HashSet<string>(), Pods = [] }, new GcOptions(), DateTimeOffset.MaxValue).Plan.Confirmed, leak => leak.Address.Equals(first));
        Assert.Equal(first, Assert.Single((await names.ForgetAsync("shop/web-0")).Released));
    }

    [Fact]
    public async Task Excluded_and_reserved_addresses_are_passed_over_but_can_be_named()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(Pool with { Cidr = IPNetwork.Parse("10.0.0.0/28"), Exclusions = ["10.0.0.0-10.0.0.3"] });
        IPReservation reservation = new("gateways", ["10.0.0.12/30"]);
        store.Put(reservation.Key, reservation.Encode());
        AutoAssignResult all = await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 16 });
        Assert.Equal(Enumerable.Range(4, 8).Select(i => IPAddress.Parse($"10.0.0.{i}")), all.Addresses.Select(address => address.Address));
        Assert.Equal("10.0.0.1", (await client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.0.0.1")) { Node = "n1" })).Address.ToString());
    }

    [Fact]
    public async Task Strict_affinity_can_be_one_pools_own()
    {
        (_, IpamClient client, _) = World.Of(Pool with { Cidr = IPNetwork.Parse("10.0.0.0/28"), StrictAffinity = true });
        await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1 });
        AutoAssignResult other = await client.AutoAssignAsync(new AutoAssignRequest { Node = "n2", IPv4 = 1 });
        Assert.Equal("Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled", other.IPv4!.ShortfallMessage);
    }

    [Fact]
    public async Task An_address_rests_before_it_is_used_again()
    {
        (_, IpamClient client, ManualTime time) = World.Of(Pool with { Cidr = IPNetwork.Parse("10.0.0.0/32"), BlockSize = 32 });
        await client.UpdateConfigAsync(config => config with { CooldownSeconds = 60 });
        AutoAssignRequest request = new() { Node = "n1", IPv4 = 1, Handle = "h" };
        await client.AutoAssignAsync(request);
        await client.ReleaseByHandleAsync("h");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty((await client.AutoAssignAsync(request)).Addresses);
        Assert.Equal(IpamErrorCode.AlreadyAssigned, (await Assert.ThrowsAsync<IpamException>(() => client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse("10.0.0.0")) { Node = "n1" }))).Code);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Single((await client.AutoAssignAsync(request)).Addresses);
    }

    [Fact]
    public async Task A_clock_that_was_ahead_does_not_keep_an_address_for_ever()
    {
        (_, IpamClient client, ManualTime time) = World.Of(Pool with { Cidr = IPNetwork.Parse("10.0.0.0/32"), BlockSize = 32 });
        await client.UpdateConfigAsync(config => config with { CooldownSeconds = 60 });
        AutoAssignRequest request = new() { Node = "n1", IPv4 = 1, Handle = "h" };
        await client.AutoAssignAsync(request);
        time.Advance(TimeSpan.FromDays(3650));
        await client.ReleaseByHandleAsync("h");
        time.Advance(TimeSpan.FromDays(-3650));
        Assert.Equal(1, await client.SweepCooledAsync());
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Single((await client.AutoAssignAsync(request)).Addresses);
    }

    [Fact]
    public async Task A_moving_machine_swaps_its_owners_in_one_step()
    {
        (_, IpamClient client, _) = World.Of(Pool);
        Dictionary<string, string> source = new() { [OwnerAttributes.Pod] = "launcher-a", [OwnerAttributes.Node] = "n1" }, target = new() { [OwnerAttributes.Pod] = "launcher-b", [OwnerAttributes.Node] = "n2" };
        IPAddress address = (await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1, Handle = "vm", Attributes = source, MaxPerHandle = 1 })).Addresses.Single().Address;
        Assert.Equal(address, (await client.AutoAssignAsync(new AutoAssignRequest { Node = "n2", IPv4 = 1, Handle = "vm", Attributes = target, MaxPerHandle = 1 })).Addresses.Single().Address);
        await client.SetOwnerAttributesAsync(address, "vm", new OwnerChange { Alternate = target, AlternateMustBeEmpty = true });
        await client.SetOwnerAttributesAsync(address, "vm", OwnerChange.Swap(source, target));
        AllocationRecord record = (await client.GetAllocationAsync(address))!.Value.Attribute;
        Assert.Equal(target, record.Owner);
        Assert.Equal(source, record.AlternateOwner);
        Assert.Equal(IpamErrorCode.BadOwner, (await Assert.ThrowsAsync<IpamException>(() => client.SetOwnerAttributesAsync(address, "vm", OwnerChange.Swap(source, target)))).Code);
        Assert.Equal(IpamErrorCode.InvalidRequest, (await Assert.ThrowsAsync<IpamException>(() => client.SetOwnerAttributesAsync(address, "vm", new OwnerChange { ActiveMustBeEmpty = true, ExpectedActive = source }))).Code);
    }

    [Fact]
    public async Task Tunnel_addresses_follow_the_pools()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(Pool with { IpipMode = EncapsulationMode.Always });
        TunnelAddresses tunnels = new(client);
        IPAddress? first = await tunnels.EnsureAsync(TunnelKind.Ipip, "n1", null);
        Assert.NotNull(first);
        Assert.Equal(first, await tunnels.EnsureAsync(TunnelKind.Ipip, "n1", first));
        Assert.Null(await tunnels.EnsureAsync(TunnelKind.Vxlan, "n1", null));
        store.Put(Pool.Key, (Pool with { IpipMode = EncapsulationMode.Always, Disabled = true }).Encode());
        IPPool other = Pool with { Name = "other", Cidr = IPNetwork.Parse("10.9.0.0/24"), IpipMode = EncapsulationMode.CrossSubnet };
        store.Put(other.Key, other.Encode());
        IPAddress? second = await tunnels.EnsureAsync(TunnelKind.Ipip, "n1", first);
        Assert.True(other.Cidr.Contains(second!));
        Assert.Null(await client.GetAllocationAsync(first));
        store.Remove(other.Key);
        Assert.Null(await tunnels.EnsureAsync(TunnelKind.Ipip, "n1", second));
        Assert.Null(await client.GetAllocationAsync(second!));
    }

    [Fact]
    public async Task An_empty_block_of_another_node_is_taken_after_a_minute()
    {
        (_, IpamClient client, ManualTime time) = World.Of(Pool with { Cidr = IPNetwork.Parse("10.0.0.0/28"), StrictAffinity = true });
        await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1, Handle = "h" });
        await client.ReleaseByHandleAsync("h");
        AutoAssignRequest request = new() { Node = "n2", IPv4 = 1 };
        Assert.Empty((await client.AutoAssignAsync(request)).Addresses);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.False(Assert.Single((await client.AutoAssignAsync(request)).Addresses).IsBorrowed);
        Assert.Equal(AffinityOwner.Host("n2"), Assert.Single(await client.GetAffinitiesAsync()).Owner);
    }

    [Fact]
    public async Task A_pool_is_split_in_one_step()
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(Pool with { NatOutgoing = true });
        IPAddress address = (await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1, Handle = "h" })).Addresses.Single().Address;
        Assert.Equal(["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26", "10.0.0.192/26"], (await client.SplitPoolAsync("pods", 4)).Select(pool => pool.Cidr.ToString()));
        Assert.Null(await store.GetAsync(Pool.Key));
        IReadOnlyList<IPPool> pools = await client.GetPoolsAsync();
        Assert.Equal(4, pools.Count);
        Assert.All(pools, pool => Assert.True(pool is { NatOutgoing: true, BlockSize: 28 }));
        Assert.NotNull(await client.GetAllocationAsync(address));
        Assert.Throws<IpamException>(() => PoolSplit.Plan(Pool, 3));
        Assert.Throws<IpamException>(() => PoolSplit.Plan(Pool, 32));
    }

    [Fact]
    public async Task A_migration_goes_on_where_it_stopped()
    {
        IPPool target = Pool with { Name = "wide", Cidr = IPNetwork.Parse("10.1.0.0/24"), BlockSize = 26 };
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(Pool);
        await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1, Handle = "old" });
        Assert.Equal((MigrationAction.CreateTarget, false), Last(await client.MigratePoolAsync("pods", "wide")));
        store.Put(target.Key, target.Encode());
        Assert.Equal((MigrationAction.DisableSource, true), Last(await client.MigratePoolAsync("pods", "wide")));
        (MigrationStep drain, bool taken) = await client.MigratePoolAsync("pods", "wide");
        Assert.Equal((MigrationAction.Drain, false, 1), (drain.Action, taken, drain.InUse.Count));
        await client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1, Handle = "new" });
        await client.ReleaseByHandleAsync("old");
        Assert.Equal((MigrationAction.ReleaseBlocks, true), Last(await client.MigratePoolAsync("pods", "wide")));
        Assert.Equal((MigrationAction.DeleteSource, true), Last(await client.MigratePoolAsync("pods", "wide")));
        Assert.Equal((MigrationAction.Done, false), Last(await client.MigratePoolAsync("pods", "wide")));
        Assert.Equal("wide", Assert.Single(await client.GetPoolsAsync()).Name);

        static (MigrationAction, bool) Last((MigrationStep Step, bool Taken) step) => (step.Step.Action, step.Taken);
    }

    [Fact]
    public void A_forecast_is_a_straight_line()
    {
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        PoolForecast forecast = PoolForecast.Of([(start, 0), (start.AddDays(1), 10), (start.AddDays(2), 20)], 100)!;
        Assert.Equal(10, forecast.GrowthPerDay, 6);
        Assert.Equal(start.AddDays(12), forecast.FullAt);
        Assert.Null(PoolForecast.Of([(start, 20), (start.AddDays(1), 10)], 100)!.FullAt);
        Assert.Null(PoolForecast.Of([(start, 1)], 100));
    }

    [Fact]
    public async Task An_error_says_why_each_pool_was_passed_over()
    {
        (_, IpamClient client, _) = World.Of(
            Pool with { Name = "a", Disabled = true },
            Pool with { Name = "b", Cidr = IPNetwork.Parse("10.1.0.0/24"), NodeSelector = "zone == 'west'" },
            Pool with { Name = "c", Cidr = IPNetwork.Parse("10.2.0.0/24"), AllowedUses = AllowedUses.Tunnel },
            Pool with { Name = "d", Cidr = IPNetwork.Parse("10.3.0.0/24"), AssignmentMode = AssignmentMode.Manual });
        IpamException error = await Assert.ThrowsAsync<IpamException>(() => client.AutoAssignAsync(new AutoAssignRequest { Node = "n1", IPv4 = 1 }));
        foreach (string part in (string[])["a (10.0.0.0/24): disabled", "zone == 'west'", "allowed uses are Tunnel", "Manual"]) Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_keeps_what_this_version_does_not_know()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"p","uid":"u","futureMeta":[1]},"spec":{"cidr":"10.0.0.0/24","futureSpec":{"a":18446744073709551615}},"status":{"conditions":[]}}""");
        JsonNode written = JsonNode.Parse((IPPool.Decode(json) with { Disabled = true }).Encode())!;
        Assert.Equal("[1]", written["metadata"]!["futureMeta"]!.ToJsonString());
        Assert.Equal("18446744073709551615", written["spec"]!["futureSpec"]!["a"]!.ToJsonString());
        Assert.True(written["spec"]!["disabled"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("""{"cidr":"10.0.0.0/30","allocations":[null,null,null],"unallocated":[0],"attributes":[]}""", "$.allocations")]
    [InlineData("""{"cidr":"10.0.0.0/30","allocations":[7,null,null,null],"unallocated":[1,2,3],"attributes":[]}""", "$.allocations[0]")]
    [InlineData("""{"cidr":"10.0.0.0/30","allocations":[0,null,null,null],"unallocated":[0,1,2,3],"attributes":[{}]}""", "$.unallocated[0]")]
    [InlineData("""{"cidr":"10.0.0.0/30","allocations":[null,null,null,null],"unallocated":[1,1],"attributes":[]}""", "$.unallocated[1]")]
    [InlineData("""{"cidr":"10.0.0.0/8","allocations":[],"unallocated":[],"attributes":[]}""", "$.cidr")]
    [InlineData("""{"allocations":[]}""", "$.cidr")]
    [InlineData("""[1""", "$")]
    public void A_broken_block_is_refused_with_its_place(string json, string path)
    {
        IpamDataException error = Assert.Throws<IpamDataException>(() => IpamBlock.Decode(Encoding.UTF8.GetBytes(json), "/the/key"));
        Assert.Equal(("/the/key", path), (error.Document, error.Path));
    }

    [Fact]
    public async Task Registered_with_dependency_injection()
    {
        await using ServiceProvider provider = new ServiceCollection().AddCalicoIpam(options => options.MaxAttempts = 5).BuildServiceProvider();
        Assert.Same(provider.GetRequiredService<IpamClient>(), provider.GetRequiredService<IpamClient>());
        await using ServiceProvider bad = new ServiceCollection().AddCalicoIpam(options => options.MaxAttempts = 0).BuildServiceProvider();
        Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(bad.GetRequiredService<IpamClient>);
    }
}
