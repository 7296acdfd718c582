using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>A rule with the running state of its expressions and the sets they look up, slot by slot.</summary>
internal sealed record LiveRule(NftRule Rule, NftExpression[] Expressions, ExpressionState?[] State, SetIndex?[] Sets);

internal sealed record LiveChain(NftChain Chain, LiveRule[] Rules);

/// <summary>A table ready to be run: names resolved, sets indexed.</summary>
internal sealed class LiveTable
{
    private readonly Dictionary<string, LiveChain> _chains = [];
    private readonly Dictionary<string, SetIndex> _sets = [];
    private readonly Dictionary<(NftObjectType, string), ExpressionState> _objects = [];

    private int _anonymous;

    public LiveTable(NftTable table, long now)
    {
        Table = table;
        foreach (NftSet set in table.Sets) _sets[set.Name] = new SetIndex(set, now);
        foreach (NftObject named in table.Objects)
            _objects[(named.Content.Type, named.Name)] = new ExpressionState(named.Content is NftStatefulObject stateful ? stateful.State : new NotrackExpression());
        foreach (NftChain chain in table.Chains)
            _chains[chain.Name] = new LiveChain(chain, [.. chain.Rules.Select(r => MakeLive(r, now))]);
        CheckReferences();
        BaseChains = [.. table.Chains.Where(c => c.Base is not null).Select(c => _chains[c.Name])];
    }

    public NftTable Table { get; }

    public LiveChain[] BaseChains { get; }

    public LiveChain Chain(string name) => _chains.TryGetValue(name, out LiveChain? chain) ? chain : throw Missing("chain", name);

    public SetIndex Set(string name) => _sets.TryGetValue(name, out SetIndex? set) ? set : throw Missing("set", name);

    public ExpressionState? Object(NftObjectType type, string name) => _objects.GetValueOrDefault((type, name));

    private LiveRule MakeLive(NftRule rule, long now)
    {
        NftExpression[] expressions = [.. rule.Expressions];
        ExpressionState?[] state = new ExpressionState?[expressions.Length];
        SetIndex?[] sets = new SetIndex?[expressions.Length];
        for (int i = 0; i < expressions.Length; i++)
        {
            if (expressions[i] is VerdictExpression { Anonymous: { } body } verdict) expressions[i] = new VerdictExpression(new NftVerdict(verdict.Verdict.Code, MakeAnonymous(body, now)));
            sets[i] = expressions[i] switch
            {
                LookupExpression { Anonymous: { } set } => new SetIndex(set, now),
                LookupExpression lookup => Set(lookup.Set),
                DynsetExpression dynset => Set(dynset.Set),
                ObjrefExpression { Anonymous: { } map } => new SetIndex(map, now),
                ObjrefExpression { Map: { } map } => Set(map),
                _ => null,
            };
            state[i] = expressions[i] switch
            {
                CounterExpression or QuotaExpression or LimitExpression or ConnLimitExpression or LastExpression or NumgenExpression => new ExpressionState(expressions[i]),
                ObjrefExpression { ObjectName: { } name } objref => Object(objref.ObjectType, name) ?? throw Missing(objref.ObjectType.ToString().ToLowerInvariant(), name),
                _ => null,
            };
        }

        return new LiveRule(rule, expressions, state, sets);
    }

    private string MakeAnonymous(NftChain body, long now)
    {
        string name = $"__chain{_anonymous++}";
        _chains[name] = new LiveChain(body with { Name = name }, [.. body.Rules.Select(r => MakeLive(r, now))]);
        return name;
    }

    private void CheckReferences()
    {
        foreach (NftRule rule in Table.Chains.SelectMany(c => c.Rules)) Check(References.Of(rule));
        foreach (NftElement element in Table.Sets.SelectMany(s => s.Elements)) Check(References.Of(element));
    }

    private void Check(IEnumerable<(ReferenceKind Kind, string Name)> references)
    {
        foreach ((ReferenceKind kind, string name) in references)
            if (kind == ReferenceKind.Chain && !_chains.ContainsKey(name)) throw Missing("chain", name);
    }

    private NftInterpreterException Missing(string kind, string name) => new($"Table {Table} has no {kind} '{name}'.");
}
