using System.Net;
using Calico.Bgp.Testing;
using Quickstart;

namespace Calico.Bgp.Tests.Quickstarts;

/// <summary>The programs of the READMEs run and do what the READMEs say.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public void A_policy_is_built()
    {
        NeighborOptions customer = BuildAPolicy.Run();
        Assert.NotNull(customer.Import);
    }

    [Fact]
    public void Two_speakers_are_simulated()
    {
        var network = new SimulatedNetwork(seed: 42);
        SimulatedSpeaker left = network.Add(Speaker("192.0.2.1", 65001, "192.0.2.2", 65002), "left");
        SimulatedSpeaker right = network.Add(Speaker("192.0.2.2", 65002, "192.0.2.1", 65001), "right");
        left.Announce("10.0.0.0/8");
        network.Start();
        network.RunUntilQuiet();
        Console.WriteLine(right.BestRoutes()[IPNetwork.Parse("10.0.0.0/8")].Attributes.AsPath);   // 65001

        network.Link(left, right).Cut(silently: true);   // the hold timer has to find out
        network.RunUntilQuiet();
        Console.WriteLine($"{right.BestRoutes().Count} routes after {network.Now}");

        static BgpSpeakerOptions Speaker(string address, uint asn, string neighbor, uint neighborAsn) => new()
        {
            Asn = asn,
            RouterId = IPAddress.Parse(address),
            EbgpRequiresPolicy = false,
            Neighbors = [new NeighborOptions { Address = IPAddress.Parse(neighbor), Asn = neighborAsn, GracefulRestart = GracefulRestartMode.Off }],
        };

        Assert.Empty(right.BestRoutes());
    }

    [Fact]
    public async Task Attributes_go_with_the_prefix()
    {
        await using BgpSpeaker speaker = new(new BgpSpeakerOptions { Asn = 64512, RouterId = IPAddress.Parse("192.0.2.1") });
        await speaker.StartAsync();
        await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("203.0.113.0/24"))
        {
            Attributes = new PathAttributesBuilder().Add(Community.Parse("64512:100")).Build(),
        });
        RibRoute route = Assert.Single(await speaker.GetRoutesAsync());
        Assert.Contains("64512:100", route.Attributes.ToString(), StringComparison.Ordinal);
    }
}
