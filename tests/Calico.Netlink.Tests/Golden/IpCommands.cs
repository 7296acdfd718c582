using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

/// <summary>What <c>ip</c> and <c>bridge</c> commands are in this package's terms: a small reading of their language, enough for every captured command.</summary>
internal sealed class IpCommands(IReadOnlyDictionary<string, int> indexes)
{
    private const RouteProtocol Boot = RouteProtocol.Boot;

    public void Write(NetlinkBatch batch, string command)
    {
        Queue<string> words = new(command.Split(' '));
        string subject = words.Dequeue(), verb = words.Dequeue();
        switch (subject)
        {
            case "link": Link(batch, verb, words); break;
            case "addr": Address(batch, verb, words); break;
            case "route": RouteCommand(batch, verb, words); break;
            case "rule": Rule(batch, verb, words); break;
            case "neigh": Neigh(batch, verb, words); break;
            case "fdb": Forwarding(batch, verb, words); break;
            case "nexthop": NexthopCommand(batch, verb, words); break;
            default: throw new NotSupportedException(command);
        }
    }

    private int Index(string name) => indexes[name];

    private void Link(NetlinkBatch batch, string verb, Queue<string> words)
    {
        if (verb == "add")
        {
            int parent = 0;
            string name = "";
            while (words.Peek() != "type")
            {
                string word = words.Dequeue();
                if (word == "link") parent = Index(words.Dequeue());
                else name = word == "name" ? words.Dequeue() : word;
            }

            words.Dequeue();
            batch.AddLink(name, Kind(words), parentIndex: parent);
            return;
        }

        int index = Index(words.Dequeue());
        if (verb == "del")
        {
            batch.DeleteLink(index);
            return;
        }

        LinkSettings settings = new();
        while (words.TryDequeue(out string? word))
        {
            if (word == "type")
            {
                batch.SetLinkKind(index, Kind(words));
                return;
            }

            settings = word switch
            {
                "up" => settings with { Up = true },
                "down" => settings with { Up = false },
                "address" => settings with { HardwareAddress = Mac(words.Dequeue()) },
                "mtu" => settings with { Mtu = uint.Parse(words.Dequeue()) },
                "alias" => settings with { Alias = words.Dequeue() },
                "master" => settings with { MasterIndex = Index(words.Dequeue()) },
                "nomaster" => settings with { MasterIndex = 0 },
                "group" => settings with { Group = uint.Parse(words.Dequeue()) },
                "txqueuelen" => settings with { TransmitQueueLength = uint.Parse(words.Dequeue()) },
                "name" => settings with { Name = words.Dequeue() },
                "netns" => settings with { NamespaceProcess = int.Parse(words.Dequeue()) },
                _ => throw new NotSupportedException(word),
            };
        }

        batch.SetLink(index, settings);
    }

    private LinkKind Kind(Queue<string> words)
    {
        string kind = words.Dequeue();
        switch (kind)
        {
            case "veth":
                words.Dequeue();
                words.Dequeue();
                return new VethLink { PeerName = words.Dequeue() };
            case "bridge": return words.TryDequeue(out _) ? new BridgeLink { SpanningTree = words.Dequeue() != "0" } : new BridgeLink();
            case "dummy": return new DummyLink();
            case "wireguard": return new WireGuardLink();
            case "vrf":
                words.Dequeue();
                return new VrfLink(uint.Parse(words.Dequeue()));
            case "vlan":
                words.Dequeue();
                return new VlanLink(ushort.Parse(words.Dequeue()));
            case "ipip" or "sit" or "ip6tnl": return Tunnel(kind, words);
            case "macvlan":
                words.Dequeue();
                return new MacvlanLink(Enum.Parse<MacvlanMode>(words.Dequeue(), ignoreCase: true));
        }

        VxlanLink vxlan = new();
        while (words.TryDequeue(out string? word))
        {
            vxlan = word switch
            {
                "id" => vxlan with { Id = uint.Parse(words.Dequeue()) },
                "dev" => vxlan with { LinkIndex = Index(words.Dequeue()) },
                "local" => vxlan with { Local = IPAddress.Parse(words.Dequeue()) },
                "dstport" => vxlan with { Port = ushort.Parse(words.Dequeue()) },
                "nolearning" => vxlan with { Learning = false },
                "udp6zerocsumtx" => vxlan with { ZeroChecksum6Send = true },
                "udp6zerocsumrx" => vxlan with { ZeroChecksum6Receive = true },
                _ => throw new NotSupportedException(word),
            };
        }

        return vxlan;
    }

    // What ip says although it was not asked: protocol any, no type of service, path MTU discovery, no link, no mark.
    private static IpTunnelLink Tunnel(string kind, Queue<string> words)
    {
        bool six = kind == "ip6tnl";
        IpTunnelLink tunnel = new(kind switch { "ipip" => IpTunnelKind.IpIp, "sit" => IpTunnelKind.Sit, _ => IpTunnelKind.Ip6 })
        {
            Protocol = 0, LinkIndex = 0, Mark = 0, TimeToLive = 64, TypeOfService = six ? null : (byte)0, PathMtuDiscovery = six ? null : true, EncapsulationLimit = six ? (byte)4 : null,
        };
        while (words.TryDequeue(out string? word))
        {
            tunnel = word switch
            {
                "local" => tunnel with { Local = IPAddress.Parse(words.Dequeue()) },
                "remote" => tunnel with { Remote = IPAddress.Parse(words.Dequeue()) },
                _ => tunnel with { TimeToLive = byte.Parse(words.Dequeue()) },
            };
        }

        return tunnel;
    }

