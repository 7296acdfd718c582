using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

/// <summary>What the captured <c>conntrack</c>, <c>ipset</c> and <c>tcpdump</c> commands are in this package's terms.</summary>
internal static class NetfilterCommands
{
    private const FlowStatus Answered = FlowStatus.Confirmed | FlowStatus.SeenReply | FlowStatus.Assured;
    private static readonly FlowTuple Web = Tuple("10.9.0.1", "10.9.0.2", 6, 1000, 80), Dns = Tuple("10.9.0.1", "10.9.0.2", 17, 1001, 53), Web6 = Tuple("fd09::1", "fd09::2", 6, 1002, 443);
    private static readonly FlowTuple Marked = Dns with { SourcePort = 1004 }, Ping = Tuple("10.9.0.3", "10.9.0.2", 1) with { IcmpType = 8, IcmpId = 77 };
    private static readonly ConntrackFilter Any = new();

    public static readonly IReadOnlyDictionary<string, Action<NetlinkBatch>> Requests = new Dictionary<string, Action<NetlinkBatch>>
    {
        ["conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 100 -m 5"] =
            b => b.AddFlow(Flow(Web) with { Status = Answered, TcpState = FlowTcpState.Established, Mark = 5 }),
        ["conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p udp --sport 1001 --dport 53 -t 100 -w 7"] = b => b.AddFlow(Flow(Dns) with { Zone = 7 }),
        ["conntrack -I -s 10.9.0.3 -d 10.9.0.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 100"] = b => b.AddFlow(Flow(Ping)),
        ["conntrack -I -s fd09::1 -d fd09::2 -p tcp --sport 1002 --dport 443 --state SYN_SENT -t 100"] = b => b.AddFlow(Flow(Web6) with { TcpState = FlowTcpState.SynSent }),
        ["conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p udp --sport 1004 --dport 53 -t 100 -m 9"] = b => b.AddFlow(Flow(Marked) with { Mark = 9 }),
        ["conntrack -L"] = b => b.DumpFlows(),
        ["conntrack -L -f ipv4"] = b => b.DumpFlows(Any with { Family = AddressFamily.InterNetwork }),
        ["conntrack -L -f ipv6"] = b => b.DumpFlows(Any with { Family = AddressFamily.InterNetworkV6 }),
        ["conntrack -L -m 0x5/0xf"] = b => b.DumpFlows(Any with { Mark = 5, MarkMask = 0xf }),
        ["conntrack -D -s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1000 --dport 80"] = Each(Any with { Family = AddressFamily.InterNetwork }, Web),
        ["conntrack -D -p udp -w 7"] = Each(Any with { Protocol = 17, Zone = 7 }, Dns, zone: 7),
        ["conntrack -D -f ipv6 -s fd09::1"] = Each(Any with { Family = AddressFamily.InterNetworkV6, Source = IPNetwork.Parse("fd09::1/128") }, Web6),
        ["conntrack -D -p icmp"] = Each(Any with { Protocol = 1 }, Ping),
        ["conntrack -D -m 9"] = Each(Any with { Mark = 9 }, Marked),
        ["conntrack -F"] = b => b.FlushFlows(),
        ["ipset create ips hash:ip"] = Create(new() { Name = "ips", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork }),
        ["ipset create ips2 hash:ip"] = Create(new() { Name = "ips2", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork }),
        ["ipset create ips6 hash:ip family inet6 timeout 600"] = Create(new() { Name = "ips6", Type = IpSetType.HashIp, Family = AddressFamily.InterNetworkV6, TimeoutSeconds = 600 }),
        ["ipset create nets hash:net counters maxelem 1000 hashsize 64"] =
            Create(new() { Name = "nets", Type = IpSetType.HashNet, Family = AddressFamily.InterNetwork, HasCounters = true, MaximumElements = 1000, HashSize = 64 }),
        ["ipset create nets6 hash:net family inet6"] = Create(new() { Name = "nets6", Type = IpSetType.HashNet, Family = AddressFamily.InterNetworkV6 }),
        ["ipset create ports hash:ip,port comment"] = Create(new() { Name = "ports", Type = IpSetType.HashIpPort, Family = AddressFamily.InterNetwork, HasComments = true }),
        ["ipset add ips 10.9.0.1"] = Add("ips", Address("10.9.0.1")),
        ["ipset add -exist ips 10.9.0.1"] = Entries(IpSetMessages.Add, "ips", tolerant: true, Address("10.9.0.1")),
        ["ipset add ips6 fd09::1 timeout 60"] = Add("ips6", Address("fd09::1") with { TimeoutSeconds = 60 }),
        ["ipset add nets 10.9.0.0/16"] = Add("nets", Prefix("10.9.0.0/16")),
        ["ipset add nets 10.9.1.0/24 nomatch"] = Add("nets", Prefix("10.9.1.0/24") with { NoMatch = true }),
        ["ipset add nets 10.9.2.0/24 packets 5 bytes 700"] = Add("nets", Prefix("10.9.2.0/24") with { Packets = 5, Bytes = 700 }),
        ["ipset add nets6 fd09::/64"] = Add("nets6", Prefix("fd09::/64")),
        ["ipset add ports 10.9.0.1,tcp:80 comment web"] = Add("ports", IpSetEntry.Of(IPAddress.Parse("10.9.0.1"), 6, 80) with { Comment = "web" }),
        ["ipset add ports 10.9.0.1,udp:53"] = Add("ports", IpSetEntry.Of(IPAddress.Parse("10.9.0.1"), 17, 53)),
        ["ipset restore add ips 10.9.0.5;add ips 10.9.0.6"] = Add("ips", Address("10.9.0.5"), Address("10.9.0.6")),
        ["ipset list"] = b => IpSetMessages.Begin(b, IpSetMessages.List, null, NetlinkFlags.Dump),
        ["ipset list nets"] = b => IpSetMessages.Begin(b, IpSetMessages.List, "nets", NetlinkFlags.Dump),
        ["ipset del ports 10.9.0.1,udp:53"] = Delete("ports", IpSetEntry.Of(IPAddress.Parse("10.9.0.1"), 17, 53)),
        ["ipset del nets 10.9.1.0/24"] = Delete("nets", Prefix("10.9.1.0/24")),
        ["ipset del -exist ips 10.9.0.9"] = Entries(IpSetMessages.Delete, "ips", tolerant: true, Address("10.9.0.9")),
        ["ipset swap ips ips2"] = b => IpSetMessages.WriteTwoNames(b, IpSetMessages.Swap, "ips", "ips2"),
        ["ipset rename ips2 ips3"] = b => IpSetMessages.WriteTwoNames(b, IpSetMessages.Rename, "ips2", "ips3"),
        ["ipset flush ips3"] = b => IpSetMessages.Begin(b, IpSetMessages.Flush, "ips3", NetlinkFlags.None),
        ["ipset destroy ips3"] = b => IpSetMessages.WriteDestroy(b, "ips3"),
        ["tcpdump -n -i nflog:5 -s 96"] = b => NflogMessages.WriteBind(b, 5, new NflogOptions { CopyRange = 96 }),
        ["tcpdump -n -i nflog:300"] = b => NflogMessages.WriteBind(b, 300, new NflogOptions { CopyRange = 262_144 }),
    };

