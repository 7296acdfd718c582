using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A table of the kernel in memory. A copy is cheap: what is in it is immutable, or copied when it is changed.</summary>
internal sealed class FakeTable
{
    private readonly Dictionary<string, NftChain> _chains = [];
    private readonly Dictionary<string, NftSet> _sets = [];
    private readonly Dictionary<string, Dictionary<(NftValue, NftValue), NftElement>> _elements = [];
    private readonly HashSet<string> _ownElements = [];

    public FakeTable()
    {
    }

    private FakeTable(FakeTable other) => (_chains, _sets, _elements) = (new(other._chains), new(other._sets), new(other._elements));

    public FakeTable Copy() => new(this);

    public NftTable ToTable(NftTableId id) => new(id.Family, id.Name)
    {
        Chains = _chains.Values.OrderBy(c => c.Name, StringComparer.Ordinal).ToValueList(),
        Sets = _sets.Values.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s with { Elements = _elements[s.Name].Values.OrderBy(e => e.Key).ThenBy(e => e.KeyEnd).ToValueList() }).ToValueList(),
    };

    public void Apply(NftChange change, Func<ulong> handle)
    {
        switch (change)
        {
            case NftAddSet c:
                Assert.True(_sets.TryAdd(c.Definition.Name, c.Definition with { Elements = default }), $"{c.Subject} is there");
                _elements[c.Definition.Name] = [];
                _ownElements.Add(c.Definition.Name);
                break;
            case NftDeleteSet c:
                AssertUnused("set " + c.Set);
                Assert.True(_sets.Remove(c.Set) && _elements.Remove(c.Set), c.Subject);
                break;
            case NftFlushSet c: Elements(c.Set).Clear(); break;
            case NftAddChain c: Assert.True(_chains.TryAdd(c.Definition.Name, c.Definition with { Rules = default }), $"{c.Subject} is there"); break;
            case NftFlushChain c: _chains[c.Chain] = _chains[c.Chain] with { Rules = default }; break;
            case NftDeleteChain c:
                _chains[c.Chain] = _chains[c.Chain] with { Rules = default };
                AssertUnused("chain " + c.Chain);
                _chains.Remove(c.Chain);
                break;
            case NftAddRule { Before: 0 } c: Rules(c.Chain, rules => rules.Add(c.Rule with { Handle = handle() })); break;
            case NftAddRule c: Rules(c.Chain, rules => rules.Insert(rules.FindIndex(r => r.Handle == c.Before), c.Rule with { Handle = handle() })); break;
            case NftReplaceRule c: Rules(c.Chain, rules => rules[rules.FindIndex(r => r.Handle == c.Handle)] = c.Rule with { Handle = handle() }); break;
            case NftDeleteRule c: Rules(c.Chain, rules => rules.RemoveAt(rules.FindIndex(r => r.Handle == c.Handle))); break;
            case NftAddElements c:
                foreach (NftElement element in c.Elements)
                    Assert.True(Elements(c.Set.Name).TryAdd((element.Key, element.KeyEnd), element), $"element {element.Key} of {c.Set.Name} is there");
                break;
            case NftDeleteElements c:
                foreach (NftElement element in c.Elements) Assert.True(Elements(c.Set.Name).Remove((element.Key, element.KeyEnd)), $"no element {element.Key} in {c.Set.Name}");
                break;
            default:
                throw new NotSupportedException(change.Subject);
        }
    }

    /// <summary>Everything that is named is there.</summary>
    public void Check()
    {
        foreach (string reference in References(_chains.Values, _elements.Values.SelectMany(e => e.Values)))
        {
            bool there = reference.StartsWith("set ", StringComparison.Ordinal) ? _sets.ContainsKey(reference[4..]) : _chains.ContainsKey(reference[6..]);
            Assert.True(there, $"{reference} is named and not there");
        }
    }

    private Dictionary<(NftValue, NftValue), NftElement> Elements(string set)
    {
        if (_ownElements.Add(set)) _elements[set] = new(_elements[set]);
        return _elements[set];
    }

    private void Rules(string chain, Action<List<NftRule>> change)
    {
        List<NftRule> rules = [.. _chains[chain].Rules];
        change(rules);
        _chains[chain] = _chains[chain] with { Rules = rules.ToValueList() };
    }

    private void AssertUnused(string subject)
    {
        foreach (NftChain chain in _chains.Values)
            foreach (NftRule rule in chain.Rules)
                if (References([chain with { Rules = [rule] }], []).Contains(subject)) Assert.Fail($"{subject} goes and chain {chain.Name} still names it ({rule.Comment})");
        foreach ((string set, var elements) in _elements)
            if (References([], elements.Values).Contains(subject)) Assert.Fail($"{subject} goes and map {set} still names it");
    }

    private static IEnumerable<string> References(IEnumerable<NftChain> chains, IEnumerable<NftElement> elements)
    {
        foreach (NftExpression expression in chains.SelectMany(c => c.Rules).SelectMany(r => r.Expressions))
        {
            if (expression is VerdictExpression { Verdict.Chain: { } chain }) yield return "chain " + chain;
            if (expression is LookupExpression { Anonymous: null } lookup) yield return "set " + lookup.Set;
        }

        foreach (NftElement element in elements)
        {
            if (element.Verdict?.Chain is { } chain) yield return "chain " + chain;
        }
    }
}
