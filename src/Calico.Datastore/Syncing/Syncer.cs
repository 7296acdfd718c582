using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Calico.Datastore;

/// <summary>
/// Follows parts of a datastore for good: first everything that is there, then every change, through any trouble of the store. After a gap it reads all
/// again and tells the differences only, so a consumer never has to compare.
/// </summary>
/// <remarks>
/// Each prefix is followed on its own; order between keys of different prefixes is not promised. Statuses go from
/// <see cref="SyncStatus.WaitForDatastore"/> over <see cref="SyncStatus.ResyncInProgress"/> to <see cref="SyncStatus.InSync"/>, which is reached when all
/// prefixes have been read once, and stays. Later gaps show as batches with a <see cref="SyncBatch.Problem"/>; one without follows when all is known again.
/// </remarks>
/// <param name="store">The datastore.</param>
/// <param name="prefixes">What to follow: key prefixes that end with <c>/</c> and do not contain one another.</param>
/// <param name="timeProvider">The clock of the retries; null = the system's.</param>
public sealed class Syncer(IDatastore store, IReadOnlyList<string> prefixes, TimeProvider? timeProvider = null)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>Follows all objects of some kinds.</summary>
    public Syncer(IDatastore store, IReadOnlyList<ResourceKind> kinds, TimeProvider? timeProvider = null)
        : this(store, [.. kinds.Select(k => k.KeyPrefix)], timeProvider)
    {
    }

    /// <summary>Runs until cancelled. The reader's pace is the syncer's: nothing piles up unseen.</summary>
    public async IAsyncEnumerable<SyncBatch> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new(SyncStatus.WaitForDatastore, []);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<Told> told = Channel.CreateBounded<Told>(new BoundedChannelOptions(16) { SingleReader = true });
        Task[] followers = [.. prefixes.Select(prefix => Task.Run(() => FollowAsync(prefix, told.Writer, stop.Token), CancellationToken.None))];
        SyncStatus status = SyncStatus.WaitForDatastore;
        int missing = prefixes.Count;
        HashSet<string> behind = [];
        try
        {
            if (missing == 0) yield return new(SyncStatus.InSync, []);
            await foreach (Told next in told.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (next.Problem is not null)
                {
                    behind.Add(next.Prefix);
                    yield return new(status, [], next.Problem);
                    continue;
                }

                if (status == SyncStatus.WaitForDatastore)
                {
                    status = SyncStatus.ResyncInProgress;
                    yield return new(status, []);
                }

                bool healed = behind.Remove(next.Prefix) && behind.Count == 0;
                if (next.IsFirstRead && --missing == 0) status = SyncStatus.InSync;
                if (next.Updates.Count > 0 || healed || (next.IsFirstRead && missing == 0)) yield return new(status, next.Updates);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(followers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(string prefix, ChannelWriter<Told> told, CancellationToken cancellationToken)
    {
        SyncCache cache = new();
        bool first = true;
        TimeSpan retry = FirstRetry;
        while (true)
        {
            DatastoreException? problem = null;
            try
            {
                KeyValueList list = await store.ListAsync(prefix, cancellationToken: cancellationToken).ConfigureAwait(false);
                await told.WriteAsync(new(prefix, cache.Replace(list.Items), first, null), cancellationToken).ConfigureAwait(false);
                first = false;
                retry = FirstRetry;
                await foreach (WatchBatch batch in store.WatchAsync(prefix, list.Revision, cancellationToken).ConfigureAwait(false))
                {
                    List<SyncUpdate> updates = cache.Apply(batch.Events);
                    if (updates.Count > 0) await told.WriteAsync(new(prefix, updates, false, null), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (DatastoreException error)
            {
                if (error.Error != DatastoreError.Compacted) problem = error;
            }
            catch (OperationCanceledException)
            {
                if (cancellationToken.IsCancellationRequested) return;
                problem = new(DatastoreError.Unavailable, "The datastore was closed.");
            }
            catch (ObjectDisposedException error)
            {
                problem = new(DatastoreError.Unavailable, "The datastore was closed.", error);
            }

            try
            {
                if (problem is not null) await told.WriteAsync(new(prefix, [], false, problem), cancellationToken).ConfigureAwait(false);
                await Task.Delay(retry * (0.5 + Random.Shared.NextDouble()), _time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
        }
    }

    private readonly record struct Told(string Prefix, IReadOnlyList<SyncUpdate> Updates, bool IsFirstRead, DatastoreException? Problem);
}
