using System.Net;

namespace Calico.Netlink.Tests;

/// <summary>Faults against the real kernel: afterwards it has what is wanted, and nothing foreign was touched.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly IPNetwork Stable9 = IPNetwork.Parse("10.0.0.0/9");

    private readonly NetworkNamespace _network = Lab.NewNamespace();
    private RtNetlink _netlink = null!;
    private int _dev;

    public async ValueTask InitializeAsync()
    {
        _netlink = RtNetlink.Open(_network);
        _dev = (await _netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await _netlink.Addresses.AddAsync(_dev, IPAddress.Parse("172.31.0.1"), 24, Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _netlink.Dispose();
        _network.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_dump_beside_a_writer_never_misses_a_route_that_was_there_all_the_time()
    {
        const int Stable = 20_000;
        await SendAsync(Stable, 0x0A000000, delete: false);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task writer = Task.Run(async () =>
        {
            using RtNetlink other = RtNetlink.Open(_network);
            NetlinkBatch batch = new();
            for (uint i = 0; !stop.IsCancellationRequested; i++)
            {
                batch.Clear();
                Route route = Template().WithHostAddress(0x0A800000 + i % 512);
                batch.AddRoute(route);
                batch.DeleteRoute(route);
                await other.Connection.SendAsync(batch);
                // Rests, so that a dump comes through now and then.
                if (i % 64 == 0) await Task.Delay(20);
            }
        }, Cancel);
        for (int round = 0; round < 20; round++)
        {
            try
            {
                IReadOnlyList<Route> routes = await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel);
                Assert.Equal(Stable, routes.Where(r => Stable9.Contains(r.Destination.BaseAddress)).Select(r => new RouteKey(r)).Distinct().Count());
            }
            catch (NetlinkException e) when (e.Errno == Errno.Interrupted)
            {
                // Said, not hidden.
            }
        }

        await stop.CancelAsync();
        await writer;
        Assert.Equal(Stable, (await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel)).Count(r => Stable9.Contains(r.Destination.BaseAddress)));
    }

    [Fact]
    public async Task A_small_receive_buffer_loses_no_error_of_a_batch()
    {
        using RtNetlink small = RtNetlink.Open(new NetlinkConnectionOptions { Namespace = _network, ReceiveBufferBytes = 8 * 1024 });
        NetlinkBatch batch = new();
        for (uint i = 0; i < 3000; i++) batch.AddRoute(Template().WithHostAddress(0x0A000000 + i / 2));
        NetlinkBatchResult result = await small.Connection.SendAsync(batch, cancellationToken: Cancel);
        Assert.False(result.RepliesLost);
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => 2 * i + 1), result.Errors.Select(e => e.Index));
        Assert.All(result.Errors, e => Assert.Equal(Errno.Exists, e.Error.Code));
    }

    [Fact]
    public async Task An_overflowing_monitor_says_that_events_were_lost()
    {
        using RtMonitor monitor = RtMonitor.Open(RtGroups.Routes, new NetlinkConnectionOptions { Namespace = _network, ReceiveBufferBytes = 8 * 1024 });
        await SendAsync(2000, 0x0A000000, delete: false);
        int routes = 0;
        await foreach (RtEvent observed in monitor.ReadAllAsync(Cancel))
        {
            if (observed is EventsLost) break;
            routes++;
        }

        Assert.InRange(routes, 0, 1999);
    }

    [Fact]
    public async Task After_death_between_two_batches_the_next_process_finishes_the_work()
    {
        Route foreign = Template().WithHostAddress(0x0B000001) with { Protocol = RouteProtocol.Bird };
        await _netlink.Routes.AddAsync(foreign, Cancel);
        Route[] wanted = [.. Enumerable.Range(1, 3000).Select(i => Template().WithHostAddress(0x0A000000u + (uint)i))];
        for (int sends = 2; sends < 9; sends += 2)
        {
            using DyingTransport transport = new(new NetlinkSocket(NetlinkProtocol.Route, Lab.In(_network)), sends);
            using RtNetlink dying = new(new NetlinkConnection(NetlinkProtocol.Route, transport));
            using RouteTable table = new(dying, new RouteTableOptions { NexthopObjects = NexthopObjects.Never, BatchSize = 100 });
            table.SetAll(wanted.Select(r => r with { Gateway = IPAddress.Parse($"172.31.0.{sends}") }));
            await Assert.ThrowsAsync<ProcessDiedException>(async () => await table.ApplyAsync(Cancel));
        }

        using RouteTable next = new(_netlink);
        next.SetAll(wanted);
        Assert.True((await next.ApplyAsync(Cancel)).IsInSync);
        IReadOnlyList<Route> routes = await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel);
        Assert.Equal(3000, routes.Count);
        Assert.All(routes, r => Assert.Equal(IPAddress.Parse("172.31.0.2"), r.Gateway));
        Assert.Equal(foreign.Gateway, Assert.Single(await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Bird }, Cancel)).Gateway);
    }

    [Fact]
    public async Task A_cancelled_dump_leaves_the_connection_usable()
    {
        await SendAsync(5000, 0x0A000000, delete: false);
        using CancellationTokenSource cancel = new();
        NetlinkBatch dump = new();
        dump.DumpRoutes();
        int seen = 0;
        try
        {
            await _netlink.Connection.SendAsync(dump, (int _, in NetlinkMessage _) =>
            {
                if (++seen == 10) throw new InvalidOperationException("enough");
            }, cancellationToken: cancel.Token);
            Assert.Fail("The handler's exception did not come through.");
        }
        catch (InvalidOperationException)
        {
        }

        Assert.Equal(5000, (await _netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico }, Cancel)).Count);
    }

    [Fact]
    public async Task Sends_and_dumps_allocate_nothing_for_each_message()
    {
        await SendAsync(4000, 0x0A000000, delete: false);
        int seen = 0;
        RouteVisitor visit = (in Route _) => seen++;
        Action restart = () => seen = 0;
        await _netlink.Routes.VisitAsync(visit, restart, cancellationToken: Cancel);
        seen = 0;
        // The kernel answers inside the call, so all of it runs on this thread; what remains is the call's own, whatever the number of routes.
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValueTask visiting = _netlink.Routes.VisitAsync(visit, restart, cancellationToken: Cancel);
        Assert.True(visiting.IsCompletedSuccessfully);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.InRange(seen, 4000, 4100);
    }

    private async Task SendAsync(int count, uint first, bool delete)
    {
        NetlinkBatch batch = new();
        for (uint i = 0; i < count; i++)
        {
            if (delete) batch.DeleteRoute(Template().WithHostAddress(first + i));
            else batch.AddRoute(Template().WithHostAddress(first + i));
        }

        await _netlink.Connection.RequestAsync(batch, Cancel);
    }

    private Route Template() => new() { Gateway = IPAddress.Parse("172.31.0.2"), InterfaceIndex = _dev, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico };

    private sealed class ProcessDiedException : Exception;

    /// <summary>A socket whose process is killed before it sends once more: the kernel sees the same as with SIGKILL.</summary>
    private sealed class DyingTransport(INetlinkTransport inner, int sends) : INetlinkTransport
    {
        private int _left = sends;

        public uint PortId => inner.PortId;
        public int MaximumSendBytes => inner.MaximumSendBytes;
        public int MaximumPendingReplies => inner.MaximumPendingReplies;
        public Errno Send(ReadOnlySpan<byte> messages) => _left-- > 0 ? inner.Send(messages) : throw new ProcessDiedException();
        public int TryReceive(Span<byte> buffer) => inner.TryReceive(buffer);
        public ValueTask WaitForDataAsync(CancellationToken cancellationToken) => inner.WaitForDataAsync(cancellationToken);
        public Errno Join(uint group) => inner.Join(group);
        public void Dispose() => inner.Dispose();
    }
}
