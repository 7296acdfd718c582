namespace Calico.Bgp;

/// <summary>One change of a table as a monitor tells it: attributes, or null for a withdrawal.</summary>
internal readonly record struct MonitoredChange(int Slot, ushort Source, uint PathId, PathAttributes? Attributes);

/// <summary>A reader of all accepted paths of a table (Adj-RIB-In after policy), or of the best ones (Loc-RIB): the difference to what it has told.</summary>
internal sealed class MonitorLane(Rib rib, bool bestOnly) : Lane(rib)
{
    private readonly AddPathMemory _told = new(rib.Attributes);
    private readonly int[] _batch = new int[128];

    /// <summary>Whether a whole walk has been told since it began: the End-of-RIB is due.</summary>
    public bool IsAwaited { get; set; } = true;

    public bool BestOnly => bestOnly;

    protected override bool Remembers(int slot) => _told.Remembers(slot);

    /// <summary>Takes some slots and finds what is new about them; sources that <paramref name="shows"/> refuses have no paths.</summary>
    public void Read(Func<ushort, bool> shows, List<MonitoredChange> changes)
    {
        int count = Take(_batch);
        foreach (int slot in _batch.AsSpan(0, count)) Diff(slot, shows, changes);
    }

    private void Diff(int slot, Func<ushort, bool> shows, List<MonitoredChange> changes)
    {
        List<(uint PathId, int Attributes, ushort Source)> told = _told.Of(slot);
        int kept = 0;
        for (int index = bestOnly ? Rib.Best(slot) : Rib.Head(slot); index != 0; index = bestOnly ? 0 : Rib.Paths[index].Next)
        {
            RibPath path = Rib.Paths[index];
            if (!bestOnly && !shows(path.Source)) continue;
            (uint pathId, ushort source) = bestOnly ? (0u, (ushort)0) : (path.PathId, path.Source);
            int known = told.FindIndex(kept, t => t.PathId == pathId && t.Source == source);
            bool changed = known < 0 || told[known].Attributes != path.Attributes;
            _told.Add(told, pathId, path.Attributes, source);
            if (known >= 0) _told.RemoveAt(told, known);
            (told[kept], told[^1]) = (told[^1], told[kept]);
            kept++;
            if (changed) changes.Add(new MonitoredChange(slot, source, pathId, Rib.Attributes[path.Attributes]));
        }

        for (int i = told.Count - 1; i >= kept; i--)
        {
            changes.Add(new MonitoredChange(slot, told[i].Source, told[i].PathId, null));
            _told.RemoveAt(told, i);
        }

        _told.DropIfEmpty(slot);
    }

    /// <summary>The receiver has forgotten a source's paths.</summary>
    public void Forget(ushort source) => _told.Forget(source);

    public void Dispose()
    {
        Rib.RemoveLane(this);
        _told.Clear();
    }
}
