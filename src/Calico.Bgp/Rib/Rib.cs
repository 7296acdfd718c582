using Calico.Net;

namespace Calico.Bgp;

/// <summary>
/// The routes of one family: for each destination (a slot) the paths of all neighbours, the best first.
/// </summary>
/// <remarks>
/// Adj-RIB-In, Loc-RIB and Adj-RIB-Out are one structure. The paths of a source are its Adj-RIB-In after import policy; the head of each list,
/// when it can be used, is the Loc-RIB; each <see cref="Lane"/> remembers per slot what it has told. Numbers instead of objects throughout: a
/// million routes are a handful of arrays. A change is noted once in <c>_changed</c> and handed to every lane by <see cref="Distribute"/>.
/// One thread at a time; no locks.
/// </remarks>
internal abstract class Rib(Family family, AttributeTable attributes, Decision decision)
{
    private readonly SlotSet _changedSet = new();
    private readonly List<int> _changed = [];
    private readonly List<Lane> _lanes = [];
    private readonly Stack<int> _freePaths = new();
    private readonly ChunkedList<int> _heads = NewHeads();
    private readonly SlotSet _reclaimed = new();
    private int _emptySlots;
    private int _reclaimedCount;
    private int _reclaimFrom;
    private bool _hasGrown;

    public Family Family { get; } = family;

    public AttributeTable Attributes { get; } = attributes;

    public Decision Decision { get; } = decision;

    public ChunkedList<RibPath> Paths { get; } = NewPaths();

    public IReadOnlyList<Lane> Lanes => _lanes;

    /// <summary>Slots are below this; 0 is none.</summary>
    public int SlotLimit => _heads.Count;

    public int PendingChanges => _changed.Count;

    public int RouteCount => _heads.Count - 1 - _emptySlots - _reclaimedCount;

    /// <summary>The count last told to telemetry.</summary>
    public int ReportedRoutes { get; set; }

    /// <summary>Whether a change of any path matters, not of the best alone: for ADD-PATH and ECMP.</summary>
    public bool TellEveryPath { get; set; }

    public abstract IpPrefix Prefix(int slot);

    public abstract int WireLength(int slot);

    public abstract int WriteKey(int slot, Span<byte> destination);

    public abstract int Find(in IpPrefix prefix);

    public abstract int FindOrAdd(in IpPrefix prefix);

    /// <summary>Takes announced NLRI; returns how many paths are new.</summary>
    public abstract int Announce(ReadOnlySpan<byte> field, bool addPath, ushort source, PathAttributes attributes, ushort preference);

    /// <summary>Takes announced NLRI, each decided on by a gate.</summary>
    public abstract int Announce(ReadOnlySpan<byte> field, bool addPath, ushort source, PathAttributes attributes, ImportGate gate);

    /// <summary>Takes withdrawn NLRI; returns how many paths went.</summary>
    public abstract int Withdraw(ReadOnlySpan<byte> field, bool addPath, ushort source);

    protected abstract void Forget(SlotSet free);

    /// <summary>What the embedder said of local routes, by prefix.</summary>
    public Dictionary<IpPrefix, LocalRoute> LocalRoutes { get; } = [];

    public LocalRoute? LocalRoute(int slot, PathSource source) => source.IsLocal ? LocalRoutes.GetValueOrDefault(Prefix(slot)) : null;

    public int Head(int slot) => _heads[slot];

    /// <summary>The path in use; 0 when there is none.</summary>
    public int Best(int slot)
    {
        int head = _heads[slot];
        return head != 0 && !Attributes[Paths[head].Attributes].Unreachable ? head : 0;
    }

    /// <summary>The paths of a slot; by rank when <paramref name="sorted"/>, the best first in any case.</summary>
    public List<int> PathsBestFirst(int slot, bool sorted)
    {
        var paths = new List<int>();
        for (int index = _heads[slot]; index != 0; index = Paths[index].Next) paths.Add(index);
        if (sorted && paths.Count > 2) paths.Sort(1, paths.Count - 1, Comparer<int>.Create((a, b) => Decision.Rank(Paths[b]).CompareTo(Decision.Rank(Paths[a]))));
        return paths;
    }

