using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;

namespace Calico.Netlink.Tests;

/// <summary>What we read from the kernel is what <c>ip -j</c> reads, field by field.</summary>
public sealed class IpAgreementTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Setup = """
        link set lo up
        link add v0 type veth peer name v1
        link set v0 address 02:00:00:00:00:01 mtu 1450 alias some-text txqueuelen 77 group 9
        link set v0 up
        link set v1 up
        link add br0 type bridge
        link set v1 master br0
        link add vx type vxlan id 4096 dev v0 local 10.0.0.1 dstport 4789 nolearning
        link add mv0 link v0 type macvlan mode private
        addr add 10.0.0.1/24 brd + dev v0
        addr add 10.9.0.1 peer 10.9.0.2/32 dev v0
        addr add fd00::1/64 dev v0 nodad
        addr add 10.8.0.1/24 dev br0 valid_lft 600 preferred_lft 300
        route add 10.1.0.0/16 via 10.0.0.254
        route add 10.3.0.0/26 via 10.65.0.1 dev v0 onlink proto 80
        route add blackhole 10.4.0.0/26 proto 80
        route add unreachable 10.4.1.0/26 metric 100
        route add throw 10.4.3.0/26 table 250
        route add 10.6.0.0/16 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.0.3 weight 2
        route add 10.7.0.0/16 dev v0 table 1000 src 10.0.0.1 mtu 1400 advmss 1360
        route add 10.8.8.0/24 via inet6 fd00::2 dev v0
        route add fd01::/64 via fd00::2 dev v0
        route add fd02::/64 dev v0 metric 5 pref high
        route add unreachable fd03::/64
        neigh add 10.0.0.7 lladdr 02:aa:bb:cc:dd:ee dev v0 nud permanent
        rule add from 10.0.0.0/24 table 100 priority 1000
        rule add fwmark 0x80000/0xf0000 lookup 250 pref 90
        rule add not iif v0 to 10.9.0.0/16 prohibit pref 200
        """;

    [Fact]
    public async Task Links_addresses_routes_rules_and_neighbours_agree()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        Tools.Run(network, "ip", "-batch -", Setup);
        using RtNetlink netlink = RtNetlink.Open(network);
        Dictionary<int, string> names = (await netlink.Links.ListAsync(cancellationToken: Cancel)).ToDictionary(l => l.Index, l => l.Name);

        Compare(Json(network, "-d link"), (await netlink.Links.ListAsync(cancellationToken: Cancel)).ToDictionary(l => l.Name), "ifname", (json, link) =>
        {
            Same(json, "ifindex", link.Index);
            Same(json, "mtu", (int)link.Mtu);
            Same(json, "txqlen", (int)link.TransmitQueueLength);
            Same(json, "ifalias", link.Alias);
            Same(json, "address", Mac(link.HardwareAddress!));
            Same(json, "master", link.MasterIndex is int master ? names[master] : null);
            Assert.Equal(json.GetProperty("flags").EnumerateArray().Any(f => f.GetString() == "UP"), link.IsUp);
            Assert.Equal(json.TryGetProperty("linkinfo", out JsonElement info) && info.TryGetProperty("info_kind", out JsonElement kind) ? kind.GetString() : null, link.Kind?.Name);
            if (link.Kind is VxlanLink vxlan)
            {
                JsonElement data = info.GetProperty("info_data");
                Assert.Equal((data.GetProperty("id").GetUInt32(), data.GetProperty("port").GetInt32(), data.GetProperty("learning").GetBoolean()), (vxlan.Id!.Value, vxlan.Port!.Value, vxlan.Learning!.Value));
            }
        });

        List<InterfaceAddress> addresses = [.. await netlink.Addresses.ListAsync(cancellationToken: Cancel)];
        foreach (JsonElement link in Json(network, "addr"))
        {
            foreach (JsonElement json in link.GetProperty("addr_info").EnumerateArray())
            {
                InterfaceAddress ours = Assert.Single(addresses, a => a.InterfaceIndex == link.GetProperty("ifindex").GetInt32() && a.Address.ToString() == json.GetProperty("local").GetString());
                Same(json, "prefixlen", ours.PrefixLength);
                Same(json, "broadcast", ours.Broadcast?.ToString());
                Same(json, "address", ours.Peer?.ToString());
                if (ours.ValidSeconds is uint valid) Assert.InRange((long)valid - json.GetProperty("valid_life_time").GetInt64(), -5, 5);
                addresses.Remove(ours);
            }
        }

        Assert.Empty(addresses);

        List<Route> routes = [.. await netlink.Routes.ListAsync(cancellationToken: Cancel)];
        foreach (string family in new[] { "-4", "-6" })
        {
            foreach (JsonElement json in Json(network, $"-d -N {family} route show table all"))
            {
                Route ours = Assert.Single(routes, r => IsSame(json, r, family == "-6", names));
                routes.Remove(ours);
            }
        }

        Assert.Empty(routes);
        Assert.Equal(
            Json(network, "-N -4 rule").Select(j => (j.GetProperty("priority").GetUInt32(), Text(j, "table") ?? "0", Text(j, "fwmark"), j.TryGetProperty("not", out _))),
            (await netlink.Rules.ListAsync(System.Net.Sockets.AddressFamily.InterNetwork, Cancel)).Select(r => (r.Priority ?? 0, $"{r.Table}", r.Mark is uint mark ? $"0x{mark:x}" : null, r.Invert)));
        JsonElement neighbour = Assert.Single(Json(network, "neigh"), j => Text(j, "lladdr") == "02:aa:bb:cc:dd:ee");
        Assert.Equal(Text(neighbour, "dst"), Assert.Single(await netlink.Neighbours.ListAsync(cancellationToken: Cancel), n => n.State == NeighbourState.Permanent && n.LinkAddress is { } a && Mac(a) == "02:aa:bb:cc:dd:ee").Address!.ToString());
    }

    private static bool IsSame(JsonElement json, Route route, bool six, Dictionary<int, string> names)
    {
        string destination = Text(json, "dst")!;
        destination = destination == "default" ? (six ? "::/0" : "0.0.0.0/0") : destination.Contains('/') ? destination : destination + (six ? "/128" : "/32");
        string? gateway = Text(json, "gateway") ?? (json.TryGetProperty("via", out JsonElement via) ? via.GetProperty("host").GetString() : null);
        int hops = json.TryGetProperty("nexthops", out JsonElement nexthops) ? nexthops.GetArrayLength() : 0;
        uint? mtu = json.TryGetProperty("metrics", out JsonElement metrics) && metrics[0].TryGetProperty("mtu", out JsonElement value) ? value.GetUInt32() : null;
        return route.Destination.Equals(IPNetwork.Parse(destination))
            && (Text(json, "table") ?? "254") == $"{route.Table}"
            && int.Parse(Text(json, "type") ?? "1") == (int)route.Type
            && int.Parse(Text(json, "protocol") ?? "0") == (int)route.Protocol
            && (six || int.Parse(Text(json, "scope") ?? "0") == (int)route.Scope)
            && gateway == route.Gateway?.ToString()
            && (Text(json, "dev") ?? "") == (route.InterfaceIndex == 0 ? "" : names[route.InterfaceIndex])
            && (json.TryGetProperty("metric", out JsonElement metric) ? metric.GetUInt32() : 0) == route.Priority
            && Text(json, "prefsrc") == route.PreferredSource?.ToString()
            && hops == route.NextHops.Count
            && mtu == route.Metrics?.Mtu
            && json.GetProperty("flags").EnumerateArray().Any(f => f.GetString() == "onlink") == ((route.Flags & RouteFlags.OnLink) != 0)
            && Enumerable.Range(0, hops).All(i => Text(nexthops[i], "gateway") == route.NextHops[i].Gateway?.ToString() && nexthops[i].GetProperty("weight").GetInt32() == route.NextHops[i].Weight);
    }

    private static JsonElement[] Json(NetworkNamespace network, string command) => [.. JsonDocument.Parse(Tools.Run(network, "ip", "-j " + command)).RootElement.EnumerateArray()];

    private static void Compare<T>(JsonElement[] theirs, Dictionary<string, T> ours, string key, Action<JsonElement, T> compare)
    {
        Assert.Equal(theirs.Select(j => j.GetProperty(key).GetString()).Order(), ours.Keys.Order());
        foreach (JsonElement json in theirs) compare(json, ours[json.GetProperty(key).GetString()!]);
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText() : null;

    private static void Same(JsonElement json, string name, string? ours) => Assert.Equal(Text(json, name), ours);

    private static void Same(JsonElement json, string name, int ours) => Assert.Equal(json.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : 0, ours);

    private static string Mac(PhysicalAddress address) => string.Join(':', address.GetAddressBytes().Select(b => b.ToString("x2")));
}
