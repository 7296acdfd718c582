using System.Runtime.InteropServices;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Labels;

/// <summary>Which of the two match lists of a class an index keeps.</summary>
internal enum MatchSlot
{
    Sets,
    Policies,
}

/// <summary>Told of matches as they begin and end.</summary>
internal interface IMatchListener
{
    /// <summary>Before the match lists change: the last moment at which the old state can be read.</summary>
    void OnMatchChanging(SelectorEntry selector, LabelClass labelClass, bool matches);
}

/// <summary>
/// Selectors against label classes, both ways incrementally. A selector is filed under the condition that fewest others share (a label's value before a
/// label's presence), so that a new class is tested only against selectors that have a chance; a new selector is tested only against classes that have the label.
/// </summary>
internal sealed class SelectorIndex(MatchSlot slot, StringTable texts, LabelClassTable classes, ProfileTable profiles, IMatchListener listener)
{
    private readonly Dictionary<string, SelectorEntry> _selectors = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, ShortList<SelectorEntry>> _byPair = [];
    private readonly Dictionary<int, ShortList<SelectorEntry>> _byName = [];
    private ShortList<SelectorEntry> _unfiled;
    private readonly List<SelectorEntry> _found = [];

    public int Count => _selectors.Count;

    public IEnumerable<SelectorEntry> Selectors => _selectors.Values;

    /// <summary>The entry of a selector, matched against all classes the first time.</summary>
    public SelectorEntry Acquire(Selector selector)
    {
        ref SelectorEntry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_selectors, selector.CanonicalText, out bool known);
        if (known)
        {
            entry!.Uses++;
            return entry;
        }

