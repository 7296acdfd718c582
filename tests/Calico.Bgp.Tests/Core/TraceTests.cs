using System.Net;

namespace Calico.Bgp.Tests.Core;

/// <summary>The trace shows every message, both ways, as its session means it.</summary>
public sealed class TraceTests
{
    [Fact]
    public void Every_message_is_a_line_also_on_two_octet_sessions_and_with_path_identifiers()
    {
        var lines = new List<string>();
        var core = new BgpCore(new BgpSpeakerOptions
        {
            Asn = 65000,
            RouterId = IPAddress.Parse("10.99.0.1"),
            EbgpRequiresPolicy = false,
            Neighbors =
            [
                new() { Address = IPAddress.Parse("10.99.1.1"), Name = "old", Asn = 65101, Passive = true },
                new() { Address = IPAddress.Parse("10.99.1.2"), Asn = 65102, Passive = true, AddPath = AddPathMode.Send },
            ],
        }, new NoHost(), new ManualTime(), seed: 1) { Tracer = (in trace) => lines.AddRange(trace.ToString().Split('\n')) };
        core.Start();
        TestPeer old = new TestPeer(core, "10.99.1.1", 65101).Establish(new BgpCapabilities { Families = [Family.Ipv4Unicast] });
        TestPeer both = new TestPeer(core, "10.99.1.2", 65102) { AddPath = true }.Establish(new BgpCapabilities { Families = [Family.Ipv4Unicast], FourOctetAsn = new Asn(65102), AddPath = [new AddPathFamily(Family.Ipv4Unicast, AddPathMode.Receive)] });
        lines.Clear();
        // AS_PATH of two octets: one sequence of 65101 and 7.
        old.Give(TestUpdates.Message([0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 2, 0xFE, 0x4D, 0, 7, 0x40, 3, 4, 10, 99, 1, 1, 24, 20, 0, 0]));
        core.Announce(new LocalRoute(IPNetwork.Parse("30.0.0.0/8")));
        core.Flush();
        both.Read();
        Assert.Equal("<- old UPDATE announce ipv4-unicast [20.0.0.0/24] via 10.99.1.1 path [65101 7] origin igp", lines[0]);
        Assert.Contains(lines, l => l.StartsWith("-> 10.99.1.2 UPDATE announce ipv4-unicast [20.0.0.0/24#", StringComparison.Ordinal) && l.Contains("path [65000 65101 7]", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("-> old UPDATE announce ipv4-unicast [30.0.0.0/8] via 10.99.0.1 path [65000]", StringComparison.Ordinal));
        core.Stop(message: "bye");
        Assert.Contains(lines, l => l.StartsWith("-> old NOTIFICATION", StringComparison.Ordinal) && l.Contains("bye", StringComparison.Ordinal));
    }
}
