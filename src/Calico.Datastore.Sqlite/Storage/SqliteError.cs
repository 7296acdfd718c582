using SQLitePCL;

namespace Calico.Datastore.Sqlite.Storage;

/// <summary>A result code of SQLite that is not success.</summary>
internal sealed class SqliteError(int code, string message) : Exception(message)
{
    public int Code { get; } = code & 0xff;

    public bool IsBusy => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>True when a commit that failed this way may still be found after a crash: its frames may have reached the disk.</summary>
    public bool IsAmbiguousAtCommit => Code == raw.SQLITE_IOERR;

    public DatastoreException ToDatastoreException(string path) => Code switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => New(DatastoreError.Locked, path, "is locked by another process"),
        raw.SQLITE_FULL => New(DatastoreError.Full, path, "cannot grow: the disk or the size limit is full; nothing was written"),
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => New(DatastoreError.ReadOnly, path, "cannot be written"),
        raw.SQLITE_CORRUPT => New(DatastoreError.Corrupt, path, "is damaged"),
        raw.SQLITE_NOTADB => New(DatastoreError.Corrupt, path, "is not an SQLite database"),
        raw.SQLITE_CANTOPEN => New(DatastoreError.Unavailable, path, "cannot be opened"),
        raw.SQLITE_TOOBIG => New(DatastoreError.Rejected, path, "cannot hold a value of that size"),
        _ => New(DatastoreError.Unavailable, path, "failed"),
    };

    private DatastoreException New(DatastoreError error, string path, string what) =>
        new(error, $"The datastore {path} {what} (SQLite: {Message}, code {Code}).", this);
}
