namespace Calico.Datastore;

/// <summary>What has been told of one prefix: turns full reads and events into differences.</summary>
internal sealed class SyncCache
{
    private readonly Dictionary<string, KeyValue> _told = new(StringComparer.Ordinal);

    /// <summary>The differences to a full read.</summary>
    public List<SyncUpdate> Replace(IReadOnlyList<KeyValue> items)
    {
        List<SyncUpdate> updates = [];
        HashSet<string> present = new(items.Count, StringComparer.Ordinal);
        foreach (KeyValue item in items) present.Add(item.Key);
        foreach (string gone in _told.Keys.Where(key => !present.Contains(key)).ToList())
        {
            _told.Remove(gone, out KeyValue? before);
            updates.Add(new(gone, null, before));
        }

        foreach (KeyValue item in items) Put(item, updates);
        return updates;
    }

    /// <summary>The differences that events make; one already known makes none.</summary>
    public List<SyncUpdate> Apply(IReadOnlyList<DatastoreEvent> events)
    {
        List<SyncUpdate> updates = new(events.Count);
        foreach (DatastoreEvent change in events)
        {
            if (!change.IsDelete) Put(change.Item, updates);
            else if (_told.Remove(change.Item.Key, out KeyValue? before)) updates.Add(new(change.Item.Key, null, before));
        }

        return updates;
    }

    private void Put(KeyValue item, List<SyncUpdate> updates)
    {
        if (_told.TryGetValue(item.Key, out KeyValue? before) && before.ModRevision == item.ModRevision) return;
        _told[item.Key] = item;
        updates.Add(new(item.Key, item, before));
    }
}
