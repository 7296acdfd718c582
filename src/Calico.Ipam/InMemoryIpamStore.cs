namespace Calico.Ipam;

/// <summary>A store in this process's memory: for tests, single-node agents and trying things out. Every member is safe to call from any thread.</summary>
public sealed class InMemoryIpamStore : IIpamStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private long _revision;

    /// <summary>An empty store.</summary>
    /// <param name="maxWritesPerCommit">1 makes it a store without transactions over several keys.</param>
    public InMemoryIpamStore(int maxWritesPerCommit = 128)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWritesPerCommit, 1);
        MaxWritesPerCommit = maxWritesPerCommit;
    }

    /// <inheritdoc/>
    public int MaxWritesPerCommit { get; }

    /// <inheritdoc/>
    public bool CanBeAmbiguous => false;

    /// <summary>How many keys there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Writes without comparing, for setting up pools and nodes.</summary>
    /// <param name="key">The whole key.</param>
    /// <param name="value">The value; copied.</param>
    /// <returns>The key's new revision.</returns>
    public long Put(string key, ReadOnlySpan<byte> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        byte[] copy = value.ToArray();
        lock (_gate)
        {
            Set(key, copy, ++_revision);
            return _revision;
        }
    }

    /// <summary>Deletes without comparing.</summary>
    /// <param name="key">The whole key.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string key)
    {
        lock (_gate)
        {
            _revision++;
            _keys.Remove(key);
            return _entries.Remove(key);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate) return new(_entries.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<StoreEntry> found = [];
        lock (_gate)
        {
            foreach (string key in _keys.GetViewBetween(prefix, prefix + char.MaxValue))
            {
                StoreEntry entry = _entries[key];
                found.Add(keysOnly ? entry with { Value = default } : entry);
            }
        }

        return new(found);
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (writes.Length < 1 || writes.Length > MaxWritesPerCommit)
            throw new ArgumentException($"A commit takes 1 to {MaxWritesPerCommit} writes, not {writes.Length}.", nameof(writes));
        lock (_gate)
        {
            foreach (ref readonly StoreWrite write in writes.Span)
            {
                if ((_entries.TryGetValue(write.Key, out StoreEntry? now) ? now.Revision : 0) != write.ExpectedRevision)
                    return new(CommitResult.Conflict);
            }

            _revision++;
            foreach (ref readonly StoreWrite write in writes.Span)
            {
                if (write.Value is { } value)
                {
                    Set(write.Key, value, _revision);
                    continue;
                }

                _entries.Remove(write.Key);
                _keys.Remove(write.Key);
            }

            return new(CommitResult.Done(_revision));
        }
    }

    private void Set(string key, ReadOnlyMemory<byte> value, long revision)
    {
        if (!_entries.ContainsKey(key)) _keys.Add(key);
        _entries[key] = new StoreEntry(key, value, revision);
    }
}
