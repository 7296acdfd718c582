using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using Calico.Policy.Model.Deltas;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What is told while a flush waits for the kernel belongs to the next flush, and is never lost.</summary>
public sealed class ConcurrencyTests
{
    private static readonly IPNetwork Stale = IPNetwork.Parse("10.244.1.0/26"), Learned = IPNetwork.Parse("10.244.2.0/26");

    [Fact]
    public async Task A_route_and_the_end_of_convergence_told_during_a_read_are_heard()
    {
        FakeKernel kernel = new();
        IPAddress gateway = IPAddress.Parse("192.0.2.1");
        kernel.Routes[Stale] = new Route { Destination = Stale, Gateway = gateway, Protocol = RouteProtocol.Calico, Priority = 1024 };
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, kernel);
        dataplane.Apply(new InSync());
        kernel.WhileReadingRoutes = () =>
        {
            kernel.WhileReadingRoutes = null;
            dataplane.SetLearnedRoute(new LearnedRoute(Learned, [gateway]));
            dataplane.LearnedRoutesInSync();
        };

        await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Contains(Learned, kernel.Routes.Keys);
        Assert.DoesNotContain(Stale, kernel.Routes.Keys);
    }
}
