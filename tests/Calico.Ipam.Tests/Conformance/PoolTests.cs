using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text.Json;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;

namespace Calico.Ipam.Tests.Conformance;

public class PoolTests
{
    public static IEnumerable<TheoryDataRow<string>> DetermineIds => Cases.Ids("ipam/determine_pools.json");

    public static IEnumerable<TheoryDataRow<string>> NamespaceIds => Cases.Ids("ipam/namespace_selector.json");

    public static IEnumerable<TheoryDataRow<string>> StartIds => Cases.Ids("ipam/block_start.json");

    public static IEnumerable<TheoryDataRow<string>> RandIds => Cases.Ids("ipam/go_rand.json");

    public static IEnumerable<TheoryDataRow<string>> FnvIds => Cases.Ids("ipam/fnv.json");

    public static IEnumerable<TheoryDataRow<string>> FilterIds => Cases.Ids("ipam/cidr_filter.json");

    public static IEnumerable<TheoryDataRow<string>> ReservedIds => Cases.Ids("ipam/reserved_cidrs.json");

    public static IEnumerable<TheoryDataRow<string>> SpaceIds => Cases.Ids("ipam/count_pool_space.json");

    public static IEnumerable<TheoryDataRow<string>> UtilizationIds => Cases.Ids("ipam/utilization_reserved.json");

    public static IEnumerable<TheoryDataRow<string>> OrdinalIds => Cases.Ids("ipam/ordinals.json");

    [Theory, MemberData(nameof(DetermineIds))]
    public void Pools_of_a_request(string id)
    {
        JsonElement one = Cases.Get("ipam/determine_pools.json", id);
        IpamCluster cluster = new(one.Pools(), nodeLabels: _ => one.Map("nodeLabels"));
        PoolRequest request = new("node", one.Number("ipVersion"), [.. one.Texts("requested").Select(Cases.Network)], AllowedUses.Workload);
        IEnumerable<string> Chosen()
        {
            try
            {
                return PoolChoice.Decide(cluster, request).Pools.Select(pool => pool.Pool.CidrText);
            }
            catch (IpamException e) when (e.Code == IpamErrorCode.NoQualifiedPool)
            {
                return [];
            }
        }

        if (one.Flag("expectError")) Assert.Equal(IpamErrorCode.PoolNotUsable, Assert.Throws<IpamException>(() => Chosen().ToList()).Code);
        else Assert.Equal(one.Texts("expectPools"), Chosen());
    }

    [Theory, MemberData(nameof(NamespaceIds))]
    public void Node_and_namespace_selector(string id)
    {
        JsonElement one = Cases.Get("ipam/namespace_selector.json", id);
        IpamCluster cluster = new([Cases.Pool(one.GetProperty("pool"), 0)], nodeLabels: _ => one.Map("nodeLabels"));
        IReadOnlyDictionary<string, string>? labels = one.Field("namespace") is null ? null : one.Map("namespaceLabels");
        List<PoolEntry> selected = PoolChoice.Selected(cluster, new PoolRequest("node", 4, [], AllowedUses.Workload, labels), []);
        Assert.Equal(one.Flag("expectMatch"), selected.Count == 1);
    }

