namespace Calico.Interop.Tests.Bgp;

/// <summary>The peers.</summary>
public enum Daemon
{
    Bird,
    Frr,
    Gobgp,
    Openbgpd,
    Exabgp,
}

/// <summary>What is tried with each daemon.</summary>
public enum Ability
{
    Session,
    SteadyUnderLoad,
    RequestsRefresh,
    AnswersRefresh,
    EnhancedRefresh,
    TwoOctetAsn,
    AddPathSend,
    AddPathReceive,
    KeepsOurRoutes,
    AsksToKeepRoutes,
    Md5,
    Gtsm,
    GtsmCheck,
    BothDial,
    Reflects,
    LimitsPrefixes,
    Ipv6OverIpv4,
    Ipv4OverIpv6,
    Unnumbered,
}

/// <summary>Which daemon can do what; the README of this folder shows the same as a table.</summary>
public static class Daemons
{
    internal static readonly IReadOnlyDictionary<(Daemon, Ability), string> Lacks = new Dictionary<(Daemon, Ability), string>
    {
        [(Daemon.Gobgp, Ability.RequestsRefresh)] = "keeps all it got and never asks again",
        [(Daemon.Gobgp, Ability.TwoOctetAsn)] = "always announces four-octet numbers",
        [(Daemon.Bird, Ability.TwoOctetAsn)] = "refuses neighbours with such numbers then",
        [(Daemon.Gobgp, Ability.EnhancedRefresh)] = "does not announce it",
        [(Daemon.Openbgpd, Ability.AnswersRefresh)] = "says that the family was not negotiated",
        [(Daemon.Frr, Ability.TwoOctetAsn)] = "always announces four-octet numbers",
        [(Daemon.Openbgpd, Ability.GtsmCheck)] = "sends TTL 255, checks nothing",
        [(Daemon.Exabgp, Ability.GtsmCheck)] = "sends TTL 255, checks nothing",
        [(Daemon.Exabgp, Ability.SteadyUnderLoad)] = "resets its first connection and dials again",
        [(Daemon.Exabgp, Ability.BothDial)] = "drops a session that is up for a connection of its own",
        [(Daemon.Exabgp, Ability.AddPathSend)] = "has no table: passes nothing on",
        [(Daemon.Exabgp, Ability.Reflects)] = "has no table: passes nothing on",
        [(Daemon.Exabgp, Ability.KeepsOurRoutes)] = "has no table",
        [(Daemon.Exabgp, Ability.LimitsPrefixes)] = "has no limit",
        [(Daemon.Openbgpd, Ability.AsksToKeepRoutes)] = "helps others to restart, never asks for help",
        [(Daemon.Openbgpd, Ability.Unnumbered)] = "needs the address of a neighbour",
        [(Daemon.Exabgp, Ability.Unnumbered)] = "needs global addresses",
        [(Daemon.Openbgpd, Ability.Ipv4OverIpv6)] = "not in this version",
        [(Daemon.Exabgp, Ability.Ipv4OverIpv6)] = "needs it said for each route",
        [(Daemon.Openbgpd, Ability.Ipv6OverIpv4)] = "sends ::1 as next hop",
    };

    private static readonly Dictionary<Ability, string> Words = new()
    {
        [Ability.Session] = "sessions over IPv4 and IPv6, 10,000 routes each way, withdrawal, four-octet AS numbers, all communities, client of our reflector, our limit of prefixes, hold timer",
        [Ability.SteadyUnderLoad] = "10,000 routes at once over the first connection",
        [Ability.RequestsRefresh] = "asks for a route refresh",
        [Ability.AnswersRefresh] = "answers a route refresh",
        [Ability.EnhancedRefresh] = "enhanced route refresh",
        [Ability.TwoOctetAsn] = "speaks two-octet AS numbers",
        [Ability.AddPathSend] = "sends ADD-PATH",
        [Ability.AddPathReceive] = "takes ADD-PATH",
        [Ability.KeepsOurRoutes] = "keeps our routes over our restart",
        [Ability.AsksToKeepRoutes] = "has its routes kept over its restart",
        [Ability.Md5] = "TCP MD5",
        [Ability.Gtsm] = "GTSM: sends TTL 255",
        [Ability.GtsmCheck] = "GTSM: checks TTL",
        [Ability.BothDial] = "both dial at once",
        [Ability.Reflects] = "reflects between our speakers",
        [Ability.LimitsPrefixes] = "limits our prefixes",
        [Ability.Ipv6OverIpv4] = "IPv6 routes over an IPv4 session",
        [Ability.Ipv4OverIpv6] = "IPv4 routes over an IPv6 session",
        [Ability.Unnumbered] = "link-local sessions",
    };

    /// <summary>The table of the README.</summary>
    internal static string Table()
    {
        Daemon[] daemons = Enum.GetValues<Daemon>();
        var lines = new List<string> { "| | BIRD | FRR | GoBGP | OpenBGPD | ExaBGP |", "|---|" + string.Concat(daemons.Select(_ => "---|")) };
        foreach (Ability ability in Enum.GetValues<Ability>()) lines.Add($"| {Words[ability]} | {string.Join(" | ", daemons.Select(d => Lacks.GetValueOrDefault((d, ability), "yes")))} |");
        return string.Join('\n', lines);
    }

    internal static bool Can(Daemon daemon, Ability ability) => !Lacks.ContainsKey((daemon, ability));

    internal static string Program(Daemon daemon) => daemon switch
    {
        Daemon.Bird => "bird",
        Daemon.Frr => "vtysh",
        Daemon.Gobgp => "gobgpd",
        Daemon.Openbgpd => "bgpctl",
        _ => "exabgp",
    };

    /// <summary>The daemons that can do something.</summary>
    public static TheoryData<Daemon> That(Ability ability) => [.. Enum.GetValues<Daemon>().Where(d => Can(d, ability))];
}
