using System.Globalization;
using System.Text;
using System.Text.Json;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>ExaBGP: says what it is told to and writes what it hears, as JSON; the table is kept here. It only dials.</summary>
internal sealed class ExabgpPeer(TestNamespaces namespaces, PeerSetup setup) : Peer(namespaces, setup)
{
    private readonly Dictionary<(string From, string Prefix, string PathId), PeerPath> _table = [];
    private long _read;

    protected override async Task Launch()
    {
        _table.Clear();
        _read = 0;
        Write("commands", "");
        Write("heard", "");
        string helper = Write("helper", $"#!/bin/sh\ntail -f -n +1 {Folder}/commands &\nexec cat >> {Folder}/heard\n");
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string file = Write("exabgp.conf", Configuration());
        Run("exabgp", "env", "exabgp.api.cli=false", "exabgp.daemon.user=root", "exabgp.daemon.drop=false", "exabgp.tcp.port=179", "exabgp", file);
        await UntilAnswers(() => Log().Contains("loaded new configuration successfully", StringComparison.Ordinal));
    }

    public override int Learned(Family family)
    {
        Listen();
        return _table.Keys.Count(k => k.Prefix.Contains(':', StringComparison.Ordinal) == (family.Afi == 2));
    }

    public override IReadOnlyList<PeerPath> Paths(string prefix)
    {
        Listen();
        return [.. _table.Where(e => e.Key.Prefix == prefix).Select(e => e.Value)];
    }

    public override void RequestRefresh(string ours) => Say($"neighbor {ours} announce route-refresh ipv4 unicast");

    public override void Withdraw(string prefix) => Say($"withdraw route {prefix} next-hop {NextHop(prefix)}");

    /// <summary>Sends a route with any attributes, malformed ones too: ExaBGP's own syntax.</summary>
    public void Announce(string prefix, string attributes = "") => Say($"announce route {prefix} next-hop {NextHop(prefix)} {attributes}");

    private void Say(string command) => File.AppendAllText($"{Folder}/commands", command + "\n");

    private static string NextHop(string prefix) => prefix.Contains(':', StringComparison.Ordinal) ? "fd77::2" : "10.77.0.2";

    private void Listen()
    {
        using FileStream file = File.Open($"{Folder}/heard", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = _read;
        var octets = new byte[file.Length - _read];
        file.ReadExactly(octets);
        int whole = Array.LastIndexOf(octets, (byte)'\n') + 1;
        _read += whole;
        foreach (string line in Encoding.UTF8.GetString(octets, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('{')) Hear(JsonDocument.Parse(line).RootElement);
        }
    }

    private void Hear(JsonElement said)
    {
        if (!said.TryGetProperty("neighbor", out JsonElement neighbor)) return;
        string from = neighbor.GetProperty("address").GetProperty("peer").GetString()!;
        if (neighbor.TryGetProperty("state", out JsonElement state) && state.GetString() == "down")
        {
            foreach ((string From, string Prefix, string PathId) key in _table.Keys.Where(k => k.From == from).ToArray()) _table.Remove(key);
        }

        if (!neighbor.TryGetProperty("message", out JsonElement message) || !message.TryGetProperty("update", out JsonElement update)) return;
        if (update.TryGetProperty("withdraw", out JsonElement withdrawn))
        {
            foreach (JsonElement nlri in withdrawn.EnumerateObject().SelectMany(f => f.Value.EnumerateArray())) _table.Remove(Key(from, nlri));
        }

        if (!update.TryGetProperty("announce", out JsonElement announced)) return;
        update.TryGetProperty("attribute", out JsonElement attributes);
        foreach (JsonProperty family in announced.EnumerateObject())
        {
            foreach (JsonProperty nextHop in family.Value.EnumerateObject())
            {
                foreach (JsonElement nlri in nextHop.Value.EnumerateArray().Where(n => n.TryGetProperty("nlri", out _))) _table[Key(from, nlri)] = Read(from, nextHop.Name, attributes);
            }
        }
    }

    private static (string From, string Prefix, string PathId) Key(string from, JsonElement nlri) =>
        (from, nlri.GetProperty("nlri").GetString()!, nlri.TryGetProperty("path-information", out JsonElement id) ? id.GetString()! : "");

    private static PeerPath Read(string from, string nextHop, JsonElement attributes) => new(from, nextHop, string.Join(' ', List(attributes, "as-path").Select(a => a.GetUInt32())))
    {
        Communities = [.. List(attributes, "community").Select(Joined)],
        LargeCommunities = [.. List(attributes, "large-community").Select(Joined)],
        RouteTargets = [.. List(attributes, "extended-community").Select(c => c.GetProperty("string").GetString()!).Where(c => c.StartsWith("target:", StringComparison.Ordinal)).Select(c => c[7..])],
        Originator = attributes.TryGetProperty("originator-id", out JsonElement originator) ? originator.GetString() : null,
        Clusters = [.. List(attributes, "cluster-list").Select(c => c.GetString()!)],
        LocalPreference = attributes.TryGetProperty("local-preference", out JsonElement preference) ? preference.GetUInt32() : null,
    };

    private static List<JsonElement> List(JsonElement attributes, string name) =>
        attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static string Joined(JsonElement numbers) => string.Join(':', numbers.EnumerateArray().Select(n => n.GetUInt32()));

    private string Configuration()
    {
        var text = new StringBuilder($"process api {{ run {Folder}/helper; encoder json; }}\n");
        foreach (PeerSession session in Setup.Sessions)
        {
            text.Append(CultureInfo.InvariantCulture, $"neighbor {session.Ours} {{\nrouter-id 10.77.0.2; local-address {session.Local}; local-as {Setup.Asn}; peer-as {session.OurAsn}; hold-time {session.HoldTime};\n");
            if (session.Passive) text.Append("passive true;\n");
            if (session.Md5 is { } key) text.Append(CultureInfo.InvariantCulture, $"md5-password \"{key}\";\n");
            if (session.Gtsm) text.Append("outgoing-ttl 255; incoming-ttl 255;\n");
            string able(bool on) => on ? "enable" : "disable";
            text.Append(CultureInfo.InvariantCulture, $"capability {{ asn4 {able(session.FourOctetAsn)}; route-refresh enable; graceful-restart {(session.GracefulRestart ? "120" : "disable")}; add-path {(session.AddPath ? "send/receive" : "disable")}; }}\n");
            text.Append(CultureInfo.InvariantCulture, $"family {{ ipv4 unicast; {(session.Ipv6 ? "ipv6 unicast;" : "")} }}\napi {{ processes [ api ]; neighbor-changes; receive {{ parsed; update; }} }}\nstatic {{\n");
            foreach (PeerRoute route in Setup.Routes.Where(r => session.Ipv6 || !r.IsIpv6)) text.Append(Route(route));
            text.Append("}\n}\n");
        }

        return text.ToString();
    }

    private static string Route(PeerRoute route) => $"route {route.Prefix} next-hop {NextHop(route.Prefix)}"
        + (route.Community is { } community ? $" community [ {community} ]" : "") + (route.LargeCommunity is { } large ? $" large-community [ {large} ]" : "")
        + (route.RouteTarget is { } target ? $" extended-community [ target:{target} ]" : "") + ";\n";
}
