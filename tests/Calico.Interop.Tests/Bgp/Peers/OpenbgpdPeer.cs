using System.Globalization;
using System.Text;
using System.Text.Json;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>OpenBGPD, portable.</summary>
internal sealed class OpenbgpdPeer(TestNamespaces namespaces, PeerSetup setup) : Peer(namespaces, setup)
{
    protected override async Task Launch()
    {
        string file = Write("bgpd.conf", Configuration());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // Its chroot; the package's unit makes it.
        Directory.CreateDirectory("/run/openbgpd");
        Run("bgpd", "/usr/sbin/bgpd", "-d", "-v", "-f", file);
        await UntilAnswers(() => Bgpctl("show", "summary").Length > 0);
    }

    public override int Learned(Family family) => Rib("show", "rib", family == Family.Ipv4Unicast ? "inet" : "inet6").Count(IsLearned);

    private static bool IsLearned(JsonElement entry) => !entry.TryGetProperty("announced", out JsonElement own) || !own.GetBoolean();

    public override IReadOnlyList<PeerPath> Paths(string prefix) => [.. Rib("show", "rib", "detail", prefix).Where(IsLearned).Select(Read)];

    private static PeerPath Read(JsonElement entry) => new(
        entry.GetProperty("neighbor").GetProperty("remote_addr").GetString()!, entry.GetProperty("exit_nexthop").GetString()!, entry.GetProperty("aspath").GetString()!)
    {
        Communities = Strings(entry, "communities"),
        LargeCommunities = Strings(entry, "large_communities"),
        RouteTargets = [.. Strings(entry, "extended_communities").Where(c => c.StartsWith("rt ", StringComparison.Ordinal)).Select(c => c[3..])],
        Originator = Attribute(entry, "Originator Id") is { } originator ? originator.GetString() : null,
        Clusters = Attribute(entry, "Cluster ID List") is { } clusters ? [.. clusters.EnumerateArray().Select(c => c.GetString()!)] : [],
        LocalPreference = entry.GetProperty("localpref").GetUInt32(),
    };

    private static string[] Strings(JsonElement entry, string name) => entry.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(c => c.GetString()!)] : [];

    private static JsonElement? Attribute(JsonElement entry, string type)
    {
        if (!entry.TryGetProperty("attributes", out JsonElement attributes)) return null;
        foreach (JsonElement attribute in attributes.EnumerateArray())
        {
            if (string.Equals(attribute.GetProperty("type").GetString(), type, StringComparison.OrdinalIgnoreCase)) return attribute.EnumerateObject().Last().Value;
        }

        return null;
    }

    public override void RequestRefresh(string ours) => Bgpctl("neighbor", ours, "refresh");

    public override void Withdraw(string prefix)
    {
        Setup = Setup with { Routes = [.. Setup.Routes.Where(r => r.Prefix != prefix)] };
        Write("bgpd.conf", Configuration());
        Bgpctl("reload");
    }

    private string Bgpctl(params string[] arguments) => Ask(["bgpctl", "-s", $"{Folder}/bgpd.sock", .. arguments]);

    private List<JsonElement> Rib(params string[] arguments)
    {
        string text = Bgpctl(["-j", .. arguments]);
        return text.StartsWith('{') && JsonDocument.Parse(text).RootElement.TryGetProperty("rib", out JsonElement rib) ? [.. rib.EnumerateArray()] : [];
    }

    private string Configuration()
    {
        var text = new StringBuilder($"AS {Setup.Asn}\nrouter-id 10.77.0.2\nsocket \"{Folder}/bgpd.sock\"\nfib-update no\nlisten on 10.77.0.2\nlisten on fd77::2\n");
        foreach (PeerRoute route in Setup.Routes) text.Append(CultureInfo.InvariantCulture, $"network {route.Prefix}{Set(route)}\n");
        foreach (PeerSession session in Setup.Sessions) text.Append(Neighbor(session));
        return text.Append("allow from any\nallow to any\n").ToString();
    }

    private static string Set(PeerRoute route) => route.IsPlain ? "" : " set {"
        + (route.Community is { } community ? $" community {community}" : "") + (route.LargeCommunity is { } large ? $" large-community {large}" : "")
        + (route.RouteTarget is { } target ? $" ext-community rt {target}" : "") + " }";

    private static string Neighbor(PeerSession session) => $"neighbor {session.Ours} {{\nremote-as {session.OurAsn}\nlocal-address {session.Local}\nannounce IPv4 unicast\n"
        + (session.Ipv6 ? "announce IPv6 unicast\n" : "announce IPv6 none\n") + $"announce enhanced refresh yes\nannounce restart {(session.GracefulRestart ? "yes" : "no")}\nholdtime {session.HoldTime}\n"
        + (session.AddPath ? "announce add-path recv yes\nannounce add-path send all\n" : "") + (session.FourOctetAsn ? "" : "announce as-4byte no\n")
        + (session.Passive ? "passive\n" : "") + (session.Md5 is { } key ? $"tcp md5sig password {key}\n" : "") + (session.Gtsm ? "ttl-security yes\n" : "")
        + (session.Client ? "route-reflector\n" : "") + (session.MaxPrefixes is int max ? $"max-prefix {max}\n" : "") + "}\n";
}
