using System.Net;

namespace Calico.Netlink.Tests;

public sealed class NexthopPoolTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shared_next_hops_become_objects_which_a_new_process_adopts_and_clears_away()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int dev = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await netlink.Addresses.AddAsync(dev, IPAddress.Parse("172.31.0.1"), 24, Cancel);
        Route[] shared = [.. Enumerable.Range(0, 2000).Select(i => Via(new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), "172.31.0.2", dev))];
        Route[] few = [.. Enumerable.Range(0, 10).Select(i => Via(new IPAddress([10, 1, 0, (byte)i]), "172.31.0.3", dev))];
        using (RouteTable table = new(netlink))
        {
            table.SetAll([.. shared, .. few]);
            Assert.True((await table.ApplyAsync(Cancel)) is { Added: 2010, IsInSync: true });
        }

        Nexthop made = Assert.Single(await netlink.Nexthops.ListAsync(Cancel));
        Assert.Equal((IPAddress.Parse("172.31.0.2"), RouteProtocol.Calico), (made.Gateway, made.Protocol));
        Assert.Equal(2000, (await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel)).Count(r => r.NexthopId == made.Id));

        using RouteTable next = new(netlink);
        next.SetAll([.. shared, .. few]);
        Assert.True((await next.ApplyAsync(Cancel)) is { Added: 0, Replaced: 0, Deleted: 0 });
        next.Set(Via(IPAddress.Parse("10.2.0.1"), "172.31.0.2", dev));
        await next.ApplyAsync(Cancel);
        Assert.Equal(2001, (await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel)).Count(r => r.NexthopId == made.Id));

        next.SetAll(few);
        Assert.Equal(2001, (await next.ApplyAsync(Cancel)).Deleted);
        next.RequestResync();
        await next.ApplyAsync(Cancel);
        Assert.Empty(await netlink.Nexthops.ListAsync(Cancel));
        Assert.Equal(10, (await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel)).Count);
    }

    [Fact]
    public async Task Foreign_objects_are_left_alone_and_their_ids_avoided()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int dev = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await netlink.Addresses.AddAsync(dev, IPAddress.Parse("172.31.0.1"), 24, Cancel);
        RouteTableOptions options = new() { FirstNexthopId = 500, NexthopObjectThreshold = 5 };
        Nexthop foreign = new() { Id = 500, Gateway = IPAddress.Parse("172.31.0.9"), InterfaceIndex = dev, Protocol = RouteProtocol.Bird };
        await netlink.Nexthops.AddAsync(foreign, Cancel);
        using RouteTable table = new(netlink, options);
        table.SetAll(Enumerable.Range(0, 10).Select(i => Via(new IPAddress([10, 1, 0, (byte)i]), "172.31.0.3", dev)));
        await table.ApplyAsync(Cancel);
        Assert.Equal([500u, 501u], (await netlink.Nexthops.ListAsync(Cancel)).Select(n => n.Id));
        table.SetAll([]);
        await table.ApplyAsync(Cancel);
        table.RequestResync();
        await table.ApplyAsync(Cancel);
        Assert.Equal(500u, Assert.Single(await netlink.Nexthops.ListAsync(Cancel)).Id);
    }

    private static Route Via(IPAddress destination, string gateway, int dev) =>
        new() { Destination = new IPNetwork(destination, 32), Gateway = IPAddress.Parse(gateway), InterfaceIndex = dev, Flags = RouteFlags.OnLink };
}