    public void AddLane(Lane lane) => _lanes.Add(lane);

    public void RemoveLane(Lane lane) => _lanes.Remove(lane);

    /// <summary>Hands changes noted since the last time to all lanes.</summary>
    public void Distribute()
    {
        foreach (Lane lane in _lanes)
        {
            foreach (int slot in _changed) lane.Mark(slot);
        }

        foreach (int slot in _changed) _changedSet.Remove(slot);
        _changed.Clear();
    }

    /// <summary>Makes slots of gone destinations free for others, when they are many and no lane has to tell of them any more. New destinations ask for it:
    /// a table that only loses some has no use for the work, and those that come back find their slots.</summary>
    public void Reclaim()
    {
        if (!_hasGrown) return;
        _hasGrown = false;
        if (_emptySlots < 4096 || _emptySlots < _heads.Count / 2 || _emptySlots < _reclaimFrom) return;
        var free = new SlotSet();
        int found = 0;
        bool needed = _lanes.Exists(static lane => !lane.IsClean);
        for (int slot = 1; slot < _heads.Count; slot++)
        {
            if (_heads[slot] != 0 || _reclaimed.Contains(slot) || _changedSet.Contains(slot) || (needed && IsNeeded(slot))) continue;
            free.Add(slot);
            _reclaimed.Add(slot);
            found++;
        }

        // Slots that a lagging reader holds are looked at again when as many have come to them.
        _emptySlots -= found;
        _reclaimedCount += found;
        _reclaimFrom = 2 * _emptySlots;
        if (found > 0) Forget(free);
    }

    private bool IsNeeded(int slot)
    {
        foreach (Lane lane in _lanes)
        {
            if (lane.Needs(slot)) return true;
        }

        return false;
    }

    /// <summary>Adds or replaces a path; true when it is new.</summary>
    public bool SetPath(int slot, ushort source, uint pathId, PathAttributes attributes, ushort preference)
    {
        ref int head = ref _heads[slot];
        int index = head;
        while (index != 0 && !(Paths[index].Source == source && Paths[index].PathId == pathId)) index = Paths[index].Next;
        if (index != 0)
        {
            ref RibPath path = ref Paths[index];
            if (path.Attributes == attributes.Id && path.Preference == preference)
            {
                if (path.Flags == PathFlags.None) return false;
                bool reselect = (path.Flags & PathFlags.LongStale) != 0;
                path.Flags = PathFlags.None;
                if (reselect) Reselect(slot, index);
                return false;
            }

            attributes.References++;
            int old = path.Attributes;
            path.Attributes = attributes.Id;
            path.Preference = preference;
            path.Flags = PathFlags.None;
            Attributes.Release(old);
            Reselect(slot, index);
            return false;
        }

        attributes.References++;
        int added = _freePaths.TryPop(out int free) ? free : Paths.Add();
        if (head == 0)
        {
            _emptySlots--;
            Paths[added] = new RibPath { Attributes = attributes.Id, PathId = pathId, Source = source, Preference = preference };
            head = added;
            Note(slot);
            return true;
        }

        Paths[added] = new RibPath { Attributes = attributes.Id, PathId = pathId, Source = source, Preference = preference, Next = Paths[head].Next };
        Paths[head].Next = added;
        Reselect(slot, added);
        return true;
    }

    /// <summary>Removes a path; false when there is none.</summary>
    public bool RemovePath(int slot, ushort source, uint pathId)
    {
        int previous = 0;
        for (int index = _heads[slot]; index != 0; previous = index, index = Paths[index].Next)
        {
            if (Paths[index].Source != source || Paths[index].PathId != pathId) continue;
            Unlink(slot, previous, index);
            return true;
        }

        return false;
    }

