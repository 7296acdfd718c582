using System.Runtime.CompilerServices;

namespace Calico.Datastore;

/// <summary>A list of objects and the revision it is of.</summary>
/// <param name="Items">In the order of their keys.</param>
/// <param name="Revision">A watch from here misses nothing.</param>
/// <param name="Unreadable">Values that are no objects of their kind; they are left out.</param>
public sealed record ResourceList(IReadOnlyList<Resource> Items, long Revision, IReadOnlyList<ResourceException> Unreadable);

/// <summary>What an apply did.</summary>
public enum ApplyOutcome
{
    /// <summary>The object was new.</summary>
    Created,

    /// <summary>It was there and is different now.</summary>
    Updated,

    /// <summary>It was there just so; nothing was written.</summary>
    Unchanged,
}

/// <summary>One change of an object.</summary>
/// <param name="Key">The object.</param>
/// <param name="Resource">As it is now; null when it was deleted or cannot be read.</param>
/// <param name="Previous">As it was; null when it was new or history has it no more.</param>
/// <param name="Error">Why it cannot be read, else null.</param>
/// <param name="Revision">The revision of the change.</param>
public sealed record ResourceEvent(ResourceKey Key, Resource? Resource, Resource? Previous, ResourceException? Error, long Revision);

/// <summary>Objects in a datastore: create, update, apply, delete, with Calico's keys and JSON and with conflicts where two write at once.</summary>
/// <param name="store">Where they are kept; not disposed with this.</param>
/// <param name="rules">Defaults and validation; null = <see cref="ResourceRules.Standard"/>.</param>
/// <param name="timeProvider">The clock of creation timestamps; null = the system's.</param>
/// <remarks>No object given in is changed; what is returned is a copy as stored, with its resourceVersion.</remarks>
public sealed class ResourceStore(IDatastore store, IReadOnlyList<IResourceRule>? rules = null, TimeProvider? timeProvider = null)
{
    private const int Tries = 20;

    private readonly IReadOnlyList<IResourceRule> _rules = rules ?? ResourceRules.Standard;
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>The store underneath.</summary>
    public IDatastore Datastore => store;

    /// <summary>Reads one object; null when it does not exist.</summary>
    /// <exception cref="ResourceException">It is there but cannot be read.</exception>
    public async ValueTask<Resource?> GetAsync(ResourceKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        KeyValue? item = await store.GetAsync(key.StoreKey, cancellationToken).ConfigureAwait(false);
        return item is null ? null : Resource.FromStore(item);
    }

    /// <summary>Reads all objects of a kind, of one namespace or of all.</summary>
    public async ValueTask<ResourceList> ListAsync(ResourceKind kind, string? inNamespace = null, CancellationToken cancellationToken = default)
    {
        KeyValueList list = await store.ListAsync(Prefix(kind, inNamespace), cancellationToken: cancellationToken).ConfigureAwait(false);
        List<Resource> items = new(list.Items.Count);
        List<ResourceException> unreadable = [];
        foreach (KeyValue item in list.Items)
        {
            if (!ResourceKey.TryParse(item.Key, out _)) continue;
            try
            {
                items.Add(Resource.FromStore(item));
            }
            catch (ResourceException error)
            {
                unreadable.Add(error);
            }
        }

        return new(items, list.Revision, unreadable);
    }

