using System.Globalization;
using System.Net;
using System.Text.Json;
using Calico.Ipam.Blocks;
using Calico.Ipam.Documents;
using Calico.Ipam.Pools;

namespace Calico.Ipam.Tests.Conformance;

public class BlockOpsTests
{
    private static readonly DateTimeOffset Now = new(2026, 8, 22, 10, 0, 0, TimeSpan.Zero);

    public static IEnumerable<TheoryDataRow<string>> Ids => Cases.Ids("ipam/block_ops.json");

    [Theory, MemberData(nameof(Ids))]
    public async Task Case(string id)
    {
        JsonElement one = Cases.Get("ipam/block_ops.json", id);
        IpamBlock block = Setup(one);
        byte[] before = block.Encode();
        JsonElement call = one.GetProperty("call"), expect = one.GetProperty("expect");
        switch (one.GetProperty("op").GetString())
        {
            case "empty":
                Assert.Equal(expect.GetBoolean(), block.IsEmpty());
                break;
            case "inUseIPs":
                Assert.Equal(Addresses(expect), block.InUse().Select(ordinal => block.Address(ordinal).ToString()));
                break;
            case "numFree":
                Assert.Equal(expect.GetInt32(), block.FreeCount(AddressFilter.From(call.Texts("reservations"))));
                break;
            case "numReserved":
                Assert.Equal(expect.GetInt32(), block.ReservedCount(AddressFilter.From(call.Texts("reservations"))));
                break;
            case "ipsByHandle":
                Assert.Equal(Addresses(expect), block.ByHandle(call.Text("handle")!).Select(ordinal => block.Address(ordinal).ToString()));
                break;
            case "attributesForIP":
                AttributesForIP(block, call, expect);
                break;
            case "release":
                Release(block, call, expect);
                break;
            case "releaseByHandle":
                Check(BlockRelease.Handle(block, call.Text("handle")!, call.Field("sequenceNumber")?.GetUInt64(), TimeSpan.Zero, Now), expect);
                break;
            case "garbageCollect":
                GarbageCollect(block, call, expect);
                break;
            case "garbageCollectCold":
                await GarbageCollectCold(block, call, expect);
                break;
            case string other:
                Assert.Fail($"unknown operation {other}");
                break;
        }

        Assert.Equal(before, block.Encode());
    }

    private static IpamBlock Setup(JsonElement one)
    {
        IpamBlock block = BlockFactory.Create(Cases.Network(one.Text("block")!), AffinityOwner.Host("host"), null, Now);
        foreach (JsonElement item in one.GetProperty("setup").EnumerateArray())
        {
            foreach (string unused in item.Texts("unusedAttributes")) block.AttributeList.Add(new AllocationRecord(unused));
            if (item.Field("ordinals") is null) continue;
            string? released = item.Field("releasedSecondsAgo") is { } ago ? JsonText.Rfc3339(Now.AddSeconds(-ago.GetInt32())) : null;
            Dictionary<string, string> attributes = item.Map("attrs").Count > 0 ? item.Map("attrs") : item.Map("attributes");
            block.AttributeList.Add(new AllocationRecord(item.Text("handle"), attributes, null, released, []));
            foreach (int ordinal in item.Numbers("ordinals"))
            {
                Assert.True(block.Queue.Remove(ordinal));
                block.Slots[ordinal] = block.AttributeList.Count - 1;
            }

            foreach ((string ordinal, string sequence) in item.Map("sequence"))
                block.Sequences[int.Parse(ordinal, CultureInfo.InvariantCulture)] = ulong.Parse(sequence, CultureInfo.InvariantCulture);
        }

        return block;
    }

    private static void AttributesForIP(IpamBlock block, JsonElement call, JsonElement expect)
    {
        Assert.True(block.TryGetOrdinal(IPAddress.Parse(call.Text("ip")!), out int ordinal));
        AllocationRecord? attribute = block.Attribute(ordinal);
        if (expect.Flag("error"))
        {
            Assert.Null(attribute);
            return;
        }

        Assert.NotNull(attribute);
        if (expect.Text("handle") is { } handle) Assert.Equal(handle, attribute.HandleId);
        foreach (string name in (string[])["attrs", "attributes", "secondary"])
        {
            if (expect.Field(name) is not null) Assert.Equal(expect.Map(name), attribute.Owner);
        }
    }

