using System.Net;
using System.Text.Json;
using Calico.Ipam.GarbageCollection;

namespace Calico.Ipam.Tests.Conformance;

public class GcTests
{
    private static readonly DateTimeOffset Now = new(2026, 8, 22, 10, 0, 0, TimeSpan.Zero);

    public static IEnumerable<TheoryDataRow<string>> Ids => Cases.Ids("ipam/gc_validity.json");

    [Theory, MemberData(nameof(Ids))]
    public void Validity_of_an_allocation(string id)
    {
        JsonElement one = Cases.Get("ipam/gc_validity.json", id), allocation = one.GetProperty("allocation");
        List<IpamBlock> blocks = [.. Addresses(allocation).Select(address => BlockWith(address, allocation))];
        ClusterFacts facts = Facts(one.GetProperty("world"));
        (GcState state, GcPlan first) = GcPlanner.Look(GcState.Empty, blocks, [], [], facts, new GcOptions(), Now);
        (_, GcPlan early) = GcPlanner.Look(state, blocks, [], [], facts, new GcOptions(), Now.AddMinutes(14));
        (_, GcPlan late) = GcPlanner.Look(state, blocks, [], [], facts, new GcOptions(), Now.AddMinutes(16));
        switch (one.Text("expect"))
        {
            case "valid":
                Assert.Empty(late.Confirmed);
                break;
            case "candidate":
                Assert.Empty(first.Confirmed);
                Assert.NotEmpty(first.Candidates);
                Assert.Empty(early.Confirmed);
                Assert.Equal(blocks.Count, late.Confirmed.Count);
                Assert.Equal(blocks.Count, GcPlanner.Recheck(late, facts).Count);
                Assert.Empty(GcPlanner.Recheck(late, new ClusterFacts()));
                break;
            case "collect now":
                Assert.Equal(blocks.Count, first.Confirmed.Count);
                break;
            case string other:
                Assert.Fail($"unknown expectation {other}");
                break;
        }
    }

    private static IEnumerable<IPAddress> Addresses(JsonElement allocation) =>
        allocation.Field("ips") is null ? [IPAddress.Parse(allocation.Text("ip") ?? "10.0.0.5")] : allocation.Texts("ips").Select(IPAddress.Parse);

    private static IpamBlock BlockWith(IPAddress address, JsonElement allocation)
    {
        bool v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        IpamBlock block = Blocks.BlockFactory.Create(Cases.Network($"{address}/{(v6 ? 122 : 26)}"), AffinityOwner.Host("node-1"), null, Now);
        Assert.True(block.TryGetOrdinal(address, out int ordinal));
        return Blocks.BlockAssign.Named(block, ordinal, new AllocationRecord(allocation.Text("handle"), allocation.Map("attrs"), allocation.Map("alternateAttrs")), Blocks.SequenceStep.One)!;
    }

    private static ClusterFacts Facts(JsonElement world) => new()
    {
        Nodes = world.Texts("nodes").ToHashSet(),
        Pods = world.Field("pods") is not { } pods ? [] : [.. pods.EnumerateArray().Select(pod => new PodFact(
            pod.Text("namespace")!, pod.Text("name")!, pod.Text("node")!, [.. pod.Texts("ips").Select(IPAddress.Parse)], pod.Text("phase") == "Failed" && pod.Text("reason") == "Evicted"))],
        VirtualMachines = world.Texts("vms").ToHashSet(),
    };
}
