using System.Net;
using System.Text.Json;
using Calico.Ipam.Blocks;

namespace Calico.Ipam.Tests.Conformance;

public class ClaimAndReleaseTests
{
    public static IEnumerable<TheoryDataRow<string>> ClaimIds => Cases.Ids("ipam/claim_affinity.json");

    public static IEnumerable<TheoryDataRow<string>> ReleaseIds => Cases.Ids("ipam/release.json");

    [Theory, MemberData(nameof(ClaimIds))]
    public async Task ClaimAffinity(string id)
    {
        InMemoryIpamStore store = new();
        foreach (JsonElement one in Cases.WithHistory("ipam/claim_affinity.json", id))
        {
            IpamClient client = new(store, new MutableCluster { Pools = one.Pools() });
            if (one.Text("assignIpToHostAFirst") is { } first) await client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse(first)) { Node = "host-a" });
            Task<ClaimResult> claim = client.ClaimAffinityAsync(Cases.Network(one.Text("cidr")!), one.Text("host")!);
            if (one.Text("expectError") is { } error)
            {
                Assert.Equal(error, (await Assert.ThrowsAsync<IpamException>(() => claim)).Message);
                continue;
            }

            ClaimResult result = await claim;
            Assert.Equal((one.Number("expectClaimed"), one.Number("expectFailed")), (result.Claimed.Count, result.Failed.Count));
        }
    }

    [Theory, MemberData(nameof(ReleaseIds))]
    public async Task Release(string id)
    {
        if (Cases.Get("ipam/release.json", id).Text("kind") == "options")
        {
            Options(Cases.Get("ipam/release.json", id));
            return;
        }

        InMemoryIpamStore store = new();
        foreach (JsonElement one in Cases.WithHistory("ipam/release.json", id))
        {
            if (one.Text("kind") == "options") continue;
            IpamClient client = new(store, new MutableCluster { Pools = one.Pools() });
            List<IPAddress> assigned = [];
            if (one.Text("assignIpFirst") is { } named) assigned.Add((await client.AssignIPAsync(new AssignIPRequest(IPAddress.Parse(named)) { Node = "host" })).Address);
            if (one.Number("autoAssignFirst") is > 0 and int count) assigned.AddRange((await client.AutoAssignAsync(new AutoAssignRequest { Node = "host", IPv4 = count })).Addresses.Select(address => address.Address));
            List<IPAddress> release = one.GetProperty("release").ValueKind == JsonValueKind.String ? assigned : [.. one.Texts("release").Select(IPAddress.Parse)];
            ReleaseResult result = await client.ReleaseIPsAsync([.. release.Select(address => new ReleaseOption(address))]);
            Assert.Equal(one.Texts("expectUnallocated"), result.Unallocated.Select(address => address.ToString()));
            Assert.Equal(release.Count - result.Unallocated.Count, result.Released.Count);
        }
    }

    private static void Options(JsonElement one)
    {
        IpamBlock block = BlockFactory.Create(Cases.Network(one.Text("block")!), AffinityOwner.Host("host"), null, DateTimeOffset.UnixEpoch);
        block.SequenceNumber = one.GetProperty("blockSequenceNumberAtStart").GetUInt64();
        foreach (string address in one.Texts("assign"))
        {
            Assert.True(block.TryGetOrdinal(IPAddress.Parse(address), out int ordinal));
            block = BlockAssign.Named(block, ordinal, new AllocationRecord("handle"), SequenceStep.One)!;
        }

        foreach (JsonElement option in one.GetProperty("release").EnumerateArray())
        {
            ReleaseOption release = new(IPAddress.Parse(option.Text("address")!), option.Text("handle"), option.Field("sequenceNumber")?.GetUInt64());
            BlockReleaseResult result = BlockRelease.Addresses(block, [release], TimeSpan.Zero, DateTimeOffset.UnixEpoch);
            Assert.Equal(option.Flag("expectError"), result.Refusal is not null);
            if (result.Next is not null) block = result.Next;
        }
    }
}
