using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Inspect;

/// <summary>A table's chains and sets by name, and where rules lead.</summary>
internal sealed class TableIndex(NftTable table)
{
    private readonly Dictionary<string, NftChain> _chains = table.Chains.ToDictionary(c => c.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, NftSet> _sets = table.Sets.ToDictionary(s => s.Name, StringComparer.Ordinal);

    public IEnumerable<NftChain> Chains => _chains.Values;

    public NftChain? Chain(string name) => _chains.GetValueOrDefault(name);

    public NftSet? Set(string name) => _sets.GetValueOrDefault(name);

    /// <summary>The verdict maps that a rule asks.</summary>
    public IEnumerable<NftSet> MapsOf(NftRule rule)
    {
        foreach (LookupExpression lookup in rule.Expressions.OfType<LookupExpression>())
        {
            if (lookup.Destination == NftRegister.Verdict && (lookup.Anonymous ?? Set(lookup.Set)) is { } map) yield return map;
        }
    }

    /// <summary>The maps from which a rule takes a number: the classes of addresses.</summary>
    public IEnumerable<NftSet> AddressMapsOf(NftRule rule)
    {
        foreach (LookupExpression lookup in rule.Expressions.OfType<LookupExpression>())
        {
            if (lookup.Destination is { } register && register != NftRegister.Verdict && Set(lookup.Set) is { } map) yield return map;
        }
    }

    /// <summary>Every chain that a packet can come to from a chain, in the order of their rules, each once, the first included.</summary>
    public IReadOnlyList<NftChain> Reachable(string first)
    {
        HashSet<string> seen = new(StringComparer.Ordinal) { first };
        List<NftChain> chains = [];
        Queue<string> next = new([first]);
        while (next.TryDequeue(out string? name))
        {
            if (Chain(name) is not { } chain) continue;
            chains.Add(chain);
            foreach (string target in chain.Rules.SelectMany(TargetsOf))
            {
                if (seen.Add(target)) next.Enqueue(target);
            }
        }

        return chains;
    }

    private IEnumerable<string> TargetsOf(NftRule rule)
    {
        foreach (VerdictExpression verdict in rule.Expressions.OfType<VerdictExpression>())
        {
            if (verdict.Verdict.Chain is { } chain) yield return chain;
        }

        foreach (NftElement element in MapsOf(rule).SelectMany(m => m.Elements))
        {
            if (element.Verdict?.Chain is { } chain) yield return chain;
        }
    }
}
