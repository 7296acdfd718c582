using System.Net;

namespace Calico.Ipam.Tests;

/// <summary>Requests that cannot be right: each is refused with what is wrong, and nothing is written.</summary>
public class BadRequestTests
{
    private static readonly AutoAssignRequest Auto = new() { Node = "n1", IPv4 = 1 };
    private static readonly AssignIPRequest Named = new(IPAddress.Parse("10.0.0.5")) { Node = "n1" };

    private static readonly Dictionary<string, (Func<IpamClient, Task> Request, IpamErrorCode Code, string Says)> Table = new()
    {
        ["negative count"] = (client => client.AutoAssignAsync(Auto with { IPv4 = -1 }), IpamErrorCode.InvalidRequest, "cannot assign -1 addresses"),
        ["no node"] = (client => client.AutoAssignAsync(Auto with { Node = "" }), IpamErrorCode.InvalidRequest, "names no node"),
        ["null node"] = (client => client.AutoAssignAsync(Auto with { Node = null! }), IpamErrorCode.InvalidRequest, "names no node"),
        ["two uses"] = (client => client.AutoAssignAsync(Auto with { Use = AllowedUses.Workload | AllowedUses.Tunnel }), IpamErrorCode.InvalidRequest, "intended use"),
        ["negative limit of blocks"] = (client => client.AutoAssignAsync(Auto with { MaxBlocksPerHost = -2 }), IpamErrorCode.InvalidRequest, "-2"),
        ["negative limit of a handle"] = (client => client.AutoAssignAsync(Auto with { MaxPerHandle = -2 }), IpamErrorCode.InvalidRequest, "-2"),
        ["handle without text"] = (client => client.AutoAssignAsync(Auto with { Handle = "\reth0" }), IpamErrorCode.InvalidRequest, "carriage return"),
        ["negative reserve"] = (client => client.AutoAssignAsync(Auto with { HostReserved = new(-1, 3) }), IpamErrorCode.InvalidRequest, "wrong parameters"),
        ["empty reserve"] = (client => client.EnsureBlockAsync(Auto with { HostReserved = new(0, 0) }), IpamErrorCode.InvalidRequest, "wrong parameters"),
        ["negative reserve of a claim"] = (client => client.ClaimAffinityAsync(World.Pool.Cidr, "n1", new(1, -1)), IpamErrorCode.InvalidRequest, "wrong parameters"),
        ["pool of the other family"] = (client => client.AutoAssignAsync(Auto with { IPv4Pools = [World.PoolV6.Cidr] }), IpamErrorCode.PoolNotUsable, "other family"),
        ["unknown pool"] = (client => client.AutoAssignAsync(Auto with { IPv4Pools = [IPNetwork.Parse("10.9.0.0/16")] }), IpamErrorCode.PoolNotUsable, "the given pool (10.9.0.0/16)"),
        ["no pool of the family"] = (client => client.AutoAssignAsync(Auto with { IPv4 = 0, IPv6 = 1 }), IpamErrorCode.NoQualifiedPool, "there is no IPv6 pool: create one"),
        ["named address without a node"] = (client => client.AssignIPAsync(Named with { Node = "" }), IpamErrorCode.InvalidRequest, "names no node"),
        ["named address outside the pools"] = (client => client.AssignIPAsync(Named with { Address = IPAddress.Parse("192.0.2.1") }), IpamErrorCode.NotInPool, "192.0.2.1: pools are pods (10.0.0.0/24)"),
        ["named address of the other family"] = (client => client.AssignIPAsync(Named with { Address = IPAddress.Parse("fd00::1") }), IpamErrorCode.NotInPool, "fd00::1"),
        ["release of nothing named"] = (client => client.ReleaseIPsAsync([new ReleaseOption(IPAddress.Parse("10.0.0.5")), null!]), IpamErrorCode.InvalidRequest, "no address at place 1 of the 2"),
        ["unknown handle to release"] = (client => client.ReleaseByHandleAsync("nobody"), IpamErrorCode.HandleNotFound, "IPAMHandle(nobody)"),
        ["unknown handle to look at"] = (client => client.IpsByHandleAsync("nobody"), IpamErrorCode.HandleNotFound, "IPAMHandle(nobody)"),
        ["owner of a free address"] = (client => client.SetOwnerAttributesAsync(IPAddress.Parse("10.0.0.5"), "h", new OwnerChange()), IpamErrorCode.NotAllocated, "10.0.0.5 is not allocated"),
        ["claim smaller than a block"] = (client => client.ClaimAffinityAsync(IPNetwork.Parse("10.0.0.0/30"), "n1"), IpamErrorCode.RangeTooSmall, "(10.0.0.0/30) is smaller than the minimum"),
        ["claim outside the pools"] = (client => client.ClaimAffinityAsync(IPNetwork.Parse("10.9.0.0/24"), "n1"), IpamErrorCode.NotInPool, "(10.9.0.0/24) is not within any configured pools"),
        ["claim for nobody"] = (client => client.ClaimAffinityAsync(World.Pool.Cidr, AffinityOwner.Virtual("")), IpamErrorCode.InvalidRequest, "state host:NAME or virtual:NAME"),
        ["claim for an unknown type"] = (client => client.ReleaseAffinityAsync(World.Pool.Cidr, new AffinityOwner("rack", "r1"), true), IpamErrorCode.InvalidRequest, "rack:r1"),
        ["split of an unknown pool"] = (client => client.SplitPoolAsync("nope", 2), IpamErrorCode.PoolNotUsable, "pools are pods"),
        ["split into three"] = (client => client.SplitPoolAsync("pods", 3), IpamErrorCode.InvalidRequest, "power of two"),
        ["migration between unknown pools"] = (client => client.MigratePoolAsync("a", "b"), IpamErrorCode.PoolNotUsable, "pools are pods"),
        ["settings that exclude each other"] = (client => client.UpdateConfigAsync(config => config with { AutoAllocateBlocks = false }), IpamErrorCode.InvalidRequest, "cannot both be off"),
        ["cool-down too long"] = (client => client.UpdateConfigAsync(config => config with { CooldownSeconds = 1201 }), IpamErrorCode.InvalidRequest, "0 to 1200"),
    };

