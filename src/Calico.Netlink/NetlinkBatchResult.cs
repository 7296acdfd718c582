namespace Calico.Netlink;

/// <summary>A request of a batch that the kernel refused.</summary>
/// <param name="Index">The position of the request in its batch.</param>
/// <param name="Operation">The message type's name in the kernel headers.</param>
/// <param name="Error">Number, kernel text, offset and policy.</param>
/// <param name="Attribute">The attribute at fault as a path of header names, or null.</param>
public sealed record NetlinkRequestError(int Index, string Operation, NetlinkError Error, string? Attribute)
{
    /// <summary>The error as an exception to throw.</summary>
    public NetlinkException ToException() => new(Operation, Error, Attribute, Index);
}

/// <summary>What became of a batch.</summary>
public readonly struct NetlinkBatchResult
{
    private readonly IReadOnlyList<NetlinkRequestError>? _errors;

    internal NetlinkBatchResult(IReadOnlyList<NetlinkRequestError>? errors, bool interrupted, bool repliesLost)
    {
        _errors = errors;
        IsInterrupted = interrupted;
        RepliesLost = repliesLost;
    }

    /// <summary>The refused requests in the order of the kernel's answers; empty on success. Requests not named here were done.</summary>
    public IReadOnlyList<NetlinkRequestError> Errors => _errors ?? [];

    /// <summary>True when no error was reported and no reply was lost.</summary>
    public bool IsSuccess => _errors is null && !RepliesLost;

    /// <summary>True when a dump's objects changed while it ran (NLM_F_DUMP_INTR): what it returned may be incomplete.</summary>
    public bool IsInterrupted { get; }

    /// <summary>True when the receive buffer overflowed (ENOBUFS): the requests were worked off, but some answers are not known. Read the state back.</summary>
    public bool RepliesLost { get; }

    /// <summary>Throws the first error as <see cref="NetlinkException"/>, or ENOBUFS when replies were lost.</summary>
    public void ThrowIfFailed()
    {
        if (_errors is not null) throw _errors[0].ToException();
        if (RepliesLost) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
    }
}
