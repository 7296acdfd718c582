namespace Calico.Datastore;

/// <summary>One change of one key.</summary>
/// <param name="Item">Put: the new value. Delete: the key with an empty value and the revision of the deletion.</param>
/// <param name="Previous">The value before: null when the key was created, or when history no longer has it.</param>
/// <param name="IsDelete">True when the key was deleted.</param>
public readonly record struct DatastoreEvent(KeyValue Item, KeyValue? Previous, bool IsDelete)
{
    /// <summary>True when the key did not exist before.</summary>
    public bool IsCreate => !IsDelete && Item.CreateRevision == Item.ModRevision;
}

/// <summary>Changes in order; a commit's events are never split over two batches.</summary>
/// <param name="Events">The changes; empty = nothing under the prefix changed up to <paramref name="Revision"/>.</param>
/// <param name="Revision">Everything up to this revision has been told: a later watch goes on after it.</param>
public readonly record struct WatchBatch(IReadOnlyList<DatastoreEvent> Events, long Revision);
