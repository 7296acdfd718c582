using System.Globalization;
using System.Text;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>BIRD 2.</summary>
internal sealed class BirdPeer(TestNamespaces namespaces, PeerSetup setup) : Peer(namespaces, setup)
{
    protected override async Task Launch()
    {
        string file = Write("bird.conf", Configuration());
        TestNamespaces.Run("bird", "-p", "-c", file);
        Run("bird", "bird", "-f", "-c", file, "-s", $"{Folder}/bird.ctl", "-P", $"{Folder}/bird.pid");
        await UntilAnswers(() => Birdc("show status").Length > 0);
    }

    public override int Learned(Family family)
    {
        string[] words = Birdc($"show route table {Table(family)} where source = RTS_BGP count").Split(' ', '\n');
        int of = Array.IndexOf(words, "of");
        return of > 0 && int.TryParse(words[of - 1], out int count) ? count : 0;
    }

    public override IReadOnlyList<PeerPath> Paths(string prefix)
    {
        var paths = new List<PeerPath>();
        foreach (string line in Birdc($"show route {prefix} all").Split('\n'))
        {
            if (line.Contains(" [p", StringComparison.Ordinal)) paths.Add(new PeerPath(Neighbor(line), "", ""));
            string[] parts = line.Trim().Split(": ", 2);
            if (parts.Length < 2 || paths.Count == 0) continue;
            string value = parts[1];
            PeerPath path = paths[^1];
            paths[^1] = parts[0] switch
            {
                "BGP.as_path" => path with { AsPath = value },
                "BGP.next_hop" => path with { NextHop = value },
                "BGP.local_pref" => path with { LocalPreference = uint.Parse(value, CultureInfo.InvariantCulture) },
                "BGP.community" => path with { Communities = Lists(value) },
                "BGP.large_community" => path with { LargeCommunities = Lists(value) },
                "BGP.ext_community" => path with { RouteTargets = [.. Lists(value).Where(c => c.StartsWith("rt:", StringComparison.Ordinal)).Select(c => c[3..])] },
                "BGP.originator_id" => path with { Originator = value },
                "BGP.cluster_list" => path with { Clusters = value.Split(' ') },
                _ => path,
            };
        }

        return paths;
    }

    public override void RequestRefresh(string ours) => Birdc($"reload in p{Index(ours)}");

    public override void Withdraw(string prefix)
    {
        Setup = Setup with { Routes = [.. Setup.Routes.Where(r => r.Prefix != prefix)] };
        Write("bird.conf", Configuration());
        Birdc("configure");
    }

    private string Birdc(string command) => Ask(["birdc", "-s", $"{Folder}/bird.ctl", .. command.Split(' ')]);

    private static string Table(Family family) => family == Family.Ipv4Unicast ? "master4" : "master6";

    private int Index(string ours) => Setup.Sessions.ToList().FindIndex(s => s.Ours == ours);

    private string Neighbor(string line) => Setup.Sessions[line[line.IndexOf(" [p", StringComparison.Ordinal) + 3] - '0'].Ours;

    // (65001,7) (65001,8) as 65001:7, 65001:8; (rt, 65001, 5) as rt:65001:5
    private static string[] Lists(string value) => [.. value.TrimStart('(').TrimEnd(')').Split(") (").Select(c => c.Replace(", ", ":", StringComparison.Ordinal).Replace(',', ':'))];

    private string Configuration()
    {
        var text = new StringBuilder($"router id 10.77.0.2;\nprotocol device {{ }}\nprotocol direct {{ ipv4; ipv6; }}\n");
        text.Append(CultureInfo.InvariantCulture, $"protocol static s4 {{ ipv4;\n{string.Concat(Setup.Ipv4.Select(Route))}}}\nprotocol static s6 {{ ipv6;\n{string.Concat(Setup.Ipv6.Select(Route))}}}\n");
        for (int i = 0; i < Setup.Sessions.Count; i++) text.Append(Protocol(i, Setup.Sessions[i]));
        return text.ToString();
    }

    private static string Route(PeerRoute route) => $"route {route.Prefix} blackhole {{ "
        + (route.Community is { } c ? $"bgp_community.add(({c.Replace(':', ',')})); " : "")
        + (route.LargeCommunity is { } l ? $"bgp_large_community.add(({l.Replace(':', ',')})); " : "")
        + (route.RouteTarget is { } t ? $"bgp_ext_community.add((rt,{t.Replace(':', ',')})); " : "") + "};\n";

    private string Protocol(int index, PeerSession session)
    {
        string export = "import all; export where source ~ [ RTS_STATIC, RTS_BGP ];" + (session.AddPath ? " add paths on;" : "") + (session.MaxPrefixes is int max ? $" import limit {max} action disable;" : "");
        bool linkLocal = session.Ours.StartsWith("fe80", StringComparison.Ordinal);
        return $"protocol bgp p{index} {{ local {session.Local} as {Setup.Asn}; neighbor {session.Ours}{(linkLocal ? "%e0" : "")} as {session.OurAsn}; direct; connect delay time 1; connect retry time 1; error wait time 1,1; "
            + $"hold time {session.HoldTime}; {(session.HoldTime < 30 ? "keepalive time 1; " : "")}{(session.Passive ? "passive on; " : "")}{(session.Md5 is { } key ? $"password \"{key}\"; " : "")}"
            + $"{(session.Gtsm ? "ttl security on; " : "")}{(session.Client ? "rr client; " : "")}graceful restart {(session.GracefulRestart ? "on" : "off")}; {(session.FourOctetAsn ? "" : "enable as4 off; ")}"
            + $"ipv4 {{ {export} {(session.ExtendedNextHop ? "extended next hop on;" : "")} }}; {(session.Ipv6 ? $"ipv6 {{ {export} }};" : "")} }}\n";
    }
}