        SelectorEntry added = entry = new SelectorEntry(selector.CanonicalText, CompiledSelector.Compile(selector, texts)) { Uses = 1 };
        File(added, RestrictionsOf.Node(selector.Root));
        MatchClasses(added);
        return added;
    }

    /// <returns>True when the selector was used for the last time and is forgotten.</returns>
    public bool Release(SelectorEntry selector)
    {
        if (--selector.Uses > 0) return false;
        _selectors.Remove(selector.Text);
        Unfile(selector);
        foreach (LabelClass labelClass in selector.Classes) Matches(labelClass).Remove(selector);
        selector.Classes.Clear();
        selector.Program.Release();
        return true;
    }

    /// <summary>Begins to match a class, or matches it anew after what it inherits has changed.</summary>
    public void Refresh(LabelClass labelClass)
    {
        Find(labelClass, _found);
        ReadOnlySpan<SelectorEntry> found = CollectionsMarshal.AsSpan(_found);
        ref ShortList<SelectorEntry> matches = ref Matches(labelClass);
        if (found.SequenceEqual(matches.Items)) return;

        foreach (SelectorEntry old in matches.Items)
        {
            if (!found.Contains(old)) listener.OnMatchChanging(old, labelClass, matches: false);
        }

        foreach (SelectorEntry selector in found)
        {
            if (!selector.Classes.Contains(labelClass)) listener.OnMatchChanging(selector, labelClass, matches: true);
        }

        foreach (SelectorEntry old in matches.Items)
        {
            if (!found.Contains(old)) old.Classes.Remove(labelClass);
        }

        matches.Clear();
        foreach (SelectorEntry selector in found)
        {
            selector.Classes.Add(labelClass);
            matches.Add(selector);
        }
    }

    /// <summary>Stops matching a class.</summary>
    public void Drop(LabelClass labelClass)
    {
        ref ShortList<SelectorEntry> matches = ref Matches(labelClass);
        foreach (SelectorEntry selector in matches.Items) listener.OnMatchChanging(selector, labelClass, matches: false);
        foreach (SelectorEntry selector in matches.Items) selector.Classes.Remove(labelClass);
        matches.Clear();
    }

    private ref ShortList<SelectorEntry> Matches(LabelClass labelClass)
    {
        if (slot == MatchSlot.Sets) return ref labelClass.SetMatches;
        return ref labelClass.PolicyMatches;
    }

    private void Find(LabelClass labelClass, List<SelectorEntry> found)
    {
        found.Clear();
        ReadOnlySpan<ulong> own = labelClass.Own, inherited = labelClass.Parents.Inherited;
        foreach (ulong pair in own) FindFiled(pair, own, inherited, found);
        foreach (ulong pair in inherited)
        {
            if (LabelPairs.Find(own, LabelPairs.Name(pair)) < 0) FindFiled(pair, own, inherited, found);
        }

        Test(_unfiled.Items, own, inherited, found);
    }

    private void FindFiled(ulong pair, ReadOnlySpan<ulong> own, ReadOnlySpan<ulong> inherited, List<SelectorEntry> found)
    {
        if (_byPair.TryGetValue(pair, out ShortList<SelectorEntry> filed)) Test(filed.Items, own, inherited, found);
        if (_byName.TryGetValue(LabelPairs.Name(pair), out filed)) Test(filed.Items, own, inherited, found);
    }

    private static void Test(ReadOnlySpan<SelectorEntry> selectors, ReadOnlySpan<ulong> own, ReadOnlySpan<ulong> inherited, List<SelectorEntry> found)
    {
        foreach (SelectorEntry selector in selectors)
        {
            if (selector.Program.Matches(own, inherited)) found.Add(selector);
        }
    }

    private void File(SelectorEntry selector, IReadOnlyDictionary<string, LabelRestriction> restrictions)
    {
        Filing best = Filing.Unfiled;
        long bestLoad = long.MaxValue;
        foreach ((string label, LabelRestriction restriction) in restrictions)
        {
            if (restriction.IsImpossible)
            {
                selector.Filing = Filing.Impossible;
                return;
            }

            if (!restriction.MustBePresent) continue;
            int name = texts.Acquire(label);
            (Filing filing, long load) = restriction.MustHaveOneOfValues is { } values ? ByValues(name, values) : ByName(name);
            texts.Release(name);
            if (load >= bestLoad) continue;
            (best, bestLoad) = (filing, load);
        }

        selector.Filing = best;
        if (best.Pairs is { } pairs)
        {
            foreach (ulong pair in pairs) ListOf(_byPair, pair).Add(selector);
        }
        else if (best.Name >= 0)
            ListOf(_byName, best.Name).Add(selector);
        else
            _unfiled.Add(selector);
    }

    // The load is what the filing costs: selectors already there, weighted by how many classes will come asking.
    private (Filing Filing, long Load) ByValues(int name, IReadOnlyList<string> values)
    {
        ulong[] pairs = new ulong[values.Count];
        long load = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            int value = texts.Acquire(values[i]);
            texts.Release(value);
            pairs[i] = LabelPairs.Make(name, value);
            long filed = _byPair.TryGetValue(pairs[i], out ShortList<SelectorEntry> list) ? list.Count : 0;
            load += (filed + 1) * (classes.OwnLabels.Count(pairs[i]) + 1);
        }

        return (new Filing(pairs, name, false), load);
    }

    private (Filing Filing, long Load) ByName(int name)
    {
        long filed = _byName.TryGetValue(name, out ShortList<SelectorEntry> list) ? list.Count : 0;
        return (new Filing(null, name, false), ((filed + 1) * (classes.OwnLabels.CountOfName(name) + 1)) + (1L << 40));
    }

    private void Unfile(SelectorEntry selector)
    {
        if (selector.Filing.Never) return;
        if (selector.Filing.Pairs is { } pairs)
        {
            foreach (ulong pair in pairs) Remove(_byPair, pair, selector);
        }
        else if (selector.Filing.Name >= 0)
            Remove(_byName, selector.Filing.Name, selector);
        else
            _unfiled.Remove(selector);
    }

    private void MatchClasses(SelectorEntry selector)
    {
        Filing filing = selector.Filing;
        if (filing.Never) return;
        if (slot == MatchSlot.Policies && classes.LocalClasses.Count <= CandidateCount(filing))
        {
            foreach (LocalClass local in classes.LocalClasses) TryMatch(selector, local.Class);
        }
        else if (filing.Pairs is { } pairs)
        {
            foreach (ulong pair in pairs) MatchPair(selector, pair);
        }
        else if (filing.Name >= 0)
        {
            foreach (ulong pair in classes.OwnLabels.PairsOfName(filing.Name)) MatchOwn(selector, pair);
            foreach (ulong pair in classes.InheritedLabels.PairsOfName(filing.Name)) MatchInherited(selector, pair);
        }
        else
        {
            for (int id = 0; id < classes.IdCount; id++)
            {
                if (classes.FindById(id) is { } labelClass) TryMatch(selector, labelClass);
            }
        }
    }

    private long CandidateCount(Filing filing) => filing switch
    {
        { Pairs: { } pairs } => pairs.Sum(pair => (long)classes.OwnLabels.Count(pair) + (classes.InheritedLabels.Count(pair) * 64L)),
        { Name: >= 0 } => classes.OwnLabels.CountOfName(filing.Name) + (classes.InheritedLabels.CountOfName(filing.Name) * 64L),
        _ => classes.Count,
    };

    private void MatchPair(SelectorEntry selector, ulong pair)
    {
        MatchOwn(selector, pair);
        MatchInherited(selector, pair);
    }

    private void MatchOwn(SelectorEntry selector, ulong pair)
    {
        foreach (int id in classes.OwnLabels.Items(pair)) TryMatch(selector, classes.FindById(id)!);
    }

    private void MatchInherited(SelectorEntry selector, ulong pair)
    {
        foreach (int id in classes.InheritedLabels.Items(pair))
        {
            foreach (LabelClass labelClass in profiles.ById(id).Classes) TryMatch(selector, labelClass);
        }
    }

    private void TryMatch(SelectorEntry selector, LabelClass labelClass)
    {
        if (slot == MatchSlot.Policies && labelClass.Local is null) return;
        if (!selector.Program.Matches(labelClass.Own, labelClass.Parents.Inherited) || selector.Classes.Contains(labelClass)) return;
        listener.OnMatchChanging(selector, labelClass, matches: true);
        selector.Classes.Add(labelClass);
        Matches(labelClass).Add(selector);
    }

    private static ref ShortList<SelectorEntry> ListOf<TKey>(Dictionary<TKey, ShortList<SelectorEntry>> map, TKey key) where TKey : notnull =>
        ref CollectionsMarshal.GetValueRefOrAddDefault(map, key, out _);

    private static void Remove<TKey>(Dictionary<TKey, ShortList<SelectorEntry>> map, TKey key, SelectorEntry selector) where TKey : notnull
    {
        ref ShortList<SelectorEntry> list = ref ListOf(map, key);
        list.Remove(selector);
        if (list.Count == 0) map.Remove(key);
    }
}