    /// <summary>Removes paths of a source that have all of some flags; returns how many.</summary>
    public int RemoveSource(ushort source, PathFlags having)
    {
        int removed = 0;
        for (int slot = 1; slot < _heads.Count; slot++)
        {
            int previous = 0;
            for (int index = _heads[slot]; index != 0;)
            {
                int next = Paths[index].Next;
                if (Paths[index].Source == source && (Paths[index].Flags & having) == having)
                {
                    bool wasHead = previous == 0;
                    Unlink(slot, previous, index);
                    removed++;
                    if (wasHead)
                    {
                        // The list has a new head: look at it from the start.
                        index = _heads[slot];
                        continue;
                    }
                }
                else
                {
                    previous = index;
                }

                index = next;
            }
        }

        return removed;
    }

    /// <summary>Flags the paths of a source; <paramref name="remove"/> decides which are removed instead.</summary>
    public int FlagSource(ushort source, PathFlags flag, Func<PathAttributes, bool>? remove = null)
    {
        int removed = 0;
        var doomed = new List<uint>();
        for (int slot = 1; slot < _heads.Count; slot++)
        {
            for (int index = _heads[slot]; index != 0; index = Paths[index].Next)
            {
                ref RibPath path = ref Paths[index];
                if (path.Source != source) continue;
                if (remove?.Invoke(Attributes[path.Attributes]) == true) doomed.Add(path.PathId);
                else path.Flags |= flag;
            }

            foreach (uint pathId in doomed)
            {
                if (RemovePath(slot, source, pathId)) removed++;
            }

            doomed.Clear();
            if ((flag & PathFlags.LongStale) != 0 && _heads[slot] != 0) Reselect(slot, 0);
        }

        return removed;
    }

    /// <summary>Selects again everywhere, after something selection depends on has changed.</summary>
    public void ReselectAll()
    {
        for (int slot = 1; slot < _heads.Count; slot++)
        {
            if (_heads[slot] != 0) Reselect(slot, 0);
        }
    }

    public void NoteAll()
    {
        for (int slot = 1; slot < _heads.Count; slot++) Note(slot);
    }

    /// <summary>Called by tables when a slot was made.</summary>
    protected int AddSlot(int reusable)
    {
        _emptySlots++;
        if (reusable == 0)
        {
            _hasGrown = true;
            return _heads.Add();
        }

        _reclaimed.Remove(reusable);
        _reclaimedCount--;
        return reusable;
    }

    private void Unlink(int slot, int previous, int index)
    {
        ref RibPath path = ref Paths[index];
        if (previous == 0) _heads[slot] = path.Next;
        else Paths[previous].Next = path.Next;
        Attributes.Release(path.Attributes);
        path = default;
        _freePaths.Push(index);
        if (_heads[slot] == 0) _emptySlots++;
        if (previous == 0)
        {
            if (_heads[slot] != 0) MoveBestFirst(slot);
            Note(slot);
        }
        else if (TellEveryPath)
        {
            Note(slot);
        }
    }

    private void Reselect(int slot, int changed)
    {
        int head = _heads[slot];
        if (changed != 0 && changed != head && Decision.Rank(Paths[changed]) < Decision.Rank(Paths[head]))
        {
            if (TellEveryPath) Note(slot);
            return;
        }

        bool moved = MoveBestFirst(slot);
        if (moved || changed == head || changed == 0 || TellEveryPath) Note(slot);
    }

    private bool MoveBestFirst(int slot)
    {
        int head = _heads[slot];
        int best = Decision.Best(Paths, head);
        if (best == 0 || best == head) return false;
        int previous = head;
        while (Paths[previous].Next != best) previous = Paths[previous].Next;
        Paths[previous].Next = Paths[best].Next;
        Paths[best].Next = head;
        _heads[slot] = best;
        return true;
    }

    public void Note(int slot)
    {
        if (_changedSet.Add(slot)) _changed.Add(slot);
    }

    private static ChunkedList<int> NewHeads()
    {
        var heads = new ChunkedList<int>();
        heads.Add();
        return heads;
    }

    private static ChunkedList<RibPath> NewPaths()
    {
        var paths = new ChunkedList<RibPath>();
        paths.Add();
        return paths;
    }
}

/// <summary>Decides, per prefix, whether a received path is taken and with which attributes.</summary>
internal abstract class ImportGate
{
    public abstract bool Admit(in IpPrefix prefix, ref PathAttributes attributes, ref ushort preference);
}
