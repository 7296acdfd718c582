using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Ruleset;

/// <summary>
/// Our table as it should be, and what has changed since it was last applied. Chains compare by content, so writing the same chain again is no change.
/// </summary>
internal sealed class RulesetState
{
    private readonly Dictionary<string, NftChain> _chains = [];
    private readonly Dictionary<string, KernelSet> _sets = [];
    private readonly Dictionary<string, NftChain?> _chainsBefore = [];
    private readonly Dictionary<string, KernelSet?> _setsBefore = [];
    private readonly Dictionary<string, ElementChanges> _elements = [];

    public IReadOnlyDictionary<string, NftChain> Chains => _chains;

    public IReadOnlyDictionary<string, KernelSet> Sets => _sets;

    public void Put(NftChain chain)
    {
        NftChain? old = _chains.GetValueOrDefault(chain.Name);
        if (old is not null && old.Equals(chain)) return;
        _chainsBefore.TryAdd(chain.Name, old);
        _chains[chain.Name] = chain;
    }

    public void RemoveChain(string name)
    {
        if (_chains.Remove(name, out NftChain? old)) _chainsBefore.TryAdd(name, old);
    }

    public void Put(KernelSet set)
    {
        _setsBefore.TryAdd(set.Name, _sets.GetValueOrDefault(set.Name));
        _sets[set.Name] = set;
    }

    public void RemoveSet(string name)
    {
        if (_sets.Remove(name, out KernelSet? old)) _setsBefore.TryAdd(name, old);
    }

    /// <summary>Where changes of a set's elements are noted; of a set that is new to the kernel all elements are written anyway.</summary>
    public ElementChanges Changes(string set)
    {
        if (!_elements.TryGetValue(set, out ElementChanges? changes)) _elements[set] = changes = new ElementChanges();
        return changes;
    }

    public bool IsDirty => _chainsBefore.Count > 0 || _setsBefore.Count > 0 || _elements.Values.Any(e => !e.IsEmpty);

    /// <summary>What has changed since the last call; the state then counts as applied.</summary>
    public RulesetChange TakeChange()
    {
        RulesetChange change = new();
        foreach ((string name, NftChain? before) in _chainsBefore)
        {
            NftChain? after = _chains.GetValueOrDefault(name);
            if (!Equals(before, after)) change.Chains.Add((before, after));
        }

        foreach ((string name, KernelSet? before) in _setsBefore)
        {
            KernelSet? after = _sets.GetValueOrDefault(name);
            if (!ReferenceEquals(before, after)) change.Sets.Add((before, after));
        }

        foreach ((string name, ElementChanges elements) in _elements)
        {
            if (elements.IsEmpty || !_sets.TryGetValue(name, out KernelSet? set)) continue;
            if (change.Sets.Exists(s => s.After == set)) continue;
            change.Elements.Add((set, elements));
        }

        _chainsBefore.Clear();
        _setsBefore.Clear();
        _elements.Clear();
        return change;
    }

    /// <summary>The whole table, as for a first write or a comparison with the kernel.</summary>
    public NftTable ToTable(NftFamily family, string name) => new(family, name)
    {
        Chains = _chains.Values.OrderBy(c => c.Name, StringComparer.Ordinal).ToValueList(),
        Sets = _sets.Values.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s.ToNftSet()).ToValueList(),
    };
}

/// <summary>The difference between two states of our table.</summary>
internal sealed class RulesetChange
{
    /// <summary>Chains new (no before), gone (no after) or different.</summary>
    public List<(NftChain? Before, NftChain? After)> Chains { get; } = [];

    /// <summary>Sets new, gone, or to be filled anew.</summary>
    public List<(KernelSet? Before, KernelSet? After)> Sets { get; } = [];

    /// <summary>Elements of sets that stay.</summary>
    public List<(KernelSet Set, ElementChanges Changes)> Elements { get; } = [];

    public bool IsEmpty => Chains.Count == 0 && Sets.Count == 0 && Elements.Count == 0;
}
