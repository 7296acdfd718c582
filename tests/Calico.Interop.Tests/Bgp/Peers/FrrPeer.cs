using System.Globalization;
using System.Text;
using System.Text.Json;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>FRR's bgpd, with zebra for the addresses of interfaces; no route is installed.</summary>
internal sealed class FrrPeer(TestNamespaces namespaces, PeerSetup setup) : Peer(namespaces, setup)
{
    // FRR lists what a kind of route map gives in a fixed order; the same communities make one route map.
    private IEnumerable<PeerRoute> Tagged => Setup.Routes.Where(r => !r.IsPlain).DistinctBy(Map);

    protected override async Task Launch()
    {
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_111_111);
        Write("zebra.conf", "");
        Write("bgpd.conf", Configuration());
        string[] common = ["-A", "127.0.0.1", "-P", "0", "--vty_socket", Folder, "-z", $"{Folder}/zserv.api", "--log", "stdout"];
        Run("zebra", ["/usr/lib/frr/zebra", "-f", $"{Folder}/zebra.conf", "-i", $"{Folder}/zebra.pid", .. common]);
        await UntilAnswers(() => File.Exists($"{Folder}/zserv.api"));
        Run("bgpd", ["/usr/lib/frr/bgpd", "-n", "-S", "-f", $"{Folder}/bgpd.conf", "-i", $"{Folder}/bgpd.pid", .. common]);
        await UntilAnswers(() => Show("show bgp summary json").ValueKind == JsonValueKind.Object);
    }

    public override int Learned(Family family)
    {
        if (!Show($"show bgp {Words(family)} json").TryGetProperty("routes", out JsonElement routes)) return 0;
        return routes.EnumerateObject().Count(r => r.Value.EnumerateArray().Any(p => p.GetProperty("peerId").GetString() != "(unspec)" && p.TryGetProperty("valid", out _)));
    }

    public override IReadOnlyList<PeerPath> Paths(string prefix)
    {
        if (!Show($"show bgp {(prefix.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4")} unicast {prefix} json").TryGetProperty("paths", out JsonElement paths)) return [];
        return [.. paths.EnumerateArray().Where(p => p.GetProperty("peer").TryGetProperty("routerId", out JsonElement id) && id.GetString() != "0.0.0.0").Select(Read)];
    }

    private static PeerPath Read(JsonElement path) => new(
        path.GetProperty("peer").GetProperty("peerId").GetString()!,
        path.GetProperty("nexthops")[0].GetProperty("ip").GetString()!,
        path.GetProperty("aspath").GetProperty("string").GetString()!.Replace("Local", "", StringComparison.Ordinal))
    {
        Communities = Words(path, "community"),
        LargeCommunities = Words(path, "largeCommunity"),
        RouteTargets = [.. Words(path, "extendedCommunity").Where(c => c.StartsWith("RT:", StringComparison.Ordinal)).Select(c => c[3..])],
        Originator = path.TryGetProperty("originatorId", out JsonElement originator) ? originator.GetString() : null,
        Clusters = path.TryGetProperty("clusterList", out JsonElement clusters) ? [.. clusters.GetProperty("list").EnumerateArray().Select(c => c.GetString()!)] : [],
        LocalPreference = path.TryGetProperty("locPrf", out JsonElement preference) ? preference.GetUInt32() : null,
    };

    private static string[] Words(JsonElement path, string name) => path.TryGetProperty(name, out JsonElement found) ? found.GetProperty("string").GetString()!.Split(' ') : [];

    public override void RequestRefresh(string ours) => Vtysh($"clear bgp {ours} soft in");

    public override void Withdraw(string prefix) => Vtysh("configure terminal", $"router bgp {Setup.Asn}", $"address-family {(prefix.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4")} unicast", $"no network {prefix}");

    private string Vtysh(params string[] commands) => Ask(["vtysh", "--vty_socket", Folder, .. commands.SelectMany(c => new[] { "-c", c })]);

    private JsonElement Show(string command)
    {
        string text = Vtysh(command);
        return text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
    }

    private static string Words(Family family) => family == Family.Ipv4Unicast ? "ipv4 unicast" : "ipv6 unicast";

    private static string Map(PeerRoute route) => $"M{route.Community}-{route.LargeCommunity}-{route.RouteTarget}".Replace(':', '.');

    private string Configuration()
    {
        var text = new StringBuilder("route-map ALL permit 10\nexit\n");
        foreach (PeerRoute route in Tagged)
        {
            text.Append(CultureInfo.InvariantCulture, $"route-map {Map(route)} permit 10\n");
            if (route.Community is { } community) text.Append(CultureInfo.InvariantCulture, $" set community {community}\n");
            if (route.LargeCommunity is { } large) text.Append(CultureInfo.InvariantCulture, $" set large-community {large}\n");
            if (route.RouteTarget is { } target) text.Append(CultureInfo.InvariantCulture, $" set extcommunity rt {target}\n");
            text.Append("exit\n");
        }

        bool restart = Setup.Sessions.Any(s => s.GracefulRestart);
        text.Append(CultureInfo.InvariantCulture, $"router bgp {Setup.Asn}\n bgp router-id 10.77.0.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n no bgp default ipv4-unicast\n");
        text.Append(restart ? " bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n bgp graceful-restart select-defer-time 5\n" : " bgp graceful-restart-disable\n");
        foreach (PeerSession session in Setup.Sessions) text.Append(Neighbor(session));
        text.Append(AddressFamily("ipv4", Setup.Sessions, Setup.Ipv4));
        text.Append(AddressFamily("ipv6", Setup.Sessions.Where(s => s.Ipv6), Setup.Ipv6));
        return text.ToString();
    }

    /// <summary>FRR finds a link-local neighbour on its interface by itself, from router advertisements.</summary>
    private static string Name(PeerSession session) => session.Ours.StartsWith("fe80", StringComparison.Ordinal) ? "e0" : session.Ours;

    private static string Neighbor(PeerSession session)
    {
        string name = Name(session), n = $" neighbor {name}";
        return (name == "e0" ? $"{n} interface\n" : "")
            + $"{n} remote-as {session.OurAsn}\n{n} advertisement-interval 0\n{n} timers {(session.HoldTime < 30 ? 1 : 30)} {session.HoldTime}\n{n} timers connect 1\n"
            + (session.Passive ? $"{n} passive\n" : "") + (session.Md5 is { } key ? $"{n} password {key}\n" : "") + (session.Gtsm ? $"{n} ttl-security hops 1\n" : "")
            + (session.ExtendedNextHop ? $"{n} capability extended-nexthop\n" : "");
    }

    private static string AddressFamily(string family, IEnumerable<PeerSession> sessions, IEnumerable<PeerRoute> routes)
    {
        var text = new StringBuilder($" address-family {family} unicast\n");
        foreach (PeerSession session in sessions)
        {
            string n = $"  neighbor {Name(session)}";
            text.Append(CultureInfo.InvariantCulture, $"{n} activate\n");
            if (session.AddPath) text.Append(CultureInfo.InvariantCulture, $"{n} addpath-tx-all-paths\n");
            if (session.Client) text.Append(CultureInfo.InvariantCulture, $"{n} route-reflector-client\n");
            if (session.MaxPrefixes is int max) text.Append(CultureInfo.InvariantCulture, $"{n} maximum-prefix {max}\n");
        }

        foreach (PeerRoute route in routes) text.Append(CultureInfo.InvariantCulture, $"  network {route.Prefix} route-map {(route.IsPlain ? "ALL" : Map(route))}\n");
        return text.Append(" exit-address-family\n").ToString();
    }
}