    /// <summary>Writes a new object with uid and creation time.</summary>
    /// <exception cref="ResourceException">It exists, has a resourceVersion, or breaks a rule.</exception>
    public async ValueTask<Resource> CreateAsync(Resource resource, CancellationToken cancellationToken = default)
    {
        Resource created = Prepare(resource);
        if (created.Metadata["resourceVersion"] is not null && created.Revision != 0)
            throw ResourceException.Invalid(created.Key, "metadata.resourceVersion", "must not be set for a create");
        Stamp(created);
        await CheckChangeAsync(null, created, cancellationToken).ConfigureAwait(false);
        return await CreateStampedAsync(created, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Replaces an object that is still as its resourceVersion says.</summary>
    /// <remarks>uid and creation time are kept from what is stored where they are left out.</remarks>
    /// <exception cref="ResourceException">It does not exist, has changed, lacks a resourceVersion, or breaks a rule.</exception>
    public async ValueTask<Resource> UpdateAsync(Resource resource, CancellationToken cancellationToken = default)
    {
        Resource updated = Prepare(resource);
        if (updated.Revision == 0) throw ResourceException.Invalid(updated.Key, "metadata.resourceVersion", "must be set for an update");
        Resource current = await GetAsync(updated.Key, cancellationToken).ConfigureAwait(false) ?? throw new ResourceException(ResourceError.NotFound, updated.Key, []);
        if (current.Revision != updated.Revision) throw new ResourceException(ResourceError.Conflict, updated.Key, [], current);
        Inherit(updated, current);
        await CheckChangeAsync(current, updated, cancellationToken).ConfigureAwait(false);
        return await SwapAsync(updated, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the object be as given, new or not. With a resourceVersion it must still be at it; without, the last writer wins.</summary>
    /// <returns>The object as stored, and what had to be done. A status that is left out is kept.</returns>
    /// <exception cref="ResourceException">It has changed since its resourceVersion, or breaks a rule.</exception>
    public async ValueTask<(Resource Resource, ApplyOutcome Outcome)> ApplyAsync(Resource resource, CancellationToken cancellationToken = default)
    {
        Resource wanted = Prepare(resource);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Resource? current = await GetAsync(wanted.Key, cancellationToken).ConfigureAwait(false);
                if (current is null)
                {
                    if (wanted.Revision != 0) throw new ResourceException(ResourceError.NotFound, wanted.Key, []);
                    Resource fresh = wanted.Clone();
                    Stamp(fresh);
                    await CheckChangeAsync(null, fresh, cancellationToken).ConfigureAwait(false);
                    return (await CreateStampedAsync(fresh, cancellationToken).ConfigureAwait(false), ApplyOutcome.Created);
                }

                if (wanted.Revision != 0 && wanted.Revision != current.Revision)
                    throw new ResourceException(ResourceError.Conflict, wanted.Key, [], current);
                Resource next = wanted.Clone();
                Inherit(next, current);
                next.Revision = current.Revision;
                if (System.Text.Json.Nodes.JsonNode.DeepEquals(next.Json, current.Json)) return (current, ApplyOutcome.Unchanged);
                await CheckChangeAsync(current, next, cancellationToken).ConfigureAwait(false);
                return (await SwapAsync(next, cancellationToken).ConfigureAwait(false), ApplyOutcome.Updated);
            }
            catch (ResourceException error) when (wanted.Revision == 0 && attempt < Tries && error.Error is ResourceError.Conflict or ResourceError.AlreadyExists or ResourceError.NotFound)
            {
                // Somebody wrote in between: look again.
            }
        }
    }

    /// <summary>Reads, lets <paramref name="change"/> edit a copy, writes, and again while others write in between.</summary>
    /// <exception cref="ResourceException">It does not exist, or breaks a rule.</exception>
    public async ValueTask<Resource> ModifyAsync(ResourceKey key, Action<Resource> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        for (int attempt = 1; ; attempt++)
        {
            Resource current = await GetAsync(key, cancellationToken).ConfigureAwait(false) ?? throw new ResourceException(ResourceError.NotFound, key, []);
            Resource next = current.Clone();
            change(next);
            next.Revision = current.Revision;
            if (System.Text.Json.Nodes.JsonNode.DeepEquals(next.Json, current.Json)) return current;
            try
            {
                next = Prepare(next);
                await CheckChangeAsync(current, next, cancellationToken).ConfigureAwait(false);
                return await SwapAsync(next, cancellationToken).ConfigureAwait(false);
            }
            catch (ResourceException error) when (error.Error == ResourceError.Conflict && attempt < Tries)
            {
            }
        }
    }

    /// <summary>Deletes an object; with a revision only if it is still at it.</summary>
    /// <returns>What was deleted.</returns>
    /// <exception cref="ResourceException">It does not exist, or has changed since <paramref name="revision"/>.</exception>
    public async ValueTask<Resource> DeleteAsync(ResourceKey key, long revision = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        for (int attempt = 1; ; attempt++)
        {
            KeyValue current = await store.GetAsync(key.StoreKey, cancellationToken).ConfigureAwait(false) ?? throw new ResourceException(ResourceError.NotFound, key, []);
            Resource deleted = StoredForm.ReadLeniently(current, key);
            if (revision != 0 && current.ModRevision != revision) throw new ResourceException(ResourceError.Conflict, key, [], deleted);
            await CheckChangeAsync(deleted, null, cancellationToken).ConfigureAwait(false);
            CommitResult result = await store.CompareAndDeleteAsync(key.StoreKey, current.ModRevision, cancellationToken).ConfigureAwait(false);
            if (result.Committed) return deleted;
            if (result.Outcome == CommitOutcome.Ambiguous &&
                await store.GetAsync(key.StoreKey, cancellationToken).ConfigureAwait(false) is not { } left)
                return deleted;
            if (attempt == Tries) throw new DatastoreException(DatastoreError.Unavailable, $"{key} could not be deleted in {Tries} tries.");
        }
    }

    /// <summary>Every change of objects of a kind after a revision.</summary>
    /// <exception cref="DatastoreException">As <see cref="IDatastore.WatchAsync"/>.</exception>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, long afterRevision, string? inNamespace = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (WatchBatch batch in store.WatchAsync(Prefix(kind, inNamespace), afterRevision, cancellationToken).ConfigureAwait(false))
        {
            foreach (DatastoreEvent change in batch.Events)
            {
                if (!ResourceKey.TryParse(change.Item.Key, out ResourceKey? key)) continue;
                (Resource? now, ResourceException? error) = change.IsDelete ? (null, null) : TryRead(change.Item);
                Resource? before = change.Previous is null ? null : TryRead(change.Previous).Resource;
                yield return new(key, now, before, error, change.Item.ModRevision);
            }
        }
    }

    /// <summary>Every rule the object breaks, after defaults; empty when it may be stored.</summary>
    public IReadOnlyList<ResourceProblem> Validate(Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource copy = resource.Clone();
        List<ResourceProblem> problems = [];
        foreach (IResourceRule rule in _rules) rule.Default(copy);
        foreach (IResourceRule rule in _rules) rule.Validate(copy, problems);
        return problems;
    }

    private static (Resource? Resource, ResourceException? Error) TryRead(KeyValue item)
    {
        try
        {
            return (Resource.FromStore(item), null);
        }
        catch (ResourceException error)
        {
            return (null, error);
        }
    }

    private static string Prefix(ResourceKind kind, string? inNamespace)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return kind.IsNamespaced && !string.IsNullOrEmpty(inNamespace) ? $"{kind.KeyPrefix}{inNamespace}/" : kind.KeyPrefix;
    }

