using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Calico.Bgp;
using Calico.Bgp.Mrt;

namespace Calico.Interop.Tests.Bgp;

/// <summary>GoBGP. It has no routes in its configuration: they are injected, from an MRT file that <see cref="MrtWriter"/> makes.</summary>
internal sealed class GobgpPeer(TestNamespaces namespaces, PeerSetup setup) : Peer(namespaces, setup)
{
    // A second start is a restart after which neighbours keep its routes (its -r).
    private bool _started;

    protected override async Task Launch()
    {
        string file = Write("gobgp.toml", Configuration());
        Run("gobgpd", ["gobgpd", "-f", file, "-p", "--api-hosts", "127.0.0.1:50051", "--pprof-disable", .. _started ? new[] { "-r" } : []]);
        _started = true;
        await UntilAnswers(() => Gobgp("neighbor").Length > 0);
        // The first ones are added one by one: what comes from a file keeps its next hop and cannot be withdrawn by hand.
        PeerRoute[] bulk = [.. Setup.Routes.Where(r => r.IsPlain).Skip(20)];
        if (bulk.Length > 0)
        {
            File.WriteAllBytes($"{Folder}/routes.mrt", Dump(bulk));
            await UntilAnswers(() => Inject() >= bulk.Length);
        }

        foreach (PeerRoute route in Setup.Routes.Except(bulk))
        {
            Must(["gobgp", "global", "rib", "-a", route.IsIpv6 ? "ipv6" : "ipv4", "add", route.Prefix, .. Option("nexthop", route.IsIpv6 ? "fd77::2" : null),
                .. Option("community", route.Community), .. Option("large-community", route.LargeCommunity), .. Option("rt", route.RouteTarget)]);
        }
    }

    // The program ends without waiting for what it has queued last: it is run until everything is there.
    private int Inject()
    {
        Must("gobgp", "mrt", "inject", "global", $"{Folder}/routes.mrt");
        return Count("ipv4") + Count("ipv6");

        int Count(string family)
        {
            using JsonDocument summary = JsonDocument.Parse(Gobgp("global", "rib", "summary", "-a", family, "-j"));
            return summary.RootElement.TryGetProperty("num_destination", out JsonElement count) ? count.GetInt32() : 0;
        }
    }

    private static string[] Option(string name, string? value) => value is null ? [] : [name, value];

    public override int Learned(Family family)
    {
        string text = Gobgp("global", "rib", "-a", family == Family.Ipv4Unicast ? "ipv4" : "ipv6", "-j");
        if (!text.StartsWith('{')) return 0;
        using JsonDocument table = JsonDocument.Parse(text);
        return table.RootElement.EnumerateObject().Count(p => p.Value.EnumerateArray().Any(IsLearned));
    }

    // What was injected stands under an address that is no neighbour's.
    private bool IsLearned(JsonElement path) => path.TryGetProperty("neighbor-ip", out JsonElement from) && Setup.Sessions.Any(s => from.GetString()!.Split('%')[0] == s.Ours);

