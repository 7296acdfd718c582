using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Xml.Linq;

namespace Calico.Netlink.Tests;

/// <summary>What we decode from the kernel's dumps is, field by field, what <c>conntrack</c> and <c>ipset</c> print of them.</summary>
public sealed class NetfilterAgreementTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Conntrack_lists_the_same_connections()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "ip", "link set lo up");
        Tools.Run(network, "nft", "-f -", "add table inet t\nadd chain inet t c { type filter hook output priority filter; }\nadd rule inet t c udp dport 9 ct mark set 0x1f counter\n");
        // There once a rule has loaded connection tracking.
        new Sysctl(network).Write("net.netfilter.nf_conntrack_acct", "1");
        foreach (string flow in (string[])
        [
            "-s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED -m 4294967295 -w 7",
            "-s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1001 --dport 80 --state SYN_SENT",
            "-s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1002 --dport 80 --state TIME_WAIT -u SEEN_REPLY",
            "-s 10.9.0.1 -d 10.9.0.2 -p udp --sport 1003 --dport 53 --reply-src 10.9.9.9 --reply-dst 10.9.0.1 --reply-port-src 5353 --reply-port-dst 1003",
            "-s 10.9.0.3 -d 10.9.0.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77",
            "-s fd09::1 -d fd09::2 -p udp --sport 1 --dport 2 -m 7",
            "-s fd09::1 -d fd09::2 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 5",
            "-s 10.9.0.1 -d 10.9.0.2 -p sctp --sport 1004 --dport 36412 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2",
        ]) Tools.Run(network, "conntrack", $"-I {flow} -t 500");
        network.Run(() =>
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            return socket.SendTo("counted"u8, new IPEndPoint(IPAddress.Loopback, 9));
        });

        using ConntrackClient conntrack = ConntrackClient.Open(Lab.In(network));
        IReadOnlyList<TrackedFlow> ours = await conntrack.ListAsync(cancellationToken: Cancel);
        XElement[] theirs = [.. XDocument.Parse(Tools.Run(network, "conntrack", "-L -o xml,id")).Root!.Elements("flow")];
        Assert.Equal(9, theirs.Length);
        Assert.Equal(theirs.Select(Described).Order(), ours.Select(Described).Order());
        foreach (XElement flow in theirs)
        {
            uint seconds = Assert.Single(ours, f => f.Id == Number(Independent(flow), "id")).TimeoutSeconds;
            Assert.InRange(Number(Independent(flow), "timeout"), seconds < 30 ? 0 : seconds - 30, seconds); // listed a little later
        }
    }

    [Fact]
    public async Task Ipset_lists_the_same_sets()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "ipset", "restore", """
            create ips hash:ip family inet hashsize 64 maxelem 100 comment
            add ips 10.9.0.1 comment "first of all"
            add ips 10.9.0.2
            create ips6 hash:ip family inet6 timeout 600 counters
            add ips6 fd09::1 packets 3 bytes 99
            add ips6 fd09::2 timeout 0
            create nets hash:net family inet counters comment
            add nets 10.9.0.0/16 packets 18446744073709551614 bytes 1
            add nets 10.9.1.0/24 nomatch comment out
            create nets6 hash:net family inet6
            add nets6 fd09::/64
            create ports hash:ip,port family inet
            add ports 10.9.0.1,tcp:80
            add ports 10.9.0.1,udp:53
            add ports 10.9.0.1,sctp:36412
            create empty hash:ip,port family inet6

            """);
        using IpSetClient sets = IpSetClient.Open(Lab.In(network));
        IReadOnlyList<IpSet> ours = await sets.ListAsync(cancellationToken: Cancel);
        XElement[] theirs = [.. XDocument.Parse(Tools.Run(network, "ipset", "list -o xml")).Root!.Elements("ipset")];
        Assert.Equal(6, theirs.Length);
        Assert.Equal(theirs.Select(DescribedSet).Order(), ours.Select(Described).Order());
        uint left = Assert.Single(Assert.Single(ours, s => s.Name == "ips6").Entries, e => e.TimeoutSeconds != 0).TimeoutSeconds!.Value;
        uint later = theirs.Single(s => (string)s.Attribute("name")! == "ips6").Descendants("member").Select(m => Number(m, "timeout")).Max();
        Assert.InRange(later, left - 30, left);
    }

    private static string Described(TrackedFlow flow) => string.Join(' ',
        Described(flow.Original, flow.OriginalCounters), "|", Described(flow.Reply, flow.ReplyCounters), "|",
        flow.TcpState is { } state ? StateName(state) : "", flow.Mark, flow.Zone, flow.Id, flow.Status.HasFlag(FlowStatus.Assured), flow.Status.HasFlag(FlowStatus.SeenReply));

    private static string Described(FlowTuple tuple, FlowCounters? counters) =>
        $"{tuple.Source} {tuple.Destination} {tuple.Protocol} {tuple.SourcePort} {tuple.DestinationPort} {counters?.Packets} {counters?.Bytes}";

    private static string Described(XElement flow)
    {
        XElement rest = Independent(flow);
        XElement Direction(string name) => flow.Elements("meta").Single(m => (string)m.Attribute("direction")! == name);
        // The state of other protocols is not decoded.
        string state = (string?)Direction("original").Element("layer4")!.Attribute("protoname") == "tcp" ? (string?)rest.Element("state") ?? "" : "";
        return string.Join(' ', DescribedDirection(Direction("original")), "|", DescribedDirection(Direction("reply")), "|",
            state, Number(rest, "mark"), Number(rest, "zone"), Number(rest, "id"), rest.Element("assured") is not null, rest.Element("unreplied") is null);
    }

    private static string DescribedDirection(XElement meta)
    {
        XElement network = meta.Element("layer3")!, transport = meta.Element("layer4")!;
        XElement? counters = meta.Element("counters");
        return $"{(string)network.Element("src")!} {(string)network.Element("dst")!} {(string)transport.Attribute("protonum")!} {Number(transport, "sport")} {Number(transport, "dport")} {(string?)counters?.Element("packets")} {(string?)counters?.Element("bytes")}";
    }

    private static string StateName(FlowTcpState state) => state switch
    {
        FlowTcpState.SynSent => "SYN_SENT", FlowTcpState.TimeWait => "TIME_WAIT", FlowTcpState.Established => "ESTABLISHED", _ => state.ToString(),
    };

    private static XElement Independent(XElement flow) => flow.Elements("meta").Single(m => (string)m.Attribute("direction")! == "independent");

    private static uint Number(XElement parent, string name) => parent.Element(name) is { } element ? uint.Parse(element.Value, CultureInfo.InvariantCulture) : 0;

    private static string Described(IpSet set) =>
        $"{set.Name} {set.TypeName} {(set.Family == AddressFamily.InterNetwork ? "inet" : "inet6")} {set.HashSize} {set.MaximumElements} {set.TimeoutSeconds} {set.HasCounters} {set.HasComments} {set.References}: {string.Join(", ", set.Entries.Select(e => Described(set, e)).Order(StringComparer.Ordinal))}";

    private static string Described(IpSet set, IpSetEntry entry)
    {
        string name = set.Type switch
        {
            IpSetType.HashNet => entry.Network.ToString(),
            IpSetType.HashIp => entry.Network.BaseAddress.ToString(),
            _ => $"{entry.Network.BaseAddress},{entry.Protocol switch { 6 => "tcp", 17 => "udp", _ => "sctp" }}:{entry.Port}",
        };
        return $"{name} {entry.TimeoutSeconds is > 0} {entry.NoMatch} {entry.Packets} {entry.Bytes} {entry.Comment}";
    }

    private static string DescribedSet(XElement set)
    {
        XElement header = set.Element("header")!;
        IEnumerable<string> members = set.Descendants("member").Select(m =>
            $"{(string)m.Element("elem")!} {Number(m, "timeout") > 0} {m.Element("nomatch") is not null} {(string?)m.Element("packets")} {(string?)m.Element("bytes")} {((string?)m.Element("comment"))?.Trim('"')}");
        return $"{(string)set.Attribute("name")!} {(string)set.Element("type")!} {(string)header.Element("family")!} {(string)header.Element("hashsize")!} {(string)header.Element("maxelem")!} {(string?)header.Element("timeout")} {header.Element("counters") is not null} {header.Element("comment") is not null} {(string)header.Element("references")!}: {string.Join(", ", members.Order(StringComparer.Ordinal))}";
    }
}
