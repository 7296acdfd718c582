using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

public sealed class ConntrackTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TrackedFlow Flow(string source, string destination, byte protocol, ushort sourcePort, ushort destinationPort, uint mark = 0, ushort zone = 0)
    {
        FlowTuple original = new() { Source = IPAddress.Parse(source), Destination = IPAddress.Parse(destination), Protocol = protocol, SourcePort = sourcePort, DestinationPort = destinationPort };
        return new TrackedFlow
        {
            Original = original,
            Reply = original.Reversed(),
            Status = FlowStatus.Confirmed | FlowStatus.SeenReply | FlowStatus.Assured,
            TimeoutSeconds = 600,
            Mark = mark,
            Zone = zone,
            TcpState = protocol == 6 ? FlowTcpState.Established : null,
        };
    }

    [Fact]
    public async Task Flows_are_listed_filtered_and_deleted()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        TrackedFlow[] flows =
        [
            Flow("10.0.0.1", "10.0.0.2", 6, 1000, 80, mark: 0x10),
            Flow("10.0.0.1", "10.0.0.3", 17, 1001, 53, mark: 0x21),
            Flow("fd00::1", "fd00::2", 6, 1002, 443),
            Flow("10.0.0.4", "10.0.0.2", 6, 1003, 80, zone: 7),
        ];
        foreach (TrackedFlow flow in flows) await conntrack.AddAsync(flow, Cancel);
        IReadOnlyList<TrackedFlow> all = await conntrack.ListAsync(cancellationToken: Cancel);
        Assert.Equal(4, all.Count);
        foreach (TrackedFlow flow in flows)
        {
            TrackedFlow found = Assert.Single(all, f => f.Original == flow.Original);
            Assert.Equal((flow.Reply, flow.Mark, flow.Zone, flow.TcpState), (found.Reply, found.Mark, found.Zone, found.TcpState));
            Assert.InRange(found.TimeoutSeconds, 590u, 600u);
        }

        Assert.Equal(flows[1].Original, Assert.Single(await conntrack.ListAsync(new ConntrackFilter { Mark = 0x20, MarkMask = 0xf0 }, Cancel)).Original);
        Assert.Equal(flows[3].Original, Assert.Single(await conntrack.ListAsync(new ConntrackFilter { Zone = 7 }, Cancel)).Original);
        Assert.Equal(2, (await conntrack.ListAsync(new ConntrackFilter { AnyAddress = IPAddress.Parse("10.0.0.2") }, Cancel)).Count);
        Assert.Equal(flows[2].Original, Assert.Single(await conntrack.ListAsync(new ConntrackFilter { Family = AddressFamily.InterNetworkV6, DestinationPort = 443, Source = IPNetwork.Parse("fd00::/64") }, Cancel)).Original);

        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await conntrack.AddAsync(flows[0], Cancel))).IsAlreadyExists);
        Assert.False(await conntrack.DeleteAsync(flows[3].Original, zone: 0, Cancel));
        Assert.True(await conntrack.DeleteAsync(flows[3].Original, zone: 7, Cancel));
        Assert.Equal(2, await conntrack.DeleteAsync(new ConntrackFilter { AnyAddress = IPAddress.Parse("10.0.0.1") }, Cancel));
        Assert.Equal(flows[2].Original, Assert.Single(await conntrack.ListAsync(cancellationToken: Cancel)).Original);
        await conntrack.FlushAsync(Cancel);
        Assert.Empty(await conntrack.ListAsync(cancellationToken: Cancel));
    }

    [Fact]
    public async Task Events_tell_what_came_and_went()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        using ConntrackMonitor monitor = ConntrackMonitor.Open(options: Lab.In(network));
        TrackedFlow flow = Flow("10.0.0.1", "10.0.0.2", 17, 5, 6, mark: 9);
        await conntrack.AddAsync(flow, Cancel);
        await conntrack.DeleteAsync(flow.Original, cancellationToken: Cancel);
        List<ConntrackEvent> events = await monitor.ReadAllAsync(Cancel).Take(2).ToListAsync(Cancel);
        Assert.Equal([(ConntrackChange.New, 9u), (ConntrackChange.Destroyed, 9u)], events.Select(e => (e.Change, e.Flow!.Mark)));
        Assert.All(events, e => Assert.Equal(flow.Original, e.Flow!.Original));
    }

    [Fact]
    public async Task The_kernels_own_tool_sees_the_same()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "conntrack", "-I -s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 10 --dport 20 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 100 -m 5");
        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        TrackedFlow flow = Assert.Single(await conntrack.ListAsync(cancellationToken: Cancel));
        Assert.Equal("6 10.9.0.1:10 -> 10.9.0.2:20", flow.Original.ToString());
        Assert.Equal((5u, FlowTcpState.Established), (flow.Mark, flow.TcpState));
        Assert.True(flow.Status.HasFlag(FlowStatus.Assured | FlowStatus.SeenReply));
    }

    private static void SendTo9(NetworkNamespace network) => network.Run(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        return socket.SendTo("x"u8, new IPEndPoint(IPAddress.Loopback, 9));
    });

    [Fact]
    public async Task Labels_are_kept_where_a_rule_uses_them()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "nft", "-f -", "add table inet t\nadd chain inet t c { type filter hook output priority filter; }\nadd rule inet t c udp dport 9 ct label set 5\n");
        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        TrackedFlow flow = Flow("10.0.0.1", "10.0.0.2", 17, 5, 6) with { Labels = (UInt128.One << 100) | 0b10 };
        await conntrack.AddAsync(flow, Cancel);
        Assert.Equal(flow.Labels, Assert.Single(await conntrack.ListAsync(cancellationToken: Cancel)).Labels);
        Tools.Run(network, "ip", "link set lo up");
        SendTo9(network);
        Assert.Equal(UInt128.One << 5, Assert.Single(await conntrack.ListAsync(new ConntrackFilter { DestinationPort = 9 }, Cancel)).Labels);
    }

    [Fact]
    public async Task Expectations_are_listed_and_deleted()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "ip", "link set lo up");
        Tools.Run(network, "nft", "-f -", """
            table ip t {
            	ct expectation data {
            		protocol udp
            		dport 9876
            		timeout 2m
            		size 12
            		l3proto ip
            	}
            	chain c {
            		type filter hook output priority filter
            		udp dport 9 ct expectation set "data"
            	}
            }
            """);
        SendTo9(network);
        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        ConntrackExpectation expectation = Assert.Single(await conntrack.ListExpectationsAsync(Cancel));
        Assert.Equal((9, 9876, 17), (expectation.Master.DestinationPort, expectation.Tuple.DestinationPort, expectation.Tuple.Protocol));
        Assert.Equal((0, ushort.MaxValue), (expectation.Mask.SourcePort, expectation.Mask.DestinationPort));
        Assert.NotEqual(0u, expectation.TimeoutSeconds); // nft says milliseconds and the kernel takes them for seconds
        Assert.True(await conntrack.DeleteExpectationAsync(expectation.Tuple, cancellationToken: Cancel));
        Assert.False(await conntrack.DeleteExpectationAsync(expectation.Tuple, cancellationToken: Cancel));
        Assert.Empty(await conntrack.ListExpectationsAsync(Cancel));
        FlowTuple nowhere = Flow("10.0.0.1", "10.0.0.2", 17, 5, 6).Original;
        NetlinkException e = await Assert.ThrowsAsync<NetlinkException>(async () => await conntrack.AddExpectationAsync(expectation with { Master = nowhere }, Cancel));
        Assert.True(e.IsNotFound);
    }
}
