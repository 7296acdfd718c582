using Calico.Ipam;

namespace Quickstart;

internal sealed class MyStore : IIpamStore
{
    private readonly SortedDictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private long _revision;

    public int MaxWritesPerCommit => 1;
    public bool CanBeAmbiguous => false;

    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        lock (_entries) return new(_entries.GetValueOrDefault(key));
    }

    public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
    {
        lock (_entries) return new([.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]);
    }

    public ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
    {
        StoreWrite write = writes.Span[0];
        lock (_entries)
        {
            if ((_entries.GetValueOrDefault(write.Key)?.Revision ?? 0) != write.ExpectedRevision) return new(CommitResult.Conflict);
            if (write.Value is { } value) _entries[write.Key] = new StoreEntry(write.Key, value, ++_revision);
            else _entries.Remove(write.Key);
            return new(CommitResult.Done(_revision));
        }
    }
}
