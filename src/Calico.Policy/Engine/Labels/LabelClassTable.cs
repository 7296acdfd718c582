using Calico.Policy.Engine.Policies;
using Calico.Policy.Model;

namespace Calico.Policy.Engine.Labels;

/// <summary>All label classes, found by content without allocating, and the index from a label to the classes that have it.</summary>
internal sealed class LabelClassTable(StringTable texts, ProfileTable profiles)
{
    private readonly List<LabelClass?> _byId = [];
    private readonly Stack<int> _free = new();
    private LabelClass?[] _buckets = new LabelClass?[1024];
    private ulong[] _buffer = new ulong[32];

    public int Count { get; private set; }

    /// <summary>Numbers handed out so far: <see cref="FindById"/> knows those below.</summary>
    public int IdCount => _byId.Count;

    /// <summary>The classes that have local endpoints.</summary>
    public List<LocalClass> LocalClasses { get; } = [];

    /// <summary>Own label → classes.</summary>
    public PairIndex OwnLabels { get; } = new();

    /// <summary>Inherited label → profile lists.</summary>
    public PairIndex InheritedLabels { get; } = new();

    public LabelClass? FindById(int id) => id < _byId.Count ? _byId[id] : null;

    /// <summary>The class of these labels, made if need be.</summary>
    /// <param name="labels">The endpoint's own labels.</param>
    /// <param name="profileNames">Its profiles.</param>
    /// <param name="isNew">True when the class has just been made: it is yet to be matched.</param>
    public LabelClass Get(LabelMap labels, EquatableArray<string> profileNames, out bool isNew)
    {
        int count = LabelPairs.Acquire(texts, labels, ref _buffer);
        ReadOnlySpan<ulong> own = _buffer.AsSpan(0, count);
        ProfileList parents = profiles.Acquire(profileNames);
        if (parents.Uses == 1) IndexInherited(parents, add: true);
        int hash = Hash(own, parents);
        for (LabelClass? known = _buckets[hash & (_buckets.Length - 1)]; known is not null; known = known.NextInBucket)
        {
            if (known.Hash != hash || known.Parents != parents || !own.SequenceEqual(known.Own)) continue;
            LabelPairs.Release(texts, own);
            ReleaseParents(parents);
            isNew = false;
            return known;
        }

        isNew = true;
        return Add(own.ToArray(), parents, hash);
    }

    /// <summary>Forgets a class that has no endpoint and no match any more.</summary>
    public void Remove(LabelClass empty)
    {
        ref LabelClass? link = ref _buckets[empty.Hash & (_buckets.Length - 1)];
        while (link != empty) link = ref link!.NextInBucket;
        link = empty.NextInBucket;
        Count--;
        for (int i = 0; i < empty.Own.Length; i++)
        {
            int moved = OwnLabels.RemoveAt(empty.Own[i], empty.Places[i]);
            if (moved >= 0 && _byId[moved] is { } other) other.Places[other.Own.AsSpan().BinarySearch(empty.Own[i])] = empty.Places[i];
        }

        _byId[empty.Id] = null;
        _free.Push(empty.Id);
        empty.Parents.Classes.Remove(empty);
        LabelPairs.Release(texts, empty.Own);
        ReleaseParents(empty.Parents);
    }

    /// <summary>Merges a profile list anew after one of its profiles changed.</summary>
    public void Remerge(ProfileList list)
    {
        IndexInherited(list, add: false);
        list.Inherited = ProfileList.Merge(list.Profiles);
        IndexInherited(list, add: true);
    }

    private LabelClass Add(ulong[] own, ProfileList parents, int hash)
    {
        if (Count >= _buckets.Length) Grow();
        if (!_free.TryPop(out int id))
        {
            id = _byId.Count;
            _byId.Add(null);
        }

        ref LabelClass? bucket = ref _buckets[hash & (_buckets.Length - 1)];
        LabelClass added = new() { Id = id, Own = own, Places = new int[own.Length], Parents = parents, Hash = hash, NextInBucket = bucket };
        bucket = added;
        _byId[id] = added;
        parents.Classes.Add(added);
        for (int i = 0; i < own.Length; i++) added.Places[i] = OwnLabels.Add(own[i], id);
        Count++;
        return added;
    }

    private void ReleaseParents(ProfileList parents)
    {
        ulong[] inherited = parents.Inherited;
        if (!profiles.Release(parents)) return;
        foreach (ulong pair in inherited) InheritedLabels.Remove(pair, parents.Id);
    }

    private void IndexInherited(ProfileList list, bool add)
    {
        foreach (ulong pair in list.Inherited)
        {
            if (add) InheritedLabels.Add(pair, list.Id);
            else InheritedLabels.Remove(pair, list.Id);
        }
    }

    private void Grow()
    {
        LabelClass?[] old = _buckets;
        _buckets = new LabelClass?[old.Length * 2];
        foreach (LabelClass? head in old)
        {
            for (LabelClass? entry = head; entry is not null;)
            {
                LabelClass? next = entry.NextInBucket;
                ref LabelClass? bucket = ref _buckets[entry.Hash & (_buckets.Length - 1)];
                entry.NextInBucket = bucket;
                bucket = entry;
                entry = next;
            }
        }
    }

    private static int Hash(ReadOnlySpan<ulong> own, ProfileList parents)
    {
        ulong hash = (ulong)parents.Id * 0x9E3779B97F4A7C15;
        foreach (ulong pair in own) hash = (hash ^ pair) * 0xD6E8FEB86659FD93 ^ hash >> 29;
        return (int)(hash >> 32);
    }
}
