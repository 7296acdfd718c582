using System.Runtime.CompilerServices;
using Calico.Datastore.Sqlite.Storage;

namespace Calico.Datastore.Sqlite;

/// <summary>
/// The datastore in one SQLite file that several processes of one machine share. A commit is on the disk when it returns (WAL, <c>synchronous=FULL</c>);
/// a process may be killed at any moment. Watches see the commits of every process, others' within tens of milliseconds.
/// </summary>
/// <remarks>
/// Commits that are under way at the same time are written together, each with its own revision and outcome.
/// The file must not lie on a network file system, where SQLite's locks do not hold.
/// </remarks>
public sealed class SqliteDatastore : IDatastore
{
    /// <summary>Changes read for one batch of a watch.</summary>
    private const int WatchLimit = 1024;
    private const int CompactEvery = 1024;

    private readonly SqliteDatastoreOptions _options;
    private readonly ReaderPool _readers;
    private readonly Writer _writer;
    private readonly ChangeMonitor _monitor;
    private long _compactAt;

    /// <summary>Opens the file, and makes it when it does not exist.</summary>
    /// <exception cref="DatastoreException">It cannot be opened, is damaged, or is not a datastore.</exception>
    public SqliteDatastore(SqliteDatastoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _readers = new(options);
        _writer = new(options, () => _monitor!.Pulse());
        _monitor = new(options, _readers, () => _writer.RunAsync(Do(session => session.RevokeExpired()), CancellationToken.None));
        _readers.Open();
        _monitor.Start();
    }

    /// <summary>Opens the file at <paramref name="path"/>, and makes it when it does not exist.</summary>
    /// <exception cref="DatastoreException">It cannot be opened, is damaged, or is not a datastore.</exception>
    public SqliteDatastore(string path)
        : this(new SqliteDatastoreOptions { Path = path })
    {
    }

    /// <inheritdoc/>
    public int MaximumWrites => Schema.MaximumWrites;

    /// <summary>True: where the disk fails in the middle of a commit, only the file can tell later whether it is there.</summary>
    public bool CanBeAmbiguous => true;

    /// <inheritdoc/>
    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_readers.Read(session => session.Get(key)));
    }

    /// <inheritdoc/>
    public ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_readers.Read(session => session.List(prefix, keysOnly)));
    }

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Writes.Count > Schema.MaximumWrites)
            throw new ArgumentException($"A transaction may write {Schema.MaximumWrites} keys, not {transaction.Writes.Count}.", nameof(transaction));
        CommitResult result = await _writer.RunAsync(session => session.Commit(transaction), cancellationToken).ConfigureAwait(false);
        if (result.Committed) ForgetOldHistory(result.Revision);
        return result;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(afterRevision);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _monitor.Stopped);
        _monitor.WatchBegins();
        try
        {
            while (true)
            {
                end.Token.ThrowIfCancellationRequested();
                Task next = _monitor.Next;
                WatchBatch batch = _readers.Read(session => session.Changes(prefix, afterRevision, WatchLimit));
                bool more = batch.Revision == afterRevision + WatchLimit;
                afterRevision = batch.Revision;
                if (batch.Events.Count > 0) yield return batch;
                if (!more) await next.WaitAsync(end.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _monitor.WatchEnds();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        return await _writer.RunAsync(session => session.Grant(timeToLive), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default) =>
        await _writer.RunAsync(session => session.Renew(lease), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default) =>
        await _writer.RunAsync(Do(session => session.Revoke(lease)), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) =>
        await _writer.RunAsync(Do(session => session.Compact(revision)), cancellationToken).ConfigureAwait(false);

    /// <summary>Finishes what was queued, ends all watches, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync().ConfigureAwait(false);
        _writer.Dispose();
        _readers.Dispose();
    }

    private static Func<WriteSession, bool> Do(Action<WriteSession> work) => session =>
    {
        work(session);
        return true;
    };

    private void ForgetOldHistory(long revision)
    {
        long due = Interlocked.Read(ref _compactAt);
        if (revision < due || Interlocked.CompareExchange(ref _compactAt, revision + Math.Max(CompactEvery, _options.HistoryRevisions / 4), due) != due) return;
        if (revision > _options.HistoryRevisions)
            _ = CompactQuietlyAsync(revision - _options.HistoryRevisions);
    }

    private async Task CompactQuietlyAsync(long revision)
    {
        try
        {
            await CompactAsync(revision).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DatastoreException or ObjectDisposedException)
        {
            // Tried again some commits later; the history is only longer meanwhile.
        }
    }
}
