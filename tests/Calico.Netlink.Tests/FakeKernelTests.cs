using System.Net;
using System.Net.NetworkInformation;
using Calico.Netlink.Testing;

namespace Calico.Netlink.Tests;

/// <summary>The fake kernel answers as the real one does.</summary>
public sealed class FakeKernelTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kernels => ["fake", "real"];

    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task The_same_requests_have_the_same_outcome(string kind)
    {
        using NetworkNamespace? network = kind == "real" ? Lab.NewNamespace() : null;
        using RtNetlink netlink = network is null ? new FakeKernel().OpenRoute() : RtNetlink.Open(network);
        Link bridge = (await netlink.Links.AddAsync("br0", new BridgeLink(), new LinkSettings { Mtu = 1400, Up = true }, cancellationToken: Cancel))!;
        Assert.Equal(("br0", 1400u, true), (bridge.Name, bridge.Mtu, bridge.IsUp));
        Assert.Equal(Errno.Exists, await RefusedAsync(netlink.Links.AddAsync("br0", new BridgeLink(), cancellationToken: Cancel).AsTask()));
        Assert.Equal(Errno.NoDevice, await RefusedAsync(netlink.Links.GetAsync("none", Cancel).AsTask()));
        await netlink.Links.SetAsync(bridge.Index, new LinkSettings { Alias = "text", HardwareAddress = PhysicalAddress.Parse("02-00-00-00-00-01") }, Cancel);
        bridge = await netlink.Links.GetAsync(bridge.Index, Cancel);
        Assert.Equal(("text", "020000000001"), (bridge.Alias, bridge.HardwareAddress!.ToString()));

        await netlink.Addresses.AddAsync(bridge.Index, IPAddress.Parse("10.0.0.1"), 24, Cancel);
        Assert.Equal(Errno.Exists, await RefusedAsync(netlink.Addresses.AddAsync(bridge.Index, IPAddress.Parse("10.0.0.1"), 24, Cancel).AsTask()));
        Assert.Equal(Errno.NoDevice, await RefusedAsync(netlink.Addresses.AddAsync(99, IPAddress.Parse("10.0.0.1"), 24, Cancel).AsTask()));

        Route route = new() { Destination = IPNetwork.Parse("10.1.0.0/16"), Gateway = IPAddress.Parse("10.0.0.2"), InterfaceIndex = bridge.Index, Protocol = RouteProtocol.Calico };
        await netlink.Routes.AddAsync(route, Cancel);
        Assert.Equal(Errno.Exists, await RefusedAsync(netlink.Routes.AddAsync(route, Cancel).AsTask()));
        await netlink.Routes.ReplaceAsync(route with { Gateway = IPAddress.Parse("10.0.0.3") }, Cancel);
        Route found = Assert.Single(await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel));
        Assert.Equal(IPAddress.Parse("10.0.0.3"), found.Gateway);
        Assert.Equal(IPAddress.Parse("10.0.0.3"), (await netlink.Routes.LookupAsync(IPAddress.Parse("10.1.2.3"), cancellationToken: Cancel)).Gateway);
        Assert.Equal(Errno.NetworkUnreachable, await RefusedAsync(netlink.Routes.LookupAsync(IPAddress.Parse("192.0.2.1"), cancellationToken: Cancel).AsTask()));
        Assert.Equal(Errno.NoSuchProcess, await RefusedAsync(netlink.Routes.DeleteAsync(route with { Protocol = RouteProtocol.Bird }, Cancel).AsTask()));
        await netlink.Routes.DeleteAsync(found, Cancel);

        Neighbour neighbour = new() { InterfaceIndex = bridge.Index, Address = IPAddress.Parse("10.0.0.9"), LinkAddress = PhysicalAddress.Parse("02-00-00-00-00-09") };
        await netlink.Neighbours.AddAsync(neighbour, Cancel);
        Assert.Equal(Errno.Exists, await RefusedAsync(netlink.Neighbours.AddAsync(neighbour, Cancel).AsTask()));
        await netlink.Neighbours.DeleteAsync(neighbour, Cancel);
        Assert.Equal(Errno.NoEntry, await RefusedAsync(netlink.Neighbours.DeleteAsync(neighbour, Cancel).AsTask()));
        await netlink.Links.DeleteAsync("br0", Cancel);
        Assert.Null(await netlink.Links.FindAsync("br0", Cancel));
    }

    [Fact]
    public async Task The_program_of_the_README_runs()
    {
        FakeKernel kernel = new();
        int device = kernel.AddLink("eth0");
        using RtNetlink netlink = kernel.OpenRoute();           // hand this to the code under test
        await netlink.Routes.AddAsync(new Route { Destination = IPNetwork.Parse("10.0.0.0/8"), InterfaceIndex = device });
        Assert.Single(kernel.Routes);
        kernel.FailRequest(Errno.OutOfMemory, after: 3);        // the fourth request from now is refused
        kernel.InterruptDump();                                 // the next dump is marked as interrupted
        kernel.LoseReplies();                                   // the next answers are lost, as by a full receive buffer
    }

    [Fact]
    public async Task An_interrupted_dump_is_repeated_and_reported_when_it_never_comes_through()
    {
        FakeKernel kernel = new();
        using RtNetlink netlink = kernel.OpenRoute(new NetlinkConnectionOptions { DumpRetries = 1 });
        kernel.InterruptDump();
        Assert.Single(await netlink.Links.ListAsync(cancellationToken: Cancel));
        kernel.InterruptDump();
        kernel.InterruptDump();
        Assert.Equal(Errno.Interrupted, await RefusedAsync(netlink.Links.ListAsync(cancellationToken: Cancel).AsTask()));
    }

    [Fact]
    public async Task Lost_replies_are_reported_not_guessed()
    {
        FakeKernel kernel = new();
        int dev = kernel.AddLink("v0");
        using RtNetlink netlink = kernel.OpenRoute();
        kernel.LoseReplies();
        NetlinkBatch batch = new();
        batch.AddRoute(new Route { Destination = IPNetwork.Parse("10.1.0.0/16"), InterfaceIndex = dev });
        NetlinkBatchResult result = await netlink.Connection.SendAsync(batch, cancellationToken: Cancel);
        Assert.True(result.RepliesLost && !result.IsSuccess);
        Assert.Single(kernel.Routes);
        Assert.Equal(Errno.NoBuffers, Assert.Throws<NetlinkException>(result.ThrowIfFailed).Errno);
    }

    [Fact]
    public async Task A_monitor_that_overflows_says_so_or_throws()
    {
        FakeKernel kernel = new();
        using RtMonitor reporting = kernel.OpenMonitor();
        using RtMonitor throwing = kernel.OpenMonitor(NetlinkOverflow.Throw);
        kernel.OverflowMonitors();
        kernel.AddLink("v0");
        RtEvent[] events = await reporting.ReadAllAsync(Cancel).Take(2).ToArrayAsync(Cancel);
        Assert.IsType<EventsLost>(events[0]);
        Assert.Equal("v0", Assert.IsType<LinkEvent>(events[1]).Link.Name);
        Assert.Equal(Errno.NoBuffers, await RefusedAsync(throwing.ReadAllAsync(Cancel).FirstAsync(Cancel).AsTask()));
    }

    [Fact]
    public async Task A_refused_request_of_a_batch_is_named_with_the_kernels_text()
    {
        FakeKernel kernel = new();
        int dev = kernel.AddLink("v0");
        using RtNetlink netlink = kernel.OpenRoute();
        kernel.FailRequest(Errno.OutOfMemory, "no room", after: 3);
        NetlinkBatch batch = new();
        for (int i = 0; i < 6; i++) batch.AddRoute(new Route { InterfaceIndex = dev }.WithHostAddress(0x0A000001u + (uint)i));
        NetlinkRequestError error = Assert.Single((await netlink.Connection.SendAsync(batch, cancellationToken: Cancel)).Errors);
        Assert.Equal((3, Errno.OutOfMemory, "no room"), (error.Index, error.Error.Code, error.Error.Message));
        Assert.Equal(5, kernel.Routes.Count);
    }

    private static async Task<Errno> RefusedAsync(Task request) => (await Assert.ThrowsAsync<NetlinkException>(() => request)).Errno;
}
