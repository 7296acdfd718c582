using System.Runtime.CompilerServices;
using Calico.Datastore.Memory;

namespace Calico.Datastore;

/// <summary>The datastore in this process's memory: for tests, single programs, and as the meaning the other stores are checked against.</summary>
public sealed class MemoryDatastore : IDatastore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, KeyValue> _values = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private readonly ChangeSignal _changed = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly History _history;
    private readonly Leases _leases;
    private long _revision = 1;

    /// <summary>Makes an empty store.</summary>
    /// <param name="timeProvider">The clock of the leases; null = the system's.</param>
    /// <param name="historyCapacity">How many changes are kept for watches that begin in the past.</param>
    public MemoryDatastore(TimeProvider? timeProvider = null, int historyCapacity = 100_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(historyCapacity, 1);
        _history = new History(historyCapacity);
        _leases = new Leases(timeProvider ?? TimeProvider.System, Expire);
    }

    /// <inheritdoc/>
    public int MaximumWrites => int.MaxValue;

    /// <inheritdoc/>
    public bool CanBeAmbiguous => false;

    /// <inheritdoc/>
    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock) return new(_values.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public ValueTask<KeyValueList> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        List<KeyValue> items = [];
        lock (_lock)
        {
            foreach (string key in prefix.Length == 0 ? _keys : _keys.GetViewBetween(prefix, prefix + char.MaxValue))
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal)) continue;
                KeyValue item = _values[key];
                items.Add(keysOnly ? new(key, default, item.CreateRevision, item.ModRevision, item.Lease) : item);
            }

            return new(new KeyValueList(items, _revision));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (!Holds(transaction.Conditions))
                return new(CommitResult.Conflicted(_revision, [.. transaction.Conditions.Select(c => _values.GetValueOrDefault(c.Key))]));
            foreach (Write write in transaction.Writes)
            {
                if (write.Lease != 0 && !_leases.Exists(write.Lease))
                    throw new DatastoreException(DatastoreError.LeaseNotFound, $"{write.Key}: lease {write.Lease} does not exist.");
            }

            Apply(transaction.Writes);
            return new(CommitResult.Success(_revision));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(afterRevision);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        while (true)
        {
            end.Token.ThrowIfCancellationRequested();
            Task next = _changed.Next;
            WatchBatch batch;
            lock (_lock)
            {
                if (afterRevision < _history.CompactRevision) throw DatastoreException.Compacted(afterRevision, _history.CompactRevision);
                batch = new(_history.After(afterRevision, prefix), Math.Max(_revision, afterRevision));
            }

            if (batch.Events.Count > 0) yield return batch;
            afterRevision = batch.Revision;
            await next.WaitAsync(end.Token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock) return new(_leases.Grant(timeToLive));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewLeaseAsync(long lease, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock) return new(_leases.Renew(lease));
    }

    /// <inheritdoc/>
    public ValueTask RevokeLeaseAsync(long lease, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock) DeleteKeysOf(lease);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, _revision);
            _history.Compact(revision);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends all watches and timers.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock) _leases.Dispose();
        _disposed.Cancel();
        return ValueTask.CompletedTask;
    }

    private bool Holds(IReadOnlyList<Condition> conditions)
    {
        foreach (Condition condition in conditions)
        {
            if ((_values.GetValueOrDefault(condition.Key)?.ModRevision ?? 0) != condition.ModRevision) return false;
        }

        return true;
    }

    private void Apply(IReadOnlyList<Write> writes)
    {
        long next = _revision + 1;
        bool changed = false;
        foreach (Write write in writes)
        {
            KeyValue? before = _values.GetValueOrDefault(write.Key);
            if (write.IsDelete && before is null) continue;
            if (before is not null) _leases.Detach(before.Lease, write.Key);
            if (write.Value is { } value)
            {
                KeyValue after = new(write.Key, value.ToArray(), before?.CreateRevision ?? next, next, write.Lease);
                _values[write.Key] = after;
                _keys.Add(write.Key);
                _leases.Attach(write.Lease, write.Key);
                _history.Add(new(after, before, IsDelete: false));
            }
            else
            {
                _values.Remove(write.Key);
                _keys.Remove(write.Key);
                _history.Add(new(new(write.Key, default, 0, next), before, IsDelete: true));
            }

            changed = true;
        }

        if (!changed) return;
        _revision = next;
        _changed.Pulse();
    }

    private void Expire(long lease)
    {
        lock (_lock)
        {
            if (_leases.IsOver(lease)) DeleteKeysOf(lease);
        }
    }

    private void DeleteKeysOf(long lease) => Apply([.. _leases.Remove(lease).Select(key => new Write(key, null))]);
}
