using System.Net;

namespace Calico.Netlink.Tests;

public sealed class RouteTableKernelTests : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly NetworkNamespace _network = Lab.NewNamespace();
    private RtNetlink _netlink = null!;
    private int _dev;

    public async ValueTask InitializeAsync()
    {
        _netlink = RtNetlink.Open(_network);
        _dev = (await _netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await _netlink.Links.SetUpAsync(1, Cancel);
        await _netlink.Addresses.AddAsync(_dev, IPAddress.Parse("172.31.0.1"), 24, Cancel);
        await _netlink.Addresses.AddAsync(new InterfaceAddress { InterfaceIndex = _dev, Address = IPAddress.Parse("fd31::1"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection }, Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _netlink.Dispose();
        _network.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Wanted_routes_are_in_the_kernel_and_only_differences_are_sent()
    {
        using RouteTable table = new(_netlink);
        Route[] wanted = Mixed();
        table.SetAll(wanted);
        RouteTableReport report = await table.ApplyAsync(Cancel);
        Assert.Equal((wanted.Length, 0, 0, true, true), (report.Added, report.Replaced, report.Deleted, report.Resynced, report.IsInSync));
        Assert.Equal(wanted.Length, (await OwnAsync()).Count);

        table.RequestResync();
        report = await table.ApplyAsync(Cancel);
        Assert.Equal((0, 0, 0), (report.Added, report.Replaced, report.Deleted));

        table.Remove(new RouteKey(wanted[0]));
        table.Set(wanted[1] with { Gateway = IPAddress.Parse("172.31.0.9") });
        table.Set(Via("10.77.0.0/16", "172.31.0.2"));
        report = await table.ApplyAsync(Cancel);
        Assert.Equal((1, 1, 1, false), (report.Added, report.Replaced, report.Deleted, report.Resynced));
        Assert.Equal(IPAddress.Parse("172.31.0.9"), Assert.Single(await OwnAsync(), r => r.Destination == wanted[1].Destination).Gateway);
    }

    [Fact]
    public async Task A_new_process_takes_over_what_the_old_one_left()
    {
        using (RouteTable first = new(_netlink))
        {
            first.SetAll(Mixed());
            await first.ApplyAsync(Cancel);
        }

        using RouteTable second = new(_netlink);
        second.SetAll(Mixed().Skip(2));
        second.Set(Via("10.99.0.0/16", "172.31.0.2"));
        RouteTableReport report = await second.ApplyAsync(Cancel);
        Assert.Equal((1, 0, 2), (report.Added, report.Replaced, report.Deleted));
    }

    [Fact]
    public async Task A_foreign_route_in_the_way_is_named_left_alone_and_overcome_when_it_goes()
    {
        Route foreign = Via("10.1.0.0/16", "172.31.0.3") with { Protocol = RouteProtocol.Bird };
        await _netlink.Routes.AddAsync(foreign, Cancel);
        using RouteTable table = new(_netlink);
        table.Set(Via("10.1.0.0/16", "172.31.0.2"));
        table.Set(Via("10.2.0.0/16", "172.31.0.2"));
        RouteTableReport report = await table.ApplyAsync(Cancel);
        RouteConflict conflict = Assert.Single(report.Conflicts);
        Assert.Contains("bird (12)", conflict.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, report.Added);
        Assert.Equal(foreign.Gateway, Assert.Single(await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Bird }, Cancel)).Gateway);
        await _netlink.Routes.DeleteAsync(foreign, Cancel);
        Assert.True((await table.ApplyAsync(Cancel)) is { Added: 1, IsInSync: true });
    }

    [Fact]
    public async Task A_route_of_our_protocol_that_came_from_elsewhere_is_adopted()
    {
        using RouteTable table = new(_netlink);
        await table.ApplyAsync(Cancel);
        await _netlink.Routes.AddAsync(Via("10.1.0.0/16", "172.31.0.2"), Cancel);
        await _netlink.Routes.AddAsync(Via("10.2.0.0/16", "172.31.0.7"), Cancel);
        table.Set(Via("10.1.0.0/16", "172.31.0.2"));
        table.Set(Via("10.2.0.0/16", "172.31.0.2"));
        RouteTableReport report = await table.ApplyAsync(Cancel);
        Assert.True(report.IsInSync);
        Assert.Equal((0, 1), (report.Added, report.Replaced));
    }

    [Fact]
    public async Task Doubled_own_routes_become_one()
    {
        await _netlink.Routes.AddAsync(Via("10.1.0.0/16", "172.31.0.7"), Cancel);
        await _netlink.Routes.AppendAsync(Via("10.1.0.0/16", "172.31.0.2"), Cancel);
        using RouteTable table = new(_netlink);
        table.Set(Via("10.1.0.0/16", "172.31.0.2"));
        Assert.Equal(1, (await table.ApplyAsync(Cancel)).Deleted);
        Assert.Equal(IPAddress.Parse("172.31.0.2"), Assert.Single(await OwnAsync()).Gateway);
    }

    [Fact]
    public async Task A_route_the_kernel_refuses_is_reported_and_tried_again()
    {
        using RouteTable table = new(_netlink);
        table.Set(Via("10.1.0.0/16", "192.168.99.1") with { Flags = RouteFlags.None });
        table.Set(Via("10.2.0.0/16", "172.31.0.2"));
        RouteTableReport report = await table.ApplyAsync(Cancel);
        Assert.Equal("Nexthop has invalid gateway", Assert.Single(report.Failures).Error.Error.Message);
        Assert.Equal(1, report.Added);
        await _netlink.Addresses.AddAsync(_dev, IPAddress.Parse("192.168.99.2"), 24, Cancel);
        Assert.True((await table.ApplyAsync(Cancel)) is { Added: 1, IsInSync: true });
    }

    [Fact]
    public async Task Changes_from_outside_are_repaired_while_it_runs()
    {
        using RouteTable table = new(_netlink);
        Route[] wanted = [.. Mixed(), .. Enumerable.Range(0, 3000).Select(i => Via($"10.200.{i >> 8}.{i & 255}/32", "172.31.0.2"))];
        table.SetAll(wanted);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task running = table.RunAsync(cancellationToken: stop.Token);
        using RtNetlink other = RtNetlink.Open(_network);
        await EventuallyAsync(async () => (await OwnAsync()).Count == wanted.Length);

        await other.Routes.DeleteAsync(new Route { Destination = IPNetwork.Parse("10.200.0.5/32"), Protocol = RouteProtocol.Calico }, Cancel);
        await other.Routes.ReplaceAsync(Via("10.200.0.6/32", "172.31.0.44"), Cancel);
        await other.Routes.AddAsync(Via("10.201.0.0/24", "172.31.0.44"), Cancel);
        await EventuallyAsync(async () => Matches(wanted, await OwnAsync()));

        // The kernel takes all routes with the link and says so for none.
        await other.Links.SetAsync(_dev, new LinkSettings { Up = false }, Cancel);
        await EventuallyAsync(async () => (await OwnAsync()).Count < wanted.Length);
        await other.Links.SetAsync(_dev, new LinkSettings { Up = true }, Cancel);
        await other.Addresses.ReplaceAsync(new InterfaceAddress { InterfaceIndex = _dev, Address = IPAddress.Parse("fd31::1"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection }, Cancel);
        await EventuallyAsync(async () => Matches(wanted, await OwnAsync()));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static bool Matches(Route[] wanted, IReadOnlyList<Route> kernel)
    {
        Dictionary<RouteKey, Route> found = kernel.ToDictionary(r => new RouteKey(r));
        return kernel.Count == wanted.Length && wanted.All(w => found.TryGetValue(new RouteKey(w), out Route k) && w.IsSatisfiedBy(k));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 400; i++)
        {
            if (await condition()) return;
            await Task.Delay(25, Cancel);
        }

        Assert.Fail("The kernel did not reach the wanted state within 10 s.");
    }

    private async Task<IReadOnlyList<Route>> OwnAsync() => await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico, Table = 254 }, Cancel);

    private Route Via(string destination, string gateway) => new()
    {
        Destination = IPNetwork.Parse(destination),
        Gateway = IPAddress.Parse(gateway),
        InterfaceIndex = _dev,
        Flags = RouteFlags.OnLink,
        Protocol = RouteProtocol.Calico,
    };

    private Route[] Mixed() =>
    [
        new() { Destination = IPNetwork.Parse("10.65.0.2/32"), InterfaceIndex = _dev },
        Via("10.65.1.0/26", "172.31.0.2"),
        new() { Destination = IPNetwork.Parse("10.65.0.0/26"), Type = RouteType.Blackhole },
        new() { Destination = IPNetwork.Parse("10.66.0.0/16"), NextHops = [new() { Gateway = IPAddress.Parse("172.31.0.2"), InterfaceIndex = _dev }, new() { Gateway = IPAddress.Parse("172.31.0.3"), InterfaceIndex = _dev, Weight = 2 }] },
        Via("10.67.0.0/16", "172.31.0.2") with { Priority = 77, Metrics = new RouteMetrics { Mtu = 1400 }, PreferredSource = IPAddress.Parse("172.31.0.1") },
        new() { Destination = IPNetwork.Parse("fd65::2/128"), InterfaceIndex = _dev },
        new() { Destination = IPNetwork.Parse("fd65::/122"), Type = RouteType.Blackhole },
        new() { Destination = IPNetwork.Parse("fd66::/64"), Gateway = IPAddress.Parse("fd31::2"), InterfaceIndex = _dev },
        new() { Destination = IPNetwork.Parse("fd67::/64"), NextHops = [new() { Gateway = IPAddress.Parse("fd31::3"), InterfaceIndex = _dev }, new() { Gateway = IPAddress.Parse("fd31::2"), InterfaceIndex = _dev }] },
    ];
}
