using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>The kernel numbers anonymous sets and chains; here they are part of the expression that leads to them, and their name says only that they are anonymous.</summary>
internal sealed class AnonymousParts(IEnumerable<NftChain> chains, Func<string, List<NftRule>> rulesOf)
{
    public const string SetName = "__set%d";
    public const string MapName = "__map%d";

    private readonly Dictionary<string, NftSet> _sets = [];
    private readonly Dictionary<string, NftChain> _chains = chains.DistinctBy(c => c.Name).ToDictionary(c => c.Name);

    public bool IsEmpty => _sets.Count + _chains.Count == 0;

    public void Add(NftSet set) => _sets[set.Name] = set with
    {
        Name = set.IsMap ? MapName : SetName,
        Handle = 0,
        Elements = set.Elements.OrderBy(e => e.Key).ToValueList(),
    };

    public NftRule Inline(NftRule rule)
    {
        foreach (NftExpression expression in rule.Expressions)
            if (IsAnonymous(expression)) return rule with { Expressions = rule.Expressions.Select(Inline).ToValueList() };
        return rule;
    }

    private bool IsAnonymous(NftExpression expression) => expression switch
    {
        LookupExpression lookup => _sets.ContainsKey(lookup.Set),
        ObjrefExpression { Map: { } map } => _sets.ContainsKey(map),
        VerdictExpression { Verdict.Chain: { } chain } => _chains.ContainsKey(chain),
        _ => false,
    };

    private NftExpression Inline(NftExpression expression) => expression switch
    {
        LookupExpression lookup when _sets.TryGetValue(lookup.Set, out NftSet? set) => lookup with { Set = set.Name, Anonymous = set },
        ObjrefExpression { Map: { } map } objref when _sets.TryGetValue(map, out NftSet? set) => objref with { Map = set.Name, Anonymous = set },
        VerdictExpression { Verdict.Chain: { } name } verdict when _chains.ContainsKey(name) => verdict with
        {
            Verdict = new NftVerdict(verdict.Verdict.Code, NftChain.AnonymousName),
            Anonymous = new NftChain(NftChain.AnonymousName) { Flags = NftChainFlags.Binding, Rules = Body(name) },
        },
        _ => expression,
    };

    // The kernel takes no anonymous chain inside another, so only sets are put into its rules.
    private ValueList<NftRule> Body(string chain) =>
        rulesOf(chain).Select(r => r with { Handle = 0, Expressions = r.Expressions.Select(e => e is VerdictExpression ? e : Inline(e)).ToValueList() }).ToValueList();
}
