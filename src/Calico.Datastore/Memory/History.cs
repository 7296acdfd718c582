namespace Calico.Datastore.Memory;

/// <summary>The changes after the compacted revision, oldest first; bounded, whole commits at a time.</summary>
internal sealed class History(int capacity)
{
    private readonly List<DatastoreEvent> _events = [];
    private int _start;

    public long CompactRevision { get; private set; }

    public void Add(DatastoreEvent change)
    {
        _events.Add(change);
        if (_events.Count - _start > capacity + capacity / 4 && _events[^(capacity + 1)].Item.ModRevision is long oldest && oldest < change.Item.ModRevision)
            Compact(oldest);
    }

    public void Compact(long revision)
    {
        if (revision <= CompactRevision) return;
        CompactRevision = revision;
        _start = IndexAfter(revision);
        if (_start <= _events.Count / 2) return;
        _events.RemoveRange(0, _start);
        _start = 0;
    }

    /// <summary>The changes after a revision under a prefix.</summary>
    public List<DatastoreEvent> After(long revision, string prefix)
    {
        List<DatastoreEvent> found = [];
        for (int i = IndexAfter(revision); i < _events.Count; i++)
        {
            if (_events[i].Item.Key.StartsWith(prefix, StringComparison.Ordinal)) found.Add(_events[i]);
        }

        return found;
    }

    private int IndexAfter(long revision)
    {
        int low = _start, high = _events.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_events[middle].Item.ModRevision <= revision) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