    public override IReadOnlyList<PeerPath> Paths(string prefix)
    {
        string text = Gobgp("global", "rib", "-a", prefix.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4", prefix, "-j");
        if (!text.StartsWith('{')) return [];
        using JsonDocument table = JsonDocument.Parse(text);
        return [.. table.RootElement.EnumerateObject().SelectMany(p => p.Value.EnumerateArray()).Where(IsLearned).Select(Read)];
    }

    private static PeerPath Read(JsonElement path)
    {
        var read = new PeerPath(path.GetProperty("neighbor-ip").GetString()!, "", "");
        foreach (JsonElement attribute in path.GetProperty("attrs").EnumerateArray())
        {
            read = attribute.GetProperty("type").GetInt32() switch
            {
                2 => read with { AsPath = string.Join(' ', attribute.GetProperty("as_paths").EnumerateArray().SelectMany(s => s.GetProperty("asns").EnumerateArray()).Select(a => a.GetUInt32())) },
                3 or 14 => read with { NextHop = attribute.GetProperty("nexthop").GetString()! },
                5 => read with { LocalPreference = attribute.GetProperty("value").GetUInt32() },
                8 => read with { Communities = [.. attribute.GetProperty("communities").EnumerateArray().Select(c => new Community(c.GetUInt32()).ToString())] },
                9 => read with { Originator = attribute.GetProperty("value").GetString() },
                10 => read with { Clusters = [.. attribute.GetProperty("value").EnumerateArray().Select(c => c.GetString()!)] },
                16 => read with { RouteTargets = [.. attribute.GetProperty("value").EnumerateArray().Where(c => c.GetProperty("subtype").GetInt32() == 2).Select(c => c.GetProperty("value").GetString()!)] },
                32 => read with { LargeCommunities = [.. attribute.GetProperty("value").EnumerateArray().Select(c => $"{c.GetProperty("ASN")}:{c.GetProperty("LocalData1")}:{c.GetProperty("LocalData2")}")] },
                _ => read,
            };
        }

        return read;
    }

    public override void RequestRefresh(string ours) => throw new NotSupportedException("GoBGP keeps what it got and never asks again.");

    public override void Withdraw(string prefix) => Gobgp("global", "rib", "-a", prefix.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4", "del", prefix);

    private string Gobgp(params string[] arguments) => Ask(["gobgp", .. arguments]);

    private static byte[] Dump(IEnumerable<PeerRoute> routes)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MrtWriter(output);
        writer.Write(default, new MrtPeerIndexTable
        {
            CollectorId = IPAddress.Parse("10.77.0.2"),
            Peers = [new MrtPeer(IPAddress.Parse("10.77.0.2"), IPAddress.Parse("10.77.0.2"), 65002, FourOctetAsn: true)],
        });
        uint sequence = 0;
        int last = 0;
        foreach (PeerRoute route in routes)
        {
            IPNetwork prefix = IPNetwork.Parse(route.Prefix);
            byte[] nlri = [(byte)prefix.PrefixLength, .. prefix.BaseAddress.GetAddressBytes().AsSpan(0, prefix.PrefixLength / 8)];
            // MP_REACH_NLRI whole: GoBGP does not read the short form of RFC 6396 section 4.3.4.
            byte[] nextHop = route.IsIpv6 ? [0x80, 14, (byte)(21 + nlri.Length), 0, 2, 1, 16, .. IPAddress.Parse("fd77::2").GetAddressBytes(), 0, .. nlri] : [0x40, 3, 4, 10, 77, 0, 2];
            var entry = new ArrayBufferWriter<byte>();
            new MrtRibEntry { Attributes = [.. PathAttributes.LocalDefault.Wire, .. nextHop] }.WriteTo(entry);
            last = output.WrittenCount;
            writer.Write(default, new MrtRib { Sequence = sequence++, Family = route.IsIpv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast, NlriOctets = nlri, EntryCount = 1, Entries = entry.WrittenSpan });
        }

        // What the program loses is at the end.
        byte[] dump = output.WrittenSpan.ToArray();
        return [.. dump, .. Enumerable.Repeat(dump[last..], 1500).SelectMany(r => r)];
    }

    private string Configuration()
    {
        var text = new StringBuilder($"[global.config]\nas = {Setup.Asn}\nrouter-id = \"10.77.0.2\"\nlocal-address-list = [\"0.0.0.0\", \"::\"]\n");
        foreach (PeerSession session in Setup.Sessions) text.Append(Neighbor(session));
        return text.ToString();
    }

    private static string Neighbor(PeerSession session)
    {
        var text = new StringBuilder("[[neighbors]]\n");
        Section("config", $"neighbor-address = \"{session.Ours}{(session.Ours.StartsWith("fe80", StringComparison.Ordinal) ? "%e0" : "")}\"\npeer-as = {session.OurAsn}" + (session.Md5 is { } key ? $"\nauth-password = \"{key}\"" : ""));
        Section("timers.config", $"connect-retry = 1\nidle-hold-time-after-reset = 1\nhold-time = {session.HoldTime}\nkeepalive-interval = {(session.HoldTime < 30 ? 1 : 30)}");
        Section("error-handling.config", "treat-as-withdraw = true");
        if (session.Passive) Section("transport.config", "passive-mode = true");
        if (session.Gtsm) Section("ttl-security.config", "enabled = true\nttl-min = 255");
        if (session.Client) Section("route-reflector.config", "route-reflector-client = true\nroute-reflector-cluster-id = \"10.77.0.2\"");
        if (session.GracefulRestart) Section("graceful-restart.config", "enabled = true\nrestart-time = 120");
        foreach (string family in session.Ipv6 ? new[] { "ipv4-unicast", "ipv6-unicast" } : ["ipv4-unicast"])
        {
            text.Append("  [[neighbors.afi-safis]]\n");
            Section("afi-safis.config", $"afi-safi-name = \"{family}\"");
            if (session.GracefulRestart) Section("afi-safis.mp-graceful-restart.config", "enabled = true");
            if (session.AddPath) Section("afi-safis.add-paths.config", "receive = true\nsend-max = 8");
            if (session.MaxPrefixes is int max) Section("afi-safis.prefix-limit.config", $"max-prefixes = {max}");
        }

        return text.ToString();

        void Section(string name, string values) => text.Append(CultureInfo.InvariantCulture, $"  [neighbors.{name}]\n{values}\n");
    }
}