    private static void Release(IpamBlock block, JsonElement call, JsonElement expect)
    {
        List<ReleaseOption> options = [.. call.EnumerateArray().Select(option =>
            new ReleaseOption(IPAddress.Parse(option.Text("address")!), option.Text("handle"), option.Field("sequenceNumber")?.GetUInt64()))];
        BlockReleaseResult result = BlockRelease.Addresses(block, options, TimeSpan.Zero, Now);
        if (expect.Text("error") is { } error)
        {
            Assert.NotNull(result.Refusal);
            Assert.Equal(error.Contains("andle", StringComparison.Ordinal) ? IpamErrorCode.BadHandle : IpamErrorCode.BadSequenceNumber, result.Refusal.Value.Code);
            return;
        }

        Check(result, expect);
    }

    private static void Check(BlockReleaseResult result, JsonElement expect)
    {
        Assert.Null(result.Refusal);
        IpamBlock next = result.Next!;
        Invariants.Check(next);
        if (expect.Field("released") is { } released) Assert.Equal(released.GetInt32(), result.Released.Count);
        if (expect.Field("unallocated") is not null) Assert.Equal(expect.Texts("unallocated"), result.Unallocated.Select(address => address.ToString()));
        if (expect.Field("countByHandle") is not null) Assert.Equal(expect.Map("countByHandle"), result.CountByHandle.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(CultureInfo.InvariantCulture)));
        if (expect.Field("allocated") is not null) Assert.Equal(expect.Numbers("allocated"), next.Allocations.Select(allocation => allocation.Ordinal));
        if (expect.Field("unallocatedTail") is not null) Assert.Equal(expect.Numbers("unallocatedTail"), next.Queue.TakeLast(expect.Numbers("unallocatedTail").Count));
    }

    private static void GarbageCollect(IpamBlock block, JsonElement call, JsonElement expect)
    {
        IpamBlock next = BlockSweep.Sweep(block, TimeSpan.FromSeconds(call.Number("cooldownSeconds")), Now);
        Invariants.Check(next);
        Assert.Equal(expect.GetProperty("changed").GetBoolean(), !ReferenceEquals(next, block));
        if (expect.Field("allocated") is not null) Assert.Equal(expect.Numbers("allocated"), next.Allocations.Select(allocation => allocation.Ordinal));
        if (expect.Field("attributes") is { } attributes) Assert.Equal(attributes.GetInt32(), next.Attributes.Count);
        if (expect.Field("numFree") is { } free) Assert.Equal(free.GetInt32(), next.FreeCount(AddressFilter.Nothing));
    }

    private static async Task GarbageCollectCold(IpamBlock block, JsonElement call, JsonElement expect)
    {
        InMemoryIpamStore store = new();
        string key = IpamKeys.Block(block.Cidr);
        long revision = store.Put(key, block.Encode());
        IPPool pool = new() { Name = "pool", Cidr = block.Cidr, BlockSize = block.Cidr.PrefixLength };
        IpamConfig config = IpamConfig.Default with { CooldownSeconds = call.Number("cooldownSeconds") };
        IpamClient client = new(store, new FixedClusterSource(new IpamCluster([pool], config: config)), time: new FixedTime(Now));
        Assert.Equal(expect.Flag("written") ? 1 : 0, await client.SweepCooledAsync());
        StoreEntry entry = (await store.GetAsync(key))!;
        Assert.Equal(expect.Flag("written"), entry.Revision != revision);
        IpamBlock next = IpamBlock.Decode(entry.Value);
        Invariants.Check(next);
        if (expect.Field("allocated") is not null) Assert.Equal(expect.Numbers("allocated"), next.Allocations.Select(allocation => allocation.Ordinal));
        if (expect.Field("attributes") is { } attributes) Assert.Equal(attributes.GetInt32(), next.Attributes.Count);
    }

    private static IEnumerable<string> Addresses(JsonElement list) => list.EnumerateArray().Select(item => item.GetString()!);
}