    private void Address(NetlinkBatch batch, string verb, Queue<string> words)
    {
        string[] parts = words.Dequeue().Split('/');
        InterfaceAddress address = new() { InterfaceIndex = 0, Address = IPAddress.Parse(parts[0]), PrefixLength = int.Parse(parts[1]) };
        while (words.TryDequeue(out string? word))
        {
            address = word switch
            {
                "dev" => address with { InterfaceIndex = Index(words.Dequeue()) },
                "nodad" => address with { Flags = AddressFlags.NoDuplicateDetection },
                "brd" => address with { Broadcast = LastOf(words.Dequeue(), parts) },
                "label" => address with { Label = words.Dequeue() },
                "valid_lft" => address with { ValidSeconds = uint.Parse(words.Dequeue()) },
                "preferred_lft" => address with { PreferredSeconds = uint.Parse(words.Dequeue()) },
                _ => throw new NotSupportedException(word),
            };
        }

        if (verb == "add") batch.AddAddress(address);
        else if (verb == "replace") batch.ReplaceAddress(address);
        else batch.DeleteAddress(address);
    }

    private static IPAddress LastOf(string plus, string[] parts)
    {
        Assert.Equal("+", plus);
        byte[] octets = IPAddress.Parse(parts[0]).GetAddressBytes();
        for (int bit = int.Parse(parts[1]); bit < 32; bit++) octets[bit >> 3] |= (byte)(0x80 >> (bit & 7));
        return new IPAddress(octets);
    }

    private void RouteCommand(NetlinkBatch batch, string verb, Queue<string> words)
    {
        Route route = new() { Protocol = verb == "del" ? RouteProtocol.Unspecified : Boot, Type = verb == "del" ? RouteType.Unspecified : RouteType.Unicast };
        if (Enum.TryParse(words.Peek(), ignoreCase: true, out RouteType type) && !char.IsDigit(words.Peek()[0]))
        {
            words.Dequeue();
            route = route with { Type = type };
        }

        string destination = words.Dequeue();
        route = route with { Destination = destination == "default" ? IPNetwork.Parse("0.0.0.0/0") : destination.Contains('/') ? IPNetwork.Parse(destination) : IPNetwork.Parse(destination + "/32") };
        uint? mtu = null, advmss = null;
        List<RouteNextHop> hops = [];
        while (words.TryDequeue(out string? word))
        {
            switch (word)
            {
                case "via":
                    route = route with { Gateway = IPAddress.Parse(Take() is "inet6" ? Take() : Last) };
                    break;
                case "dev": route = route with { InterfaceIndex = Index(Take()) }; break;
                case "onlink": route = route with { Flags = RouteFlags.OnLink }; break;
                case "proto": route = route with { Protocol = (RouteProtocol)byte.Parse(Take()) }; break;
                case "metric": route = route with { Priority = uint.Parse(Take()) }; break;
                case "scope": route = route with { Scope = Enum.Parse<RouteScope>(Take(), ignoreCase: true) }; break;
                case "table": route = route with { Table = Take() is "local" ? 255 : uint.Parse(Last) }; break;
                case "src": route = route with { PreferredSource = IPAddress.Parse(Take()) }; break;
                case "mtu": mtu = uint.Parse(Take()); break;
                case "advmss": advmss = uint.Parse(Take()); break;
                case "nhid": route = route with { NexthopId = uint.Parse(Take()) }; break;
                case "pref": route = route with { Preference = Enum.Parse<RoutePreference>(Take(), ignoreCase: true) }; break;
                case "nexthop":
                    Take();
                    IPAddress gateway = IPAddress.Parse(Take());
                    Take();
                    hops.Add(new RouteNextHop { Gateway = gateway, Weight = int.Parse(Take()) });
                    break;
                default: throw new NotSupportedException(word);
            }

            string Take() => Last = words.Dequeue();
        }

        if (mtu is not null) route = route with { Metrics = new RouteMetrics { Mtu = mtu, AdvertisedMss = advmss } };
        if (hops.Count > 0) route = route with { NextHops = hops };
        switch (verb)
        {
            case "add": batch.AddRoute(route); break;
            case "replace": batch.ReplaceRoute(route); break;
            case "append": batch.AppendRoute(route); break;
            case "change": batch.ChangeRoute(route); break;
            default: batch.DeleteRoute(route); break;
        }
    }

    private string Last { get; set; } = "";