    private Resource Prepare(Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource copy = resource.Clone();
        if (copy.Kind.IsNamespaced && copy.Namespace.Length == 0)
            throw ResourceException.Invalid(copy.Key, "metadata.namespace", "is missing");
        List<ResourceProblem> problems = [];
        foreach (IResourceRule rule in _rules) rule.Default(copy);
        foreach (IResourceRule rule in _rules) rule.Validate(copy, problems);
        if (problems.Count > 0) throw new ResourceException(ResourceError.Invalid, copy.Key, problems);
        return copy;
    }

    private async ValueTask CheckChangeAsync(Resource? before, Resource? after, CancellationToken cancellationToken)
    {
        List<ResourceProblem> problems = [];
        foreach (IResourceRule rule in _rules) await rule.ValidateChangeAsync(this, before, after, problems, cancellationToken).ConfigureAwait(false);
        if (problems.Count > 0) throw new ResourceException(ResourceError.Invalid, (after ?? before)!.Key, problems);
    }

    private void Stamp(Resource resource)
    {
        if (resource.Uid.Length == 0) resource.Metadata["uid"] = Guid.NewGuid().ToString();
        if (resource.Metadata["creationTimestamp"] is null)
            resource.Metadata["creationTimestamp"] = _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>What an update never changes, and the status, which belongs to controllers.</summary>
    private static void Inherit(Resource next, Resource current)
    {
        foreach (string field in (string[])["uid", "creationTimestamp"])
        {
            if (current.Metadata[field] is { } kept) next.Metadata[field] = kept.DeepClone();
        }

        if (next.Json["status"] is null && current.Json["status"] is { } status) next.Json["status"] = status.DeepClone();
    }

    private async ValueTask<Resource> CreateStampedAsync(Resource created, CancellationToken cancellationToken)
    {
        string key = created.Key.StoreKey;
        byte[] value = StoredForm.Write(created);
        for (int attempt = 1; ; attempt++)
        {
            CommitResult result = await store.CreateAsync(key, value, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (result.Committed)
            {
                created.Revision = result.Revision;
                return created;
            }

            // The uid tells our own write whose answer was lost from somebody else's object.
            if (result.Outcome == CommitOutcome.Conflict)
            {
                Resource current = Resource.FromStore(result.Current[0]!);
                if (attempt > 1 && current.Uid == created.Uid) return current;
                throw new ResourceException(ResourceError.AlreadyExists, created.Key, [], current);
            }

            if (attempt == Tries) throw new DatastoreException(DatastoreError.Unavailable, $"{created.Key}: {result.Reason}");
        }
    }

    private async ValueTask<Resource> SwapAsync(Resource updated, CancellationToken cancellationToken)
    {
        string key = updated.Key.StoreKey;
        byte[] value = StoredForm.Write(updated);
        for (int attempt = 1; ; attempt++)
        {
            CommitResult result = await store.CompareAndSwapAsync(key, updated.Revision, value, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (result.Committed)
            {
                updated.Revision = result.Revision;
                return updated;
            }

            if (result.Outcome == CommitOutcome.Conflict)
            {
                KeyValue? current = result.Current[0];
                if (current is null) throw new ResourceException(ResourceError.NotFound, updated.Key, []);
                if (attempt > 1 && current.Value.Span.SequenceEqual(value)) return Resource.FromStore(current);
                throw new ResourceException(ResourceError.Conflict, updated.Key, [], Resource.FromStore(current));
            }

            if (attempt == Tries) throw new DatastoreException(DatastoreError.Unavailable, $"{updated.Key}: {result.Reason}");
        }
    }
}