    [Theory, MemberData(nameof(StartIds))]
    public void Start_block(string id)
    {
        JsonElement one = Cases.Get("ipam/block_start.json", id);
        int size = one.Number("blockSize");
        IPPool pool = new() { Name = "pool", Cidr = Cases.Network(one.Text("pool")!), BlockSize = size };
        string host = one.Text("host")!;
        Assert.Equal(one.GetProperty("fnv1_32").GetUInt32(), BlockWalk.Fnv1(host));
        (UInt128 start, UInt128 last) = BlockWalk.Start(host, pool.Cidr, size, 0);
        Assert.Equal(one.Text("startIndex"), start.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(BigInteger.Parse(one.Text("numBlocks")!, CultureInfo.InvariantCulture), (BigInteger)last + 1);
        IReadOnlyList<string> first = one.Texts("firstBlocks");
        Assert.Equal(first.Select(Cases.Network), pool.BlocksFor(host).Take(first.Count));
    }

    [Theory, MemberData(nameof(RandIds))]
    public void Go_generator(string id)
    {
        JsonElement one = Cases.Get("ipam/go_rand.json", id);
        long seed = one.GetProperty("seed").GetInt64();
        GoRandom uint64 = new(seed), uint32 = new(seed), big = new(seed);
        foreach (string value in one.Texts("uint64")) Assert.Equal(value, uint64.NextUInt64().ToString(CultureInfo.InvariantCulture));
        foreach (string value in one.Texts("uint32")) Assert.Equal(value, uint32.NextUInt32().ToString(CultureInfo.InvariantCulture));
        foreach (JsonElement draw in one.GetProperty("bigRandInOrder").EnumerateArray())
            Assert.Equal(draw.Text("value"), big.Next(BigInteger.Parse(draw.Text("n")!, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
    }

    [Theory, MemberData(nameof(FnvIds))]
    public void Fnv1_not_1a(string id)
    {
        JsonElement one = Cases.Get("ipam/fnv.json", id);
        Assert.Equal(one.GetProperty("fnv1_32").GetUInt32(), BlockWalk.Fnv1(one.Text("text")!));
    }

    [Theory, MemberData(nameof(FilterIds))]
    public void Reservation_filter(string id)
    {
        JsonElement one = Cases.Get("ipam/cidr_filter.json", id);
        if (one.TryGetProperty("expect", out _))
        {
            // The deduplicated list and the whole list are the same set of addresses, and nothing in the former overlaps.
            AddressFilter all = AddressFilter.From(one.Texts("cidrs")), kept = AddressFilter.From(one.Texts("expect"));
            foreach (string text in one.Texts("cidrs")) Assert.True(kept.Covers(Cases.Network(text)));
            foreach (string text in one.Texts("expect")) Assert.True(all.Covers(Cases.Network(text)));
            return;
        }

        AddressFilter filter = AddressFilter.From(one.Texts("filter"));
        foreach (string text in one.Texts("ipsMatch")) Assert.True(filter.Contains(IPAddress.Parse(text)), text);
        foreach (string text in one.Texts("ipsNoMatch")) Assert.False(filter.Contains(IPAddress.Parse(text)), text);
        foreach (string text in one.Texts("cidrsMatch")) Assert.True(filter.Covers(Cases.Network(text)), text);
        foreach (string text in one.Texts("cidrsNoMatch")) Assert.False(filter.Covers(Cases.Network(text)), text);
    }

    [Theory, MemberData(nameof(ReservedIds))]
    public void Reserved_cidrs_as_written(string id)
    {
        JsonElement one = Cases.Get("ipam/reserved_cidrs.json", id);
        Assert.Equal(one.Texts("expect").Select(Cases.Network), new IPReservation("r", one.Texts("reserved")).Networks);
    }

    [Theory, MemberData(nameof(SpaceIds))]
    public void Space_of_a_pool(string id)
    {
        JsonElement one = Cases.Get("ipam/count_pool_space.json", id);
        (long capacity, long reserved, long outside) = UtilizationReport.Space(
            Cases.Network(one.Text("pool")!), AddressFilter.From(one.Texts("reservations")), AddressFilter.From(one.Texts("blocks")));
        Assert.Equal(one.GetProperty("expectCapacity").GetInt64(), capacity);
        Assert.Equal(one.GetProperty("expectReserved").GetInt64(), reserved);
        Assert.Equal(one.GetProperty("expectAvailableOutsideBlocks").GetInt64(), outside);
    }

    [Theory, MemberData(nameof(UtilizationIds))]
    public async Task Utilization(string id)
    {
        JsonElement one = Cases.Get("ipam/utilization_reserved.json", id);
        MutableCluster cluster = new() { Pools = [new IPPool { Name = "pool", Cidr = Cases.Network(one.Text("pool")!), BlockSize = one.Number("blockSize") }], Reservations = [new IPReservation("r", one.Texts("reservedCIDRs"))] };
        IpamClient client = new(new InMemoryIpamStore(), cluster);
        foreach (string address in one.Texts("allocated")) await client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse(address)) { Node = "node" });
        PoolUtilization pool = Assert.Single(await client.GetUtilizationAsync());
        JsonElement expect = one.GetProperty("expectPool"), expectBlock = one.GetProperty("expectBlock");
        Assert.Equal((expect.Number("capacity"), expect.Number("inUse"), expect.Number("reserved"), expect.Number("available")), (pool.Capacity, pool.InUse, pool.Reserved, pool.Available));
        BlockUtilization block = Assert.Single(pool.Blocks);
        Assert.Equal((expectBlock.Number("capacity"), expectBlock.Number("inUse"), expectBlock.Number("reserved"), expectBlock.Number("available")), (block.Capacity, block.InUse, block.Reserved, block.Available));
    }

    [Theory, MemberData(nameof(OrdinalIds))]
    public void Ordinals(string id)
    {
        JsonElement one = Cases.Get("ipam/ordinals.json", id);
        IpamBlock block = Blocks.BlockFactory.Create(Cases.Network(one.Text("cidr")!), null, null, DateTimeOffset.UnixEpoch);
        if (one.Field("expectAddresses") is { } addresses) Assert.Equal(addresses.GetInt32(), block.Size);
        if (one.Field("ordinal") is not { } ordinal) return;
        IPAddress address = IPAddress.Parse(one.Text("expectAddress")!);
        Assert.Equal(address, block.Address(ordinal.GetInt32()));
        Assert.True(block.TryGetOrdinal(address, out int back));
        Assert.Equal(ordinal.GetInt32(), back);
    }
}
