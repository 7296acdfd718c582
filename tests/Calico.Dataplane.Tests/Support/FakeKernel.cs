using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A kernel in memory, as strict as the real one about order and references.</summary>
internal sealed class FakeKernel : IDataplaneKernel
{
    private readonly Dictionary<string, NftChain> _chains = [];
    private readonly Dictionary<string, NftSet> _sets = [];
    private readonly Dictionary<string, Dictionary<(NftValue, NftValue), NftElement>> _elements = [];
    private bool _exists;
    private ulong _handle;

    public int Commits { get; private set; }

    public int LastChanges => Last.Count;

    /// <summary>After each transaction.</summary>
    public event Action? Committed;

    /// <summary>The latest transaction.</summary>
    public IReadOnlyList<NftChange> Last { get; private set; } = [];

    /// <summary>Changes that the kernel refuses, to see what becomes of the rest.</summary>
    public Predicate<NftChange>? Refuses { get; set; }

    public Dictionary<System.Net.IPNetwork, Route> Routes { get; } = [];

    public List<KernelInterface> Interfaces { get; } = [];

    public Dictionary<string, string> Settings { get; } = [];

    public NftTable Table => new(NftFamily.Inet, "calico")
    {
        Chains = _chains.Values.OrderBy(c => c.Name, StringComparer.Ordinal).ToValueList(),
        Sets = _sets.Values.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s with { Elements = _elements[s.Name].Values.OrderBy(e => e.Key).ThenBy(e => e.KeyEnd).ToValueList() }).ToValueList(),
    };

    public ValueTask<NftTable?> ReadTableAsync(NftTableId table, CancellationToken cancellationToken = default)
    {
        if (!_exists) return new((NftTable?)null);
        return new(Table);
    }

    public ValueTask CommitAsync(IReadOnlyList<NftChange> changes, CancellationToken cancellationToken = default)
    {
        Commits++;
        Last = changes;
        (Dictionary<string, NftChain> chains, Dictionary<string, NftSet> sets) = (new(_chains), new(_sets));
        Dictionary<string, Dictionary<(NftValue, NftValue), NftElement>> elements = _elements.ToDictionary(e => e.Key, e => new Dictionary<(NftValue, NftValue), NftElement>(e.Value));
        try
        {
            foreach (NftChange change in changes)
            {
                if (Refuses?.Invoke(change) == true) throw new NftTransactionException([new NftFailure(change, new NetlinkError(Errno.Invalid), null, 1)]);
                Apply(change);
            }

            Check();
            Committed?.Invoke();
        }
        catch
        {
            Restore(_chains, chains);
            Restore(_sets, sets);
            Restore(_elements, elements);
            throw;
        }

        return ValueTask.CompletedTask;
    }

    private static void Restore<T>(Dictionary<string, T> target, Dictionary<string, T> from)
    {
        target.Clear();
        foreach ((string key, T value) in from) target[key] = value;
    }

    private void Apply(NftChange change)
    {
        switch (change)
        {
            case NftAddTable: _exists = true; break;
            case NftDeleteTable:
                _chains.Clear();
                _sets.Clear();
                _elements.Clear();
                break;
            case NftAddSet c:
                Assert.True(_sets.TryAdd(c.Definition.Name, c.Definition with { Elements = default }), $"{c.Subject} is there");
                _elements[c.Definition.Name] = [];
                break;
            case NftDeleteSet c:
                AssertUnused("set " + c.Set);
                Assert.True(_sets.Remove(c.Set) && _elements.Remove(c.Set), c.Subject);
                break;
            case NftFlushSet c: _elements[c.Set].Clear(); break;
            case NftAddChain c: Assert.True(_chains.TryAdd(c.Definition.Name, c.Definition with { Rules = default }), $"{c.Subject} is there"); break;
            case NftFlushChain c: _chains[c.Chain] = _chains[c.Chain] with { Rules = default }; break;
            case NftDeleteChain c:
                _chains[c.Chain] = _chains[c.Chain] with { Rules = default };
                AssertUnused("chain " + c.Chain);
                _chains.Remove(c.Chain);
                break;
            case NftAddRule { Before: 0 } c: Rules(c.Chain, rules => rules.Add(c.Rule with { Handle = ++_handle })); break;
            case NftAddRule c: Rules(c.Chain, rules => rules.Insert(rules.FindIndex(r => r.Handle == c.Before), c.Rule with { Handle = ++_handle })); break;
            case NftReplaceRule c: Rules(c.Chain, rules => rules[rules.FindIndex(r => r.Handle == c.Handle)] = c.Rule with { Handle = ++_handle }); break;
            case NftDeleteRule c: Rules(c.Chain, rules => rules.RemoveAt(rules.FindIndex(r => r.Handle == c.Handle))); break;
            case NftAddElements c:
                foreach (NftElement element in c.Elements)
                    Assert.True(_elements[c.Set.Name].TryAdd((element.Key, element.KeyEnd), element), $"element {element.Key} of {c.Set.Name} is there");
                break;
            case NftDeleteElements c:
                foreach (NftElement element in c.Elements) Assert.True(_elements[c.Set.Name].Remove((element.Key, element.KeyEnd)), $"no element {element.Key} in {c.Set.Name}");
                break;
            default:
                throw new NotSupportedException(change.Subject);
        }
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

    private void Check()
    {
        foreach (string reference in References())
        {
            bool there = reference.StartsWith("set ", StringComparison.Ordinal) ? _sets.ContainsKey(reference[4..]) : _chains.ContainsKey(reference[6..]);
            Assert.True(there, $"{reference} is named and not there");
        }
    }

    private IEnumerable<string> References() => References(_chains.Values, _elements.Values.SelectMany(e => e.Values));

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

    public ValueTask<IReadOnlyList<KernelInterface>> ReadInterfacesAsync(CancellationToken cancellationToken = default) => new([.. Interfaces]);

    /// <summary>Runs while the routes are being read: what others do meanwhile.</summary>
    public Action? WhileReadingRoutes { get; set; }

    public ValueTask<IReadOnlyList<Route>> ReadRoutesAsync(byte protocol, CancellationToken cancellationToken = default)
    {
        Route[] read = [.. Routes.Values];
        WhileReadingRoutes?.Invoke();
        return new(read);
    }

    public ValueTask<IReadOnlyList<RouteFailure>> ChangeRoutesAsync(IReadOnlyList<Route> delete, IReadOnlyList<Route> put, CancellationToken cancellationToken = default)
    {
        foreach (Route route in delete) Routes.Remove(route.Destination);
        foreach (Route route in put) Routes[route.Destination] = route;
        return new((IReadOnlyList<RouteFailure>)[]);
    }

    public ValueTask<int> DeleteFlowsAsync(System.Net.IPAddress address, CancellationToken cancellationToken = default) => new(0);

    public ValueTask<int> DeleteFlowsAsync(Predicate<TrackedFlow> condemned, CancellationToken cancellationToken = default) => new(0);

    public ValueTask<bool> EnsureTunnelAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken = default) => new(false);

    public ValueTask<bool> DeleteDeviceAsync(string name, CancellationToken cancellationToken = default) => new(Interfaces.RemoveAll(i => i.Name == name) > 0);

    public IReadOnlyDictionary<string, InterfaceBandwidth> Bandwidth { get; private set; } = new Dictionary<string, InterfaceBandwidth>();

    public ValueTask<IReadOnlyList<string>> EnsureBandwidthAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken = default)
    {
        Bandwidth = limits;
        return new((IReadOnlyList<string>)[]);
    }

    public string? ReadSetting(string name) => Settings.GetValueOrDefault(name);

    public void WriteSettings(params (string Name, string Value)[] settings)
    {
        foreach ((string name, string value) in settings) Settings[name] = value;
    }

    public Task WatchInterfacesAsync(Action changed, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    /// <summary>What someone else is made to have changed.</summary>
    public Action<ForeignChange>? Foreign { get; private set; }

    public Task WatchForeignChangesAsync(NftTableId table, byte protocol, Action<ForeignChange> changed, CancellationToken cancellationToken)
    {
        Foreign = changed;
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public void Dispose()
    {
    }
}
