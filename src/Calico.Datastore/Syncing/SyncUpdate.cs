namespace Calico.Datastore;

/// <summary>How far a <see cref="Syncer"/> is.</summary>
public enum SyncStatus
{
    /// <summary>The datastore has not answered yet.</summary>
    WaitForDatastore,

    /// <summary>The present content is being told.</summary>
    ResyncInProgress,

    /// <summary>All of it has been told; from now on there are only changes.</summary>
    InSync,
}

/// <summary>One key that became new, different or gone, compared with what was told before.</summary>
/// <param name="Key">The key.</param>
/// <param name="Item">The value now; null = deleted.</param>
/// <param name="Previous">The value told before; null = new.</param>
public readonly record struct SyncUpdate(string Key, KeyValue? Item, KeyValue? Previous)
{
    /// <summary>The object's name, where the key is one of a known kind.</summary>
    public ResourceKey? ResourceKey => Calico.Datastore.ResourceKey.TryParse(Key, out ResourceKey? key) ? key : null;

    /// <summary>The object now; null when deleted.</summary>
    /// <exception cref="ResourceException">The value is no object of its kind.</exception>
    public Resource? ReadResource() => Item is null ? null : Resource.FromStore(Item);
}

/// <summary>What a <see cref="Syncer"/> tells in one go.</summary>
/// <param name="Status">Where it is after these updates.</param>
/// <param name="Updates">Changes in order; may be empty when only the status changed.</param>
/// <param name="Problem">Why the datastore cannot be followed just now; null = it can.</param>
public readonly record struct SyncBatch(SyncStatus Status, IReadOnlyList<SyncUpdate> Updates, DatastoreException? Problem = null);
