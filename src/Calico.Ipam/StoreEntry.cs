namespace Calico.Ipam;

/// <summary>One key of a store as it was read.</summary>
/// <param name="Key">The whole key.</param>
/// <param name="Value">The value's bytes, not to be changed; empty when only keys were asked for.</param>
/// <param name="Revision">The revision of the last write of this key, always positive (etcd: mod-revision).</param>
public sealed record StoreEntry(string Key, ReadOnlyMemory<byte> Value, long Revision);

/// <summary>What became of a commit.</summary>
public enum CommitStatus
{
    /// <summary>All writes are done and durable.</summary>
    Done,

    /// <summary>Nothing was written: a key was not at the revision that its write expects.</summary>
    Conflict,

    /// <summary>The request went out and no answer came back: all or nothing was written, and only a read can tell which.</summary>
    Ambiguous,
}

/// <summary>The answer to a commit.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Revision">The revision that every key written now has; 0 unless <see cref="Status"/> is <see cref="CommitStatus.Done"/>.</param>
public readonly record struct CommitResult(CommitStatus Status, long Revision)
{
    /// <summary>All writes are done.</summary>
    /// <param name="revision">The new revision of every key written.</param>
    public static CommitResult Done(long revision) => new(CommitStatus.Done, revision);

    /// <summary>A comparison failed; nothing was written.</summary>
    public static CommitResult Conflict => new(CommitStatus.Conflict, 0);

    /// <summary>The outcome is not known.</summary>
    public static CommitResult Ambiguous => new(CommitStatus.Ambiguous, 0);
}
