using System.Net;
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
