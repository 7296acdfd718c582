namespace Calico.Netlink.Tests;

public sealed class ConnectionTests
{
    private const ushort NewLink = 16, GetLink = 18;

    [Fact]
    public async Task A_dump_returns_every_link()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Route, Lab.In(network));
        List<string> names = [];
        await connection.DumpAsync(GetLinks(), (int _, in NetlinkMessage message) => names.Add(NameOf(message)), names.Clear, TestContext.Current.CancellationToken);
        Assert.Contains("lo", names);
    }

    [Fact]
    public async Task Each_failing_request_of_a_batch_is_named()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Route, Lab.In(network));
        NetlinkBatch batch = new();
        for (int i = 0; i < 1000; i++)
        {
            NetlinkMessageWriter message = batch.Begin(NewLink, NetlinkFlags.Ack);
            message.PutUInt32(0);
            message.PutInt32(i % 3 == 0 ? 1 : 999);
            message.PutUInt64(0);
            message.AttributeString(3, "");
        }

        NetlinkBatchResult result = await connection.SendAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(result.RepliesLost);
        Assert.Equal(Enumerable.Range(0, 1000).Where(i => i % 3 != 0), result.Errors.Select(e => e.Index));
        Assert.All(result.Errors, e => Assert.Equal("RTM_NEWLINK", e.Operation));
    }

    [Fact]
    public async Task The_attribute_at_fault_is_named()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Route, Lab.In(network));
        NetlinkBatch batch = new();
        NetlinkMessageWriter message = batch.Begin(24, NetlinkFlags.Create);
        message.Put([2, 32, 0, 0, 254, 80, 0, 1, 0, 0, 0, 0]);
        message.Attribute(1, [10, 0, 0, 1]);
        using (message.Nest(8, flagged: false)) message.AttributeUInt16(2, 1);
        NetlinkException e = await Assert.ThrowsAsync<NetlinkException>(async () => await connection.RequestAsync(batch));
        Assert.Equal("RTA_METRICS/RTAX_MTU", e.Attribute);
    }

    [Fact]
    public async Task A_named_namespace_is_listed_opened_and_deleted()
    {
        using NetworkNamespace probe = Lab.NewNamespace();
        string name = Lab.UniqueName(), directory = Directories();
        using (NetworkNamespace created = NetworkNamespace.Create(name, directory))
        {
            try
            {
                Assert.Contains(name, NetworkNamespace.List(directory));
                Assert.True(Assert.Throws<NetlinkException>(() => NetworkNamespace.Create(name, directory)).IsAlreadyExists);
                using NetworkNamespace opened = NetworkNamespace.Open(name, directory);
                using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Route, Lab.In(opened));
                int links = 0;
                await connection.DumpAsync(GetLinks(), (int _, in NetlinkMessage _) => links++, () => links = 0, TestContext.Current.CancellationToken);
                Assert.InRange(links, 1, 20);
            }
            finally
            {
                Assert.True(NetworkNamespace.Delete(name, directory));
            }
        }

        Assert.DoesNotContain(name, NetworkNamespace.List(directory));
        Assert.False(NetworkNamespace.Delete(name, directory));
        Assert.True(Assert.Throws<NetlinkException>(() => NetworkNamespace.Open(name, directory)).IsNotFound);
    }

    // An ordinary user in a user namespace has no right to /run/netns, but to a directory of their own.
    private static string Directories()
    {
        if (!Directory.Exists(NetworkNamespace.DefaultDirectory)) return NetworkNamespace.DefaultDirectory;
        string probe = Path.Combine(NetworkNamespace.DefaultDirectory, Lab.UniqueName() + "-probe");
        try
        {
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return NetworkNamespace.DefaultDirectory;
        }
        catch (UnauthorizedAccessException)
        {
            return Path.Combine(Path.GetTempPath(), Lab.UniqueName());
        }
    }

    [Fact]
    public async Task Waiting_for_data_wakes_up_and_can_be_cancelled()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NetlinkSocket socket = new(NetlinkProtocol.Route, Lab.In(network));
        Assert.Equal(Errno.None, socket.Join(1));
        using CancellationTokenSource cancel = new(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await socket.WaitForDataAsync(cancel.Token));

        ValueTask wait = socket.WaitForDataAsync(TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);
        using NetlinkConnection connection = NetlinkConnection.Open(NetlinkProtocol.Route, Lab.In(network));
        NetlinkBatch up = new();
        NetlinkMessageWriter message = up.Begin(NewLink);
        message.PutUInt32(0);
        message.PutInt32(1);
        message.PutUInt32(1);
        message.PutUInt32(1);
        await connection.RequestAsync(up, TestContext.Current.CancellationToken);
        await wait;
        byte[] buffer = new byte[65536];
        Assert.True(socket.TryReceive(buffer) > 0);
    }

    [Fact]
    public async Task An_echo_brings_the_object_as_the_kernel_made_it()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        await netlink.Links.SetUpAsync(1, TestContext.Current.CancellationToken);
        NetlinkBatch batch = new();
        batch.AddNexthop(new Nexthop { Id = 0, IsBlackhole = true });
        NetlinkBatch echoing = new();
        NetlinkMessageWriter message = echoing.Begin(104, NetlinkFlags.Create | NetlinkFlags.Exclusive | NetlinkFlags.Echo);
        message.Put(batch[0][NetlinkMessage.HeaderLength..]);
        uint id = 0;
        NetlinkBatchResult result = await netlink.Connection.SendAsync(echoing, (int _, in NetlinkMessage reply) =>
        {
            if (Nexthop.TryDecode(reply, out Nexthop made)) id = made.Id;
        }, cancellationToken: TestContext.Current.CancellationToken);
        result.ThrowIfFailed();
        Assert.Equal(id, Assert.Single(await netlink.Nexthops.ListAsync(TestContext.Current.CancellationToken)).Id);
        Assert.NotEqual(0u, id);
    }

    [Fact]
    public async Task Closing_a_monitor_ends_the_reading()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        RtMonitor monitor = RtMonitor.Open(options: Lab.In(network));
        await using IAsyncEnumerator<RtEvent> events = monitor.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Task<bool> next = events.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        monitor.Dispose();
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => next);
    }

    [Fact]
    public void Clients_come_from_a_container_once()
    {
        Microsoft.Extensions.DependencyInjection.ServiceCollection services = [];
        Microsoft.Extensions.DependencyInjection.NetlinkServiceCollectionExtensions.AddCalicoRouteTable(services);
        Microsoft.Extensions.DependencyInjection.NetlinkServiceCollectionExtensions.AddCalicoNetlink(services);
        Assert.Single(services, s => s.ServiceType == typeof(RtNetlink));
        Assert.Single(services, s => s.ServiceType == typeof(RouteTable));
    }

    private static NetlinkBatch GetLinks()
    {
        NetlinkBatch batch = new();
        batch.Begin(GetLink, NetlinkFlags.Dump).Put(new byte[16]);
        return batch;
    }

    private static string NameOf(in NetlinkMessage message)
    {
        NetlinkAttributeReader attributes = message.Attributes(16);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 3) return attributes.ReadString();
        }

        return "";
    }
}