    private void Rule(NetlinkBatch batch, string verb, Queue<string> words)
    {
        RoutingRule rule = new() { Family = AddressFamily.InterNetwork, Action = verb == "del" ? RuleAction.Unspecified : RuleAction.Lookup };
        while (words.TryDequeue(out string? word))
        {
            rule = word switch
            {
                "from" => words.Dequeue() is not "all" and string from ? rule with { From = IPNetwork.Parse(from) } : rule,
                "to" => rule with { To = IPNetwork.Parse(words.Dequeue()) },
                "table" or "lookup" => rule with { Table = words.Dequeue() is not "main" and string table ? uint.Parse(table) : 254 },
                "priority" or "pref" => rule with { Priority = uint.Parse(words.Dequeue()) },
                "fwmark" => WithMark(rule, words.Dequeue()),
                "not" => rule with { Invert = true },
                "iif" => rule with { IncomingInterface = words.Dequeue() },
                "oif" => rule with { OutgoingInterface = words.Dequeue() },
                "prohibit" => rule with { Action = RuleAction.Prohibit },
                "ipproto" => rule with { IpProtocol = words.Dequeue() == "tcp" ? (byte)6 : (byte)17 },
                "dport" => WithPorts(rule, words.Dequeue()),
                "suppress_prefixlength" => rule with { SuppressPrefixLength = uint.Parse(words.Dequeue()) },
                _ => throw new NotSupportedException(word),
            };
        }

        if (verb == "add") batch.AddRule(rule);
        else batch.DeleteRule(rule);
    }

    private static RoutingRule WithMark(RoutingRule rule, string text)
    {
        string[] parts = text.Split('/');
        return rule with { Mark = Convert.ToUInt32(parts[0], 16), MarkMask = Convert.ToUInt32(parts[1], 16) };
    }

    private static RoutingRule WithPorts(RoutingRule rule, string text)
    {
        string[] parts = text.Split('-');
        return rule with { DestinationPorts = new RuleRange(uint.Parse(parts[0]), uint.Parse(parts[1])) };
    }

    private void Neigh(NetlinkBatch batch, string verb, Queue<string> words)
    {
        bool proxy = words.Peek() == "proxy";
        if (proxy) words.Dequeue();
        Neighbour neighbour = new() { InterfaceIndex = 0, Address = IPAddress.Parse(words.Dequeue()), Flags = proxy ? NeighbourFlags.Proxy : NeighbourFlags.None };
        while (words.TryDequeue(out string? word))
        {
            neighbour = word switch
            {
                "dev" => neighbour with { InterfaceIndex = Index(words.Dequeue()) },
                "lladdr" => neighbour with { LinkAddress = Mac(words.Dequeue()) },
                "nud" => neighbour with { State = Enum.Parse<NeighbourState>(words.Dequeue(), ignoreCase: true) },
                _ => throw new NotSupportedException(word),
            };
        }

        WriteNeighbour(batch, verb, neighbour);
    }

    private void Forwarding(NetlinkBatch batch, string verb, Queue<string> words)
    {
        PhysicalAddress mac = Mac(words.Dequeue());
        words.Dequeue();
        int index = Index(words.Dequeue());
        words.Dequeue();
        Neighbour entry = Neighbour.Forwarding(index, mac, IPAddress.Parse(words.Dequeue()));
        while (words.TryDequeue(out string? word))
            entry = word == "port" ? entry with { Port = ushort.Parse(words.Dequeue()) } : entry with { Vni = uint.Parse(words.Dequeue()) };
        WriteNeighbour(batch, verb, entry);
    }

    private static void WriteNeighbour(NetlinkBatch batch, string verb, Neighbour neighbour)
    {
        switch (verb)
        {
            case "add": batch.AddNeighbour(neighbour); break;
            case "append": batch.AppendNeighbour(neighbour); break;
            case "replace": batch.ReplaceNeighbour(neighbour); break;
            default: batch.DeleteNeighbour(neighbour); break;
        }
    }

    private void NexthopCommand(NetlinkBatch batch, string verb, Queue<string> words)
    {
        Nexthop nexthop = new() { Id = 0 };
        while (words.TryDequeue(out string? word))
        {
            nexthop = word switch
            {
                "id" => nexthop with { Id = uint.Parse(words.Dequeue()) },
                "via" => nexthop with { Gateway = IPAddress.Parse(words.Dequeue()) },
                "dev" => nexthop with { InterfaceIndex = Index(words.Dequeue()) },
                "blackhole" => nexthop with { IsBlackhole = true },
                "onlink" => nexthop with { Flags = RouteFlags.OnLink },
                "fdb" => nexthop with { IsForwarding = true },
                "group" => nexthop with { Group = [.. words.Dequeue().Split('/').Select(Member)] },
                _ => throw new NotSupportedException(word),
            };
        }

        if (verb == "add") batch.AddNexthop(nexthop);
        else if (verb == "replace") batch.ReplaceNexthop(nexthop);
        else batch.DeleteNexthop(nexthop.Id);
    }

    private static NexthopGroupMember Member(string text)
    {
        string[] parts = text.Split(',');
        return new NexthopGroupMember(uint.Parse(parts[0]), parts.Length > 1 ? int.Parse(parts[1]) : 1);
    }

    private static PhysicalAddress Mac(string text) => PhysicalAddress.Parse(text.Replace(':', '-').ToUpperInvariant());
}
