namespace Calico.Datastore;

/// <summary>How a commit ended.</summary>
public enum CommitOutcome
{
    /// <summary>Every condition held; the writes are durable.</summary>
    Committed,

    /// <summary>A condition did not hold; nothing was written.</summary>
    Conflict,

    /// <summary>The answer was lost: the writes happened, or not, or may still happen. Read again and decide; a compare-and-swap may be tried again with the same
    /// condition, since at most one of the two can succeed.</summary>
    Ambiguous,
}

/// <summary>The answer to a <see cref="Transaction"/>.</summary>
public sealed class CommitResult
{
    private CommitResult(CommitOutcome outcome, long revision, IReadOnlyList<KeyValue?> current, string? reason)
    {
        Outcome = outcome;
        Revision = revision;
        Current = current;
        Reason = reason;
    }

    /// <summary>How it ended.</summary>
    public CommitOutcome Outcome { get; }

    /// <summary>True when everything was written.</summary>
    public bool Committed => Outcome == CommitOutcome.Committed;

    /// <summary>Committed: the revision of the writes (the store's present one when nothing changed). Conflict: the store's revision. Ambiguous: 0.</summary>
    public long Revision { get; }

    /// <summary>Conflict: the present value of each condition's key, in the conditions' order, null where it does not exist. Else empty.</summary>
    public IReadOnlyList<KeyValue?> Current { get; }

    /// <summary>Ambiguous: what went wrong, for people.</summary>
    public string? Reason { get; }

    /// <summary>Every condition held.</summary>
    public static CommitResult Success(long revision) => new(CommitOutcome.Committed, revision, [], null);

    /// <summary>A condition did not hold.</summary>
    public static CommitResult Conflicted(long revision, IReadOnlyList<KeyValue?> current) => new(CommitOutcome.Conflict, revision, current, null);

    /// <summary>The answer was lost.</summary>
    public static CommitResult Lost(string reason) => new(CommitOutcome.Ambiguous, 0, [], reason);
}
