namespace Calico.Datastore.Sqlite.Storage;

/// <summary>
/// The tables. <c>version</c> is the log: one row per change, in order, with the value (for a deletion the value that was deleted). <c>head</c> points
/// from each living key to its newest version. A version that is neither a head nor younger than the compacted revision is forgotten.
/// </summary>
/// <remarks>A version's id is <c>revision × 65536 + position in its commit</c>, so appending and reading the log are both in row order, and the newest
/// row, which is never forgotten, tells the store's revision without a counter that every commit would have to write.</remarks>
internal static class Schema
{
    public const int PositionBits = 16;
    public const int MaximumWrites = 1 << PositionBits;
    private const int ApplicationId = 0x43_41_4c_49;
    private const int Version = 1;

    public static long FirstId(long revision) => revision << PositionBits;

    public static long Revision(long id) => id >> PositionBits;

    /// <summary>Opens a connection and makes sure that the file holds our tables.</summary>
    public static Database Open(SqliteDatastoreOptions options)
    {
        Database database = new(options.Path, options.LockTimeout);
        try
        {
            if (database.IsReadOnly) throw new DatastoreException(DatastoreError.ReadOnly, $"The datastore {options.Path} cannot be written: the file or its file system is read-only.");
            database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;");
            if (database.Scalar("PRAGMA user_version") != Version || database.Scalar("PRAGMA application_id") != ApplicationId)
                Create(database, options.Path);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static void Create(Database database, string path)
    {
        database.Execute("BEGIN IMMEDIATE");
        long version = database.Scalar("PRAGMA user_version");
        long application = database.Scalar("PRAGMA application_id");
        bool empty = database.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (version == Version && application == ApplicationId)
        {
            database.Execute("COMMIT");
            return;
        }

        if (application == ApplicationId && version > Version)
            throw new DatastoreException(DatastoreError.Corrupt, $"The datastore {path} was written by a newer release (format {version}, this one reads {Version}).");
        if (!empty)
            throw new DatastoreException(DatastoreError.Corrupt, $"{path} is an SQLite database of something else, not a datastore.");
        database.Execute($"""
            CREATE TABLE version (id INTEGER PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, previous INTEGER NOT NULL, deleted INTEGER NOT NULL, lease INTEGER NOT NULL, value BLOB NOT NULL);
            CREATE TABLE head (key TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, created INTEGER NOT NULL, lease INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX head_lease ON head (lease) WHERE lease <> 0;
            CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl INTEGER NOT NULL, expires INTEGER NOT NULL);
            CREATE TABLE compaction (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
            INSERT INTO compaction VALUES (1, 1);
            INSERT INTO version VALUES ({FirstId(1)}, '', 1, 0, 1, 0, x'');
            PRAGMA application_id={ApplicationId};
            PRAGMA user_version={Version};
            COMMIT;
            """);
    }
}