    public static IEnumerable<TheoryDataRow<string>> Names => Table.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Names))]
    public async Task Refused(string name)
    {
        (InMemoryIpamStore store, IpamClient client, _) = World.Of(World.Pool);
        (Func<IpamClient, Task> request, IpamErrorCode code, string says) = Table[name];
        IpamException refused = await World.Refused(() => request(client));
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Equal([World.Pool.Key], (await store.ListAsync("/calico/")).Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_part_of_a_block_cannot_be_given_up()
    {
        (_, IpamClient client, _) = World.Of(World.Pool);
        await client.ClaimAffinityAsync(IPNetwork.Parse("10.0.0.0/28"), "n1");
        IpamException refused = await World.Refused(() => client.ReleaseAffinityAsync(IPNetwork.Parse("10.0.0.0/30"), AffinityOwner.Host("n1"), mustBeEmpty: true));
        Assert.Contains("10.0.0.0/28", refused.Message, StringComparison.Ordinal);
        Assert.Single(await client.GetAffinitiesAsync());
    }

    [Fact]
    public async Task Blocks_of_pools_that_the_request_may_not_use_do_not_count_against_its_limit()
    {
        IPPool other = World.Pool with { Name = "other", Cidr = IPNetwork.Parse("10.1.0.0/24") };
        (_, IpamClient client, _) = World.Of(World.Pool, other);
        AutoAssignRequest From(IPPool pool) => Auto with { MaxBlocksPerHost = 1, IPv4Pools = [pool.Cidr] };
        Assert.True((await client.AutoAssignAsync(From(World.Pool))).IsComplete);
        Assert.True((await client.AutoAssignAsync(From(other))).IsComplete);
        Assert.Equal(IpamErrorCode.BlockLimit, (await client.AutoAssignAsync(From(other) with { IPv4 = 16 })).IPv4!.Error);
    }

    [Fact]
    public async Task Without_making_blocks_the_shortfall_says_so()
    {
        (_, IpamClient client, _) = World.Of(World.Pool);
        await client.UpdateConfigAsync(config => config with { StrictAffinity = true, AutoAllocateBlocks = false });
        Assert.Contains("autoAllocateBlocks", (await client.AutoAssignAsync(Auto)).IPv4!.ShortfallMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cooling_address_is_of_another_number_than_the_allocation_was()
    {
        (_, IpamClient client, _) = World.Of(World.Pool);
        await client.UpdateConfigAsync(config => config with { CooldownSeconds = 60 });
        AssignedAddress address = Assert.Single((await client.AutoAssignAsync(Auto)).Addresses);
        ReleaseOption release = new(address.Address, SequenceNumber: address.SequenceNumber);
        Assert.Single((await client.ReleaseIPsAsync([release])).Released);
        Assert.Equal(IpamErrorCode.BadSequenceNumber, (await World.Refused(() => client.ReleaseIPsAsync([release]))).Code);
        Assert.Equal([address.Address], (await client.ReleaseIPsAsync([release with { SequenceNumber = null }])).Unallocated);
    }

    [Fact]
    public async Task A_migration_waits_out_the_cool_down_and_ends()
    {
        (_, IpamClient client, Testing.ManualTime time) = World.Of(World.Pool, World.Pool with { Name = "next", Cidr = IPNetwork.Parse("10.1.0.0/24") });
        await client.UpdateConfigAsync(config => config with { CooldownSeconds = 60 });
        await client.AutoAssignAsync(Auto with { Handle = "h", IPv4Pools = [World.Pool.Cidr] });
        await client.ReleaseByHandleAsync("h");
        Assert.Contains("cools down: wait", await LastStep(), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(62));
        Assert.Contains("nothing is left to do", await LastStep(), StringComparison.Ordinal);

        async Task<string> LastStep()
        {
            for (int i = 0; i < 10; i++)
            {
                (Planning.MigrationStep step, bool taken) = await client.MigratePoolAsync("pods", "next");
                if (!taken) return step.Description;
            }

            throw new InvalidOperationException("the migration does not end");
        }
    }
}
