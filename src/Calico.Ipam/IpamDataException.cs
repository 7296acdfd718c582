namespace Calico.Ipam;

/// <summary>A document in the store cannot be read or breaks a rule of its kind. Nothing was changed.</summary>
public sealed class IpamDataException : Exception
{
    /// <summary>An error in one document.</summary>
    /// <param name="document">Which: its key, or what it is.</param>
    /// <param name="path">Where in it, as a JSON path such as <c>$.allocations[3]</c>.</param>
    /// <param name="reason">What is wrong.</param>
    /// <param name="inner">The reader's own exception, if any.</param>
    public IpamDataException(string document, string path, string reason, Exception? inner = null)
        : base($"{document}: {path}: {reason}", inner) =>
        (Document, Path, Reason) = (document, path, reason);

    /// <summary>Which document: its key, or what it is.</summary>
    public string Document { get; }

    /// <summary>Where in it, as a JSON path.</summary>
    public string Path { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
