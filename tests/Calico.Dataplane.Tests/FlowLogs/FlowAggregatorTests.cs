using System.Net;
using Calico.Dataplane.FlowLogs;
using Calico.Netlink;

namespace Calico.Dataplane.Tests.FlowLogs;

/// <summary>Verdicts and ends of connections, in any order, become the records they should, within bounded memory.</summary>
public sealed class FlowAggregatorTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private static FlowRecord Verdict(ushort sourcePort, bool ingress = false, bool allowed = true, bool staged = false, string by = "GlobalNetworkPolicy p egress[0] allow") => new()
    {
        First = Now, Last = Now, Source = IPAddress.Parse("10.0.0.1"), Destination = IPAddress.Parse("10.0.0.2"), Protocol = 6, SourcePort = sourcePort, DestinationPort = 80,
        Ingress = ingress, Allowed = allowed, Staged = staged, DecidedBy = by,
    };

    // The flow went to a service address; its answers come from where DNAT sent it.
    private static ConnectionEnd End(ushort sourcePort)
    {
        FlowTuple original = new() { Source = IPAddress.Parse("10.0.0.1"), Destination = IPAddress.Parse("10.96.0.1"), Protocol = 6, SourcePort = sourcePort, DestinationPort = 8080 };
        FlowTuple reply = new() { Source = IPAddress.Parse("10.0.0.2"), Destination = IPAddress.Parse("10.0.0.1"), Protocol = 6, SourcePort = 80, DestinationPort = sourcePort };
        return new ConnectionEnd(original, reply, 5, 500, 4, 4000);
    }

    [Fact]
    public void An_end_is_added_to_each_verdict_about_its_connection_also_in_a_later_interval()
    {
        FlowAggregator aggregator = new(100);
        aggregator.Add(Verdict(1000));
        aggregator.Add(Verdict(1000, ingress: true, by: "in"));
        aggregator.Add(Verdict(1000, ingress: true, allowed: false, staged: true, by: "trial"));
        aggregator.Add(Verdict(1001));
        Assert.Equal((3, 0L), (aggregator.Count, aggregator.Take().Lost));
        aggregator.Add(End(1000), Now.AddSeconds(30));
        aggregator.Add(End(1001), Now.AddSeconds(30));
        IReadOnlyList<FlowRecord> records = aggregator.Take().Records;
        (string, long, ulong, ulong, ulong)[] expected = [("GlobalNetworkPolicy p egress[0] allow", 2L, 10ul, 1000ul, 8000ul), ("in", 1, 5, 500, 4000), ("trial", 1, 5, 500, 4000)];
        Assert.Equal(expected, records.Select(r => (r.DecidedBy, r.ConnectionsEnded, r.PacketsSent, r.BytesSent, r.BytesReceived)).Order());
        Assert.All(records, r => Assert.Equal((0L, Now.AddSeconds(30)), (r.Flows, r.First)));
        aggregator.Add(End(1000), Now);
        Assert.Empty(aggregator.Take().Records);
    }

    [Fact]
    public void An_end_may_come_before_its_verdicts()
    {
        FlowAggregator aggregator = new(100);
        aggregator.Add(End(1000), Now);
        aggregator.Take();
        aggregator.Add(Verdict(1000));
        aggregator.Add(Verdict(1000, ingress: true, by: "in"));
        Assert.All(aggregator.Take().Records, r => Assert.Equal((1L, 1L, 500ul), (r.Flows, r.ConnectionsEnded, r.BytesSent)));
        aggregator.Take();
        aggregator.Add(Verdict(1000));
        Assert.Equal(0, Assert.Single(aggregator.Take().Records).ConnectionsEnded);
    }

    [Fact]
    public void What_one_end_let_out_and_the_other_refused_is_not_waited_for()
    {
        OpenConnections open = new(10);
        Assert.Equal(0, open.Add(Verdict(1), out _));
        Assert.Equal(1, open.Count);
        open.Add(Verdict(1, ingress: true, allowed: false, by: "deny"), out _);
        Assert.Equal(0, open.Count);
    }

    [Fact]
    public void Memory_is_bounded_and_what_does_not_fit_is_counted()
    {
        FlowAggregator aggregator = new(10);
        for (ushort port = 0; port < 1000; port++)
        {
            aggregator.Add(Verdict(port, by: $"rule {port}"));
            aggregator.Add(End((ushort)(port + 2000)), Now);
        }

        (IReadOnlyList<FlowRecord> records, long lost) = aggregator.Take();
        Assert.Equal((10, 990L + 990L), (records.Count, lost));
        Assert.Equal(0, aggregator.Take().Lost);
    }
}
