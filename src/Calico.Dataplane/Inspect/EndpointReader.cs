using System.Net;
using System.Text;
using Calico.Dataplane.Compile;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Inspect;

/// <summary>Dispatch maps to endpoints with their walks.</summary>
internal sealed class EndpointReader(TableIndex table)
{
    private const int InterfaceNameLength = 16;
    private readonly WalkReader _walks = new(table);

    public IEnumerable<EndpointRules> Read()
    {
        List<EndpointRules> all = [.. Workloads().OrderBy(e => e.Endpoint, StringComparer.Ordinal), .. Hosts().OrderBy(e => e.Endpoint, StringComparer.Ordinal)];
        Dictionary<string, int> users = all.SelectMany(e => e.Walks).GroupBy(w => w.Chain, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        return all.Select(e => e with { Walks = [.. e.Walks.Select(w => w with { SharedBy = users[w.Chain] })] });
    }

    private IEnumerable<EndpointRules> Workloads()
    {
        Dictionary<string, NftElement> from = Dispatch(Names.FromWorkloadMap), to = Dispatch(Names.ToWorkloadMap);
        ILookup<string, IPAddress> addresses = Sources().ToLookup(s => s.Interface, s => s.Address, StringComparer.Ordinal);
        foreach (string name in from.Keys.Union(to.Keys, StringComparer.Ordinal))
        {
            NftElement any = to.TryGetValue(name, out NftElement ingress) ? ingress : from[name];
            bool down = any.Verdict?.Chain == Names.EndpointDown;
            List<WalkRules> walks = [];
            if (!down && to.ContainsKey(name)) walks.Add(_walks.Read("ingress", Walk(ingress)));
            if (!down && from.TryGetValue(name, out NftElement egress)) walks.Add(_walks.Read("egress", Walk(egress)));
            yield return new EndpointRules(any.Comment ?? name, name, IsHost: false, walks) { Addresses = [.. addresses[name]], IsDown = down };
        }
    }

    private IEnumerable<EndpointRules> Hosts()
    {
        Dictionary<(string Endpoint, string Interface), List<WalkRules>> hosts = [];
        foreach (WalkKind kind in Enum.GetValues<WalkKind>().Where(k => k is not (WalkKind.WorkloadEgress or WalkKind.WorkloadIngress)))
        {
            foreach ((string name, NftElement element) in Dispatch(kind.ChainPrefix + "endpoint")) Add(element.Comment ?? name, name, kind, element.Verdict!.Value.Chain!);
            if (Wildcard(kind) is { } chain) Add("*", "*", kind, chain);
        }

        return hosts.Select(h => new EndpointRules(h.Key.Endpoint, h.Key.Interface, IsHost: true, h.Value));

        void Add(string endpoint, string name, WalkKind kind, string chain)
        {
            if (!hosts.TryGetValue((endpoint, name), out List<WalkRules>? walks)) hosts[(endpoint, name)] = walks = [];
            walks.Add(_walks.Read(DirectionOf(kind), chain));
        }
    }

    private static string DirectionOf(WalkKind kind) => (kind switch
    {
        WalkKind.ForwardIngress or WalkKind.ForwardEgress => "forward ",
        WalkKind.PreDnat => "preDNAT ",
        WalkKind.UntrackedIngress or WalkKind.UntrackedEgress => "doNotTrack ",
        _ => "",
    }) + (kind.IsIngress ? "ingress" : "egress");

    /// <summary>The stage for interfaces without an endpoint of their own goes to the chain of the endpoint of all.</summary>
    private string? Wildcard(WalkKind kind) => table.Chains
        .Where(c => c.Base is not null || c.Name is Names.HostForwardIn or Names.HostForwardOut)
        .SelectMany(c => c.Rules).SelectMany(r => r.Expressions).OfType<VerdictExpression>()
        .Select(v => v.Verdict).FirstOrDefault(v => v.Code == NftVerdictCode.Goto && v.Chain!.StartsWith(kind.ChainPrefix, StringComparison.Ordinal)).Chain;

    /// <summary>Between dispatch and the walk there may be a chain with the endpoint's own limit.</summary>
    private string Walk(NftElement dispatch)
    {
        string chain = dispatch.Verdict!.Value.Chain!;
        return table.Chain(chain) is { Comment: "connection limit", Rules: [.., { } last] } && last.Expressions.OfType<VerdictExpression>().FirstOrDefault()?.Verdict.Chain is { } walk ? walk : chain;
    }

    private Dictionary<string, NftElement> Dispatch(string map) =>
        table.Set(map)?.Elements.Where(e => e.Verdict?.Chain is not null).ToDictionary(e => Name(e.Key.Span), StringComparer.Ordinal) ?? [];

    private IEnumerable<(string Interface, IPAddress Address)> Sources()
    {
        foreach (string set in (string[])[Names.SourcesV4, Names.SourcesV6])
        {
            foreach (NftElement element in table.Set(set)?.Elements ?? default) yield return (Name(element.Key.Span), new IPAddress(element.Key.Span[InterfaceNameLength..]));
        }
    }

    private static string Name(ReadOnlySpan<byte> key) => Encoding.ASCII.GetString(key[..Math.Min(InterfaceNameLength, key.Length)].TrimEnd((byte)0));
}
