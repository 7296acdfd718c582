using System.Text.RegularExpressions;

namespace Calico.Bgp.Tests.Topology;

/// <summary>What one of Calico's BIRD configurations means: its sessions and static routes, without the text.</summary>
internal sealed partial record BirdModel(string? RouterId, int Port, IReadOnlyDictionary<string, BirdSession> Sessions, IReadOnlyList<string> StaticRoutes, IReadOnlyList<string> AggregatedBlocks,
    uint? DefaultPriority, IReadOnlyList<(string Net, bool Accepted)> KernelRules)
{
    public static BirdModel Read(string main, string aggregation, string pools)
    {
        Dictionary<string, BirdSession> sessions = [];
        string localAs = LocalAs().Match(TemplateOf(main)).Groups[1].Value;
        foreach (Match protocol in Protocol().Matches(main))
            sessions[protocol.Groups[1].Value] = BirdSession.Read(protocol.Groups[2].Value, localAs);
        return new BirdModel(
            RouterIdLine().Match(main) is { Success: true } id ? id.Groups[1].Value : null,
            ListenPort().Match(main) is { Success: true } port ? int.Parse(port.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 179,
            sessions,
            [.. StaticRoute().Matches(aggregation).Select(m => m.Groups[1].Value + (m.Groups[2].Value == "blackhole" ? "" : " " + m.Groups[2].Value)).Order(StringComparer.Ordinal)],
            [.. ExactBlock().Matches(aggregation).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)],
            Priority().Match(main) is { Success: true } priority ? uint.Parse(priority.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null,
            [.. KernelRule().Matches(KernelFunctionOf(pools)).Select(m => (m.Groups[1].Value, m.Groups[2].Value == "accept"))]);
    }

    private static string KernelFunctionOf(string pools)
    {
        int start = pools.IndexOf("filter calico_kernel_programming", StringComparison.Ordinal);
        return start < 0 ? "" : pools[start..];
    }

    private static string TemplateOf(string main)
    {
        int start = main.IndexOf("template bgp bgp_template", StringComparison.Ordinal);
        return start < 0 ? "" : main[start..main.IndexOf("\n}", start, StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"^protocol bgp (\S+) from bgp_template \{\n(.*?)^\}", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Protocol();

    [GeneratedRegex(@"^router id (\S+);", RegexOptions.Multiline)]
    private static partial Regex RouterIdLine();

    [GeneratedRegex(@"^listen bgp (?:address \S+ )?port (\d+);", RegexOptions.Multiline)]
    private static partial Regex ListenPort();

    [GeneratedRegex(@"if \(!defined\(krt_metric\)\) then \{ krt_metric = (\d+); \}")]
    private static partial Regex Priority();

    [GeneratedRegex(@"^  if \(net ~ (\S+)\) then \{ (accept|reject);", RegexOptions.Multiline)]
    private static partial Regex KernelRule();

    [GeneratedRegex(@"local as (\d+);")]
    private static partial Regex LocalAs();

    [GeneratedRegex(@"^\s*route (\S+) (blackhole|via \S+);", RegexOptions.Multiline)]
    private static partial Regex StaticRoute();

    [GeneratedRegex(@"if \( net = (\S+) \) then \{ accept; \}")]
    private static partial Regex ExactBlock();
}

/// <summary>One session as a set of settings in one line each, so that a difference names itself.</summary>
internal sealed partial record BirdSession(
    string Neighbor, string RemoteAs, string LocalAs, string Port, string Source, bool Passive, bool ReflectorClient, string ClusterId, string NextHop,
    string Password, string RestartTime, string AllowLocalAs, string Ttl, string ImportFilters, string ExportFilters, string Keepalive)
{
    public static BirdSession Read(string body, string templateAs)
    {
        string Find(Regex regex) => regex.Match(body) is { Success: true } match ? match.Groups[1].Value : "";
        string import = Block(body, "import filter"), export = Block(body, "export filter");
        return new BirdSession(
            Find(NeighborLine()), Find(RemoteAsLine()), Find(LocalAsLine()) is { Length: > 0 } own ? own : templateAs, Find(PortLine()), Find(SourceLine()),
            body.Contains("  passive on;", StringComparison.Ordinal), body.Contains("rr client;", StringComparison.Ordinal), Find(ClusterLine()),
            Find(NextHopLine()), Find(PasswordLine()), Find(RestartLine()), Find(AllowLine()),
            body.Contains("ttl security on;", StringComparison.Ordinal) ? Find(MultihopLine()) : "", Calls(import), Calls(export), Find(KeepaliveLine()));
    }

    private static string Block(string body, string name)
    {
        int start = body.IndexOf(name, StringComparison.Ordinal);
        return start < 0 ? "" : body[start..body.IndexOf("\n  }", start, StringComparison.Ordinal)];
    }

    private static string Calls(string block) => string.Join(' ', FilterCall().Matches(block).Select(m => m.Groups[1].Value));

    [GeneratedRegex(@"'(bgp_[^']+Filter?V[46]|bgp_[^']+)'\s*\(")]
    private static partial Regex FilterCall();

    [GeneratedRegex(@"neighbor (\S+) ")]
    private static partial Regex NeighborLine();

    [GeneratedRegex(@"neighbor .*as (\d+);")]
    private static partial Regex RemoteAsLine();

    [GeneratedRegex(@"neighbor \S+ port (\d+)")]
    private static partial Regex PortLine();

    [GeneratedRegex(@"^\s*local as (\d+);", RegexOptions.Multiline)]
    private static partial Regex LocalAsLine();

    [GeneratedRegex(@"source address ([^;\s]+);")]
    private static partial Regex SourceLine();

    [GeneratedRegex(@"rr cluster id ([^;\s]+);")]
    private static partial Regex ClusterLine();

    [GeneratedRegex(@"next hop (keep|self);")]
    private static partial Regex NextHopLine();

    [GeneratedRegex("password \"(.*)\";")]
    private static partial Regex PasswordLine();

    [GeneratedRegex(@"graceful restart time (\d+);")]
    private static partial Regex RestartLine();

    [GeneratedRegex(@"allow local as (\d+);")]
    private static partial Regex AllowLine();

    [GeneratedRegex(@"multihop (\d+);")]
    private static partial Regex MultihopLine();

    [GeneratedRegex(@"keepalive time (\d+);")]
    private static partial Regex KeepaliveLine();
}
