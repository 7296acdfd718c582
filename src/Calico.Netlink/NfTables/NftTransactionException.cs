namespace Calico.Netlink.NfTables;

/// <summary>A message of a transaction that the kernel refused.</summary>
/// <param name="Change">The change it belongs to; null when the transaction as a whole was refused, or for elements added by span.</param>
/// <param name="Error">Number, kernel text and offset.</param>
/// <param name="Attribute">The attribute at fault as a path of kernel header names, or null when the kernel named none.</param>
/// <param name="Message">The message's position in the transaction, from 1.</param>
public sealed record NftFailure(NftChange? Change, NetlinkError Error, string? Attribute, int Message);

/// <summary>A transaction that the kernel refused: nothing of it was applied.</summary>
public sealed class NftTransactionException : Exception
{
    /// <summary>An error with text only.</summary>
    /// <param name="message">The text.</param>
    public NftTransactionException(string message)
        : base(message)
    {
    }

    /// <summary>An error with text and a cause.</summary>
    /// <param name="message">The text.</param>
    /// <param name="innerException">The cause.</param>
    public NftTransactionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An error without text.</summary>
    public NftTransactionException()
    {
    }

    /// <summary>What the kernel said about each message it refused.</summary>
    /// <param name="failures">At least one.</param>
    public NftTransactionException(IReadOnlyList<NftFailure> failures)
        : base(Describe(failures)) => Failures = failures;

    /// <summary>Every message the kernel refused, in its order.</summary>
    public IReadOnlyList<NftFailure> Failures { get; } = [];

    /// <summary>Whether someone else had changed the ruleset since the generation the transaction was made for: read again and retry.</summary>
    public bool IsGenerationConflict => Failures is [{ Error.Code: Errno.Restart }, ..];

    private static string Describe(IReadOnlyList<NftFailure> failures)
    {
        ArgumentNullException.ThrowIfNull(failures);
        NftFailure first = failures[0];
        string at = first.Attribute is null ? "" : $" (attribute {first.Attribute})";
        string more = failures.Count == 1 ? "" : $", and {failures.Count - 1} more";
        return $"The transaction was refused at {first.Change?.Subject ?? $"message {first.Message}"}: {first.Error}{at}{more}. Nothing was applied.";
    }
}
