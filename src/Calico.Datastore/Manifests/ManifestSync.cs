using System.Runtime.CompilerServices;

namespace Calico.Datastore;

/// <summary>What one round of <see cref="ManifestSync"/> did.</summary>
/// <param name="Created">Objects that were new.</param>
/// <param name="Updated">Objects that were different.</param>
/// <param name="Deleted">Objects that left the folder.</param>
/// <param name="Problems">What is wrong with manifests, and what the store refused.</param>
public sealed record ManifestSyncReport(IReadOnlyList<ResourceKey> Created, IReadOnlyList<ResourceKey> Updated, IReadOnlyList<ResourceKey> Deleted, IReadOnlyList<ManifestProblem> Problems);

/// <summary>Makes a datastore hold what a folder of manifests says: applies what is new or different, deletes what it applied itself and that left the folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="resources">Where the objects go.</param>
public sealed class ManifestSync(ManifestFolder folder, ResourceStore resources)
{
    private readonly Dictionary<ResourceKey, ManifestObject> _applied = [];

    /// <summary>Runs one round.</summary>
    /// <exception cref="DatastoreException">The store does not answer; the next round does what is left.</exception>
    public ValueTask<ManifestSyncReport> RunOnceAsync(CancellationToken cancellationToken = default) => ApplyAsync(folder.Read(), cancellationToken);

    /// <summary>Runs a round now and after every change of the folder, until cancelled.</summary>
    /// <exception cref="DatastoreException">The store does not answer.</exception>
    public async IAsyncEnumerable<ManifestSyncReport> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ManifestSnapshot snapshot in folder.WatchAsync(cancellationToken).ConfigureAwait(false))
            yield return await ApplyAsync(snapshot, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ManifestSyncReport> ApplyAsync(ManifestSnapshot snapshot, CancellationToken cancellationToken)
    {
        List<ResourceKey> created = [], updated = [], deleted = [];
        List<ManifestProblem> problems = [.. snapshot.Problems];
        HashSet<ResourceKey> wanted = [.. snapshot.Objects.Select(o => o.Resource.Key)];
        foreach (ManifestObject found in snapshot.Objects.OrderBy(o => o.Resource.Kind == ResourceKinds.Namespace ? 0 : 1))
        {
            ResourceKey key = found.Resource.Key;
            if (_applied.TryGetValue(key, out ManifestObject? before) && ReferenceEquals(before, found)) continue;
            try
            {
                ApplyOutcome outcome = (await resources.ApplyAsync(found.Resource, cancellationToken).ConfigureAwait(false)).Outcome;
                _applied[key] = found;
                if (outcome == ApplyOutcome.Created) created.Add(key);
                else if (outcome == ApplyOutcome.Updated) updated.Add(key);
            }
            catch (ResourceException error)
            {
                problems.Add(new(found.File, found.Line, key.ToString(), "", error.Message));
            }
        }

        foreach (ResourceKey gone in _applied.Keys.Where(key => !wanted.Contains(key)).ToList())
        {
            try
            {
                await resources.DeleteAsync(gone, cancellationToken: cancellationToken).ConfigureAwait(false);
                deleted.Add(gone);
            }
            catch (ResourceException error) when (error.Error == ResourceError.NotFound)
            {
                // Somebody else was faster.
            }

            _applied.Remove(gone);
        }

        return new(created, updated, deleted, problems);
    }
}
