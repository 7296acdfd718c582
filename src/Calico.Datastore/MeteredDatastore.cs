using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Datastore;

/// <summary>Counts, times and logs what is asked of a datastore: meter and activity source <c>Calico.Datastore</c>.</summary>
/// <param name="inner">The datastore; disposed with this.</param>
/// <param name="logger">Told of operations that fail, lost answers and lost races; null = nobody is.</param>
/// <remarks>Histogram <c>db.client.operation.duration</c> (s) with <c>db.operation.name</c> and, after trouble, <c>error.type</c>;
/// counter <c>calico.datastore.commits</c> with <c>outcome</c>; counter <c>calico.datastore.watch.events</c>.</remarks>
public sealed class MeteredDatastore(IDatastore inner, ILogger<MeteredDatastore>? logger = null) : IDatastore
{
    private readonly ILogger _log = logger ?? (ILogger)NullLogger.Instance;

    /// <summary>The name of the meter and of the activity source.</summary>
    public const string InstrumentationName = "Calico.Datastore";

    private static readonly ActivitySource Source = new(InstrumentationName);
    private static readonly Meter Meter = new(InstrumentationName);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("db.client.operation.duration", "s", "Time of one operation of the datastore.");
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>("calico.datastore.commits", "{commit}", "Commits by outcome.");
    private static readonly Counter<long> Events = Meter.CreateCounter<long>("calico.datastore.watch.events", "{event}", "Changes told to watches.");

    /// <inheritdoc/>
    public int MaximumWrites => inner.MaximumWrites;

    /// <inheritdoc/>
    public bool CanBeAmbiguous => inner.CanBeAmbiguous;

    /// <inheritdoc/>
    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        MeasureAsync("get", inner.GetAsync(key, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default) =>
        MeasureAsync("list", inner.ListAsync(prefix, keysOnly, cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default)
    {
        CommitResult result = await MeasureAsync("commit", inner.CommitAsync(transaction, cancellationToken)).ConfigureAwait(false);
        Commits.Add(1, new KeyValuePair<string, object?>("outcome", Name(result.Outcome)));
        if (!result.Committed) Tell(transaction, result);
        return result;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (WatchBatch batch in inner.WatchAsync(prefix, afterRevision, cancellationToken).ConfigureAwait(false))
        {
            Events.Add(batch.Events.Count);
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        MeasureAsync("grant_lease", inner.GrantLeaseAsync(timeToLive, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default) =>
        MeasureAsync("renew_lease", inner.RenewLeaseAsync(lease, cancellationToken));

    /// <inheritdoc/>
    public ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default) => inner.RevokeLeaseAsync(lease, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) => inner.CompactAsync(revision, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static string Name(CommitOutcome outcome) => outcome switch
    {
        CommitOutcome.Committed => "committed",
        CommitOutcome.Conflict => "conflict",
        _ => "ambiguous",
    };

    private void Tell(Transaction transaction, CommitResult result)
    {
        string key = transaction.Writes.Count > 0 ? transaction.Writes[0].Key : transaction.Conditions[0].Key;
        if (result.Outcome == CommitOutcome.Ambiguous) DatastoreLog.Ambiguous(_log, transaction.Writes.Count, key, result.Reason);
        else DatastoreLog.Conflict(_log, transaction.Writes.Count, key);
    }

    private async ValueTask<T> MeasureAsync<T>(string operation, ValueTask<T> work)
    {
        if (!Duration.Enabled && !Source.HasListeners() && !_log.IsEnabled(LogLevel.Warning)) return await work.ConfigureAwait(false);
        using Activity? activity = Source.StartActivity($"datastore {operation}", ActivityKind.Client);
        long started = Stopwatch.GetTimestamp();
        TagList tags = new() { { "db.operation.name", operation } };
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            string type = error is DatastoreException { Error: DatastoreError kind } ? Enum.GetName(kind) ?? "" : error.GetType().Name;
            tags.Add("error.type", type);
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            if (error is DatastoreException) DatastoreLog.Failed(_log, operation, error.Message);
            throw;
        }
        finally
        {
            Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }
}
