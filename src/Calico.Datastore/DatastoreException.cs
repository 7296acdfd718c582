namespace Calico.Datastore;

/// <summary>Why a datastore could not answer.</summary>
public enum DatastoreError
{
    /// <summary>It cannot be reached or opened, or did not answer in time.</summary>
    Unavailable,

    /// <summary>The history asked for has been compacted: list again.</summary>
    Compacted,

    /// <summary>Another process holds the store's lock for too long.</summary>
    Locked,

    /// <summary>No space is left on the disk or in the store's quota. Nothing of the commit was written.</summary>
    Full,

    /// <summary>The store may not be written.</summary>
    ReadOnly,

    /// <summary>The store's data is damaged, or is not a datastore of ours.</summary>
    Corrupt,

    /// <summary>User, password or certificate were refused.</summary>
    Unauthenticated,

    /// <summary>The user may not do this.</summary>
    PermissionDenied,

    /// <summary>The lease that a write names does not exist (any more).</summary>
    LeaseNotFound,

    /// <summary>The store refuses the request itself, for example a value over its size limit.</summary>
    Rejected,
}

/// <summary>The datastore could not answer; <see cref="Error"/> says why in a form programs can use.</summary>
public sealed class DatastoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    public DatastoreException(DatastoreError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public DatastoreError Error { get; }

    /// <summary>With <see cref="DatastoreError.Compacted"/>: the oldest revision whose changes the store still has, else 0.</summary>
    public long CompactRevision { get; init; }

    /// <summary>The history after <paramref name="afterRevision"/> is gone.</summary>
    public static DatastoreException Compacted(long afterRevision, long compactRevision) =>
        new(DatastoreError.Compacted, $"The changes after revision {afterRevision} are gone: history begins after revision {compactRevision}.") { CompactRevision = compactRevision };
}
