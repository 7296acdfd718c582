namespace Calico.Netlink;

/// <summary>A request that the kernel refused, or a socket operation that failed.</summary>
public sealed class NetlinkException : Exception
{
    /// <summary>An error with text only.</summary>
    public NetlinkException(string message)
        : base(message)
    {
    }

    /// <summary>An error with text and a cause.</summary>
    public NetlinkException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An error without text.</summary>
    public NetlinkException()
    {
    }

    /// <summary>A failed operation.</summary>
    /// <param name="operation">What was tried, such as <c>RTM_NEWROUTE</c> or <c>bind</c>.</param>
    /// <param name="error">What the kernel said.</param>
    /// <param name="attribute">The attribute at fault as a path of header names, such as <c>RTA_METRICS/RTAX_MTU</c>, or null.</param>
    /// <param name="requestIndex">The position of the request in its batch, or -1.</param>
    public NetlinkException(string operation, NetlinkError error, string? attribute = null, int requestIndex = -1)
        : base(Describe(operation, error, attribute))
    {
        Operation = operation;
        Error = error;
        Attribute = attribute;
        RequestIndex = requestIndex;
    }

    /// <summary>What was tried, such as <c>RTM_NEWROUTE</c> or <c>bind</c>.</summary>
    public string Operation { get; } = "";

    /// <summary>Number, kernel text, offset and policy.</summary>
    public NetlinkError Error { get; }

    /// <summary>The error number.</summary>
    public Errno Errno => Error.Code;

    /// <summary>The kernel's own text, if it gave one.</summary>
    public string? KernelMessage => Error.Message;

    /// <summary>The attribute at fault as a path of header names, or null when the kernel named none.</summary>
    public string? Attribute { get; }

    /// <summary>The position of the request in its batch, or -1.</summary>
    public int RequestIndex { get; } = -1;

    /// <summary>True for ENOENT, ESRCH, ENODEV and EADDRNOTAVAIL: what was to be changed or deleted is not there.</summary>
    public bool IsNotFound => Errno is Errno.NoEntry or Errno.NoSuchProcess or Errno.NoDevice or Errno.AddressNotAvailable;

    /// <summary>True for EEXIST.</summary>
    public bool IsAlreadyExists => Errno == Errno.Exists;

    private static string Describe(string operation, NetlinkError error, string? attribute) =>
        attribute is null ? $"{operation}: {error}" : $"{operation}: {error} (attribute {attribute})";
}
