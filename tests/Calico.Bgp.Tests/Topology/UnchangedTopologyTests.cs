using System.Net;
using Calico.Bgp.Topology;

namespace Calico.Bgp.Tests.Topology;

/// <summary>A topology made again of the same facts is the same to the speaker: no session is reset, nothing is told or asked again.</summary>
public sealed class UnchangedTopologyTests
{
    private static BgpSpeakerOptions Options(Func<TopologyInput, TopologyInput>? change = null)
    {
        var input = new TopologyInput
        {
            Node = "n1",
            Nodes = [Node("n1", 1), Node("n2", 2)],
            Pools = [new TopologyPool(IPNetwork.Parse("192.168.0.0/16")), new TopologyPool(IPNetwork.Parse("192.169.0.0/16"), DisableBgpExport: true)],
            Blocks = [new TopologyBlock(IPNetwork.Parse("192.168.1.0/26"))],
            Configuration = new BgpConfigurationSpec { PrefixAdvertisements = [new PrefixAdvertisementSpec("192.168.0.0/16", ["65000:1"])] },
            Filters = new Dictionary<string, BgpFilterSpec> { ["f"] = new() { ExportV4 = [new BgpFilterRuleSpec { Action = "Reject", Cidr = "10.0.0.0/8", MatchOperator = "In" }] } },
            Peers = new Dictionary<string, BgpPeerSpec> { ["p"] = new() { PeerIP = "10.0.0.9", AsNumber = 65009, Filters = ["f"] } },
        };
        input = change?.Invoke(input) ?? input;
        return BgpTopology.Compute(input).ToSpeakerOptions(input.Filters);
    }

    private static TopologyNode Node(string name, int host) => new() { Name = name, IPv4Address = IPAddress.Parse($"10.0.0.{host}"), IPv4Subnet = IPNetwork.Parse("10.0.0.0/24") };

    private static bool SameExport(BgpSpeakerOptions a, BgpSpeakerOptions b) => a.Neighbors.Zip(b.Neighbors).All(pair => NeighborComparison.SameExport(pair.First, pair.Second));

    [Fact]
    public void The_same_facts_give_equal_neighbours()
    {
        BgpSpeakerOptions first = Options(), second = Options();
        Assert.Equal(2, first.Neighbors.Count);
        Assert.All(first.Neighbors.Zip(second.Neighbors), pair => Assert.True(NeighborComparison.Same(pair.First, pair.Second), pair.First.DisplayName));
    }

    [Fact]
    public void What_changes_an_export_decision_makes_exports_differ()
    {
        BgpSpeakerOptions before = Options();
        Assert.False(SameExport(before, Options(i => i with { Blocks = [.. i.Blocks, new TopologyBlock(IPNetwork.Parse("192.168.2.0/26"))] })));
        Assert.False(SameExport(before, Options(i => i with { Pools = [i.Pools[0]] })));
        Assert.False(SameExport(before, Options(i => i with { Pools = [i.Pools[0], i.Pools[1] with { DisableBgpExport = false }] })));
        Assert.False(SameExport(before, Options(i => i with { Configuration = i.Configuration! with { IPv4NormalRoutePriority = 2000 } })));
        Assert.False(SameExport(before, Options(i => i with { Configuration = i.Configuration! with { PrefixAdvertisements = [] } })));
        Assert.False(SameExport(before, Options(i => i with { Filters = new Dictionary<string, BgpFilterSpec> { ["f"] = new() { ExportV4 = [new BgpFilterRuleSpec { Action = "Accept" }] } } })));
    }
}
