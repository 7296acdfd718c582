namespace Calico.Datastore.Sqlite;

/// <summary>How <see cref="SqliteDatastore"/> uses its file.</summary>
public sealed class SqliteDatastoreOptions
{
    /// <summary>The database file; it is made when it does not exist, its folder is not. Next to it SQLite keeps <c>-wal</c> and <c>-shm</c> files.</summary>
    public string Path { get; set; } = "";

    /// <summary>How long a commit waits while other processes hold the write lock before it fails with <see cref="DatastoreError.Locked"/>.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many of the newest revisions' changes are kept for watches that begin in the past; at least 1,000.</summary>
    public int HistoryRevisions { get; set; } = 50_000;

    /// <summary>The bytes the data may take; beyond, history is forgotten, then commits that write values fail with <see cref="DatastoreError.Full"/>. 0 = no limit but the disk's.</summary>
    public long MaximumSize { get; set; }

    /// <summary>How often the file is looked at for changes by other processes while changes are coming in.</summary>
    /// <remarks>After a second without any the interval is five times as long. A look costs some microseconds.</remarks>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The clock of the leases. All processes on the file share the machine's wall clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Path);
        ArgumentOutOfRangeException.ThrowIfLessThan(LockTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(HistoryRevisions, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(MaximumSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(WatchInterval, TimeSpan.FromMilliseconds(1));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