    public static readonly IReadOnlyDictionary<string, ConntrackChange> Listening = new Dictionary<string, ConntrackChange>
    {
        ["conntrack -E"] = ConntrackChange.All,
        ["conntrack -E -e NEW"] = ConntrackChange.New,
        ["conntrack -E -e UPDATES,DESTROY"] = ConntrackChange.Updated | ConntrackChange.Destroyed,
    };

    private static FlowTuple Tuple(string source, string destination, byte protocol, ushort sourcePort = 0, ushort destinationPort = 0) => new()
    {
        Source = IPAddress.Parse(source), Destination = IPAddress.Parse(destination), Protocol = protocol, SourcePort = sourcePort, DestinationPort = destinationPort,
    };

    private static TrackedFlow Flow(FlowTuple original) => new() { Original = original, Reply = original.Reversed(), TimeoutSeconds = 100 };

    private static Action<NetlinkBatch> Each(ConntrackFilter filter, FlowTuple found, ushort zone = 0) => batch =>
    {
        batch.DumpFlows(filter);
        batch.DeleteFlow(found, zone);
    };

    private static Action<NetlinkBatch> Create(IpSet set) => batch => IpSetMessages.WriteCreate(batch, set, set.Type == IpSetType.HashIp ? (byte)6 : (byte)7);

    private static Action<NetlinkBatch> Add(string set, params IpSetEntry[] entries) => Entries(IpSetMessages.Add, set, tolerant: false, entries);

    private static Action<NetlinkBatch> Delete(string set, params IpSetEntry[] entries) => Entries(IpSetMessages.Delete, set, tolerant: false, entries);

    private static Action<NetlinkBatch> Entries(byte command, string set, bool tolerant, params IpSetEntry[] entries) =>
        batch => Assert.Equal(entries.Length, IpSetMessages.WriteEntries(batch, command, set, entries, 0, tolerant));

    private static IpSetEntry Address(string text) => IpSetEntry.Of(IPAddress.Parse(text));

    private static IpSetEntry Prefix(string text) => IpSetEntry.Of(IPNetwork.Parse(text));
}
