using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Policy.Evaluation;
using Calico.Tests;

namespace Calico.Dataplane.Tests.Proof;

/// <summary>A sample of the conformance clusters: each node's ruleset is applied to a kernel and read back, and what was read is what packets meet.</summary>
public sealed class ThroughKernelTests
{
    public static TheoryData<string, int, string> Sample()
    {
        TheoryData<string, int, string> sample = [];
        if (Conformance.Root is null && !Conformance.Required) return sample;
        foreach ((string file, int index, string id) in NetpolCase.All().Where((c, i) => c.File == "calico.json" || i % 40 == 0)) sample.Add(file, index, id);
        return sample;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Sample))]
    public void What_the_kernel_gives_back_is_the_evaluator(string file, int index, string id)
    {
        using PrivateNetns ns = PrivateNetns.Create("proof");
        using NftClient nft = NftClient.Open(new() { Namespace = ns.Handle });
        NetpolCase cluster = NetpolCase.Read(file, index);
        Assert.Equal(id, cluster.Id);
        foreach (PolicyShape shape in (PolicyShape[])[PolicyShape.Chains, PolicyShape.Maps])
        {
            TestNetwork network = new(cluster.State, cluster.Options with { Shape = shape }, (_, table) => ThroughAsync(nft, table).GetAwaiter().GetResult());
            PolicyEvaluator evaluator = new(cluster.State, cluster.EvaluatorOptions);
            foreach (Flow flow in BoundaryFlows.Of(cluster.State, 100, index + 1))
            {
                FlowVerdict expected = evaluator.Evaluate(flow);
                if (network.Delivers(flow) != expected.IsAllowed) Assert.Fail($"{shape}: {flow} ({flow.State}) is {expected}:\n{string.Join('\n', network.Trace)}");
            }
        }
    }

    private static async Task<NftTable> ThroughAsync(NftClient nft, NftTable table)
    {
        NftTable? current = (await nft.ReadTableAsync(table.Id)).Table(table.Id);
        await nft.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(current, table)));
        NftTable read = (await nft.ReadTableAsync(table.Id)).Table(table.Id)!;
        Assert.Empty(NftPlanner.Plan(read, table).Select(c => c.Subject));
        return read;
    }
}
