using Microsoft.Extensions.Logging;

namespace Calico.Netlink;

/// <summary>How a netlink socket is opened.</summary>
public sealed record NetlinkConnectionOptions
{
    internal static readonly NetlinkConnectionOptions Default = new();

    /// <summary>The network namespace the socket lives in; null for the one of the calling thread.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>SO_SNDBUF in bytes: the most one transaction may have. Default 256 MiB; without CAP_NET_ADMIN in the initial user namespace capped by net.core.wmem_max.</summary>
    public int SendBufferBytes { get; init; } = 256 << 20;

    /// <summary>SO_RCVBUF in bytes: what may wait unread before messages are lost and reported as lost. Default 4 MiB; without CAP_NET_ADMIN in the initial user namespace capped by net.core.rmem_max.</summary>
    public int ReceiveBufferBytes { get; init; } = 4 << 20;

    /// <summary>NETLINK_GET_STRICT_CHK: the kernel refuses malformed dump requests and applies their filters. Default true.</summary>
    public bool StrictChecking { get; init; } = true;

    /// <summary>The most requests in one send when a batch is sent in parts. Default 512, range 1 and up; fewer where the receive buffer could not hold as many errors.</summary>
    public int MaximumBatchMessages { get; init; } = 512;

    /// <summary>How often a dump is repeated when the kernel says that it was interrupted by a change (NLM_F_DUMP_INTR). Default 10.</summary>
    public int DumpRetries { get; init; } = 10;

    /// <summary>Is told of lost replies and events, repeated dumps, route conflicts and generation conflicts (event ids 2000–2099); null for no log.</summary>
    public ILogger? Logger { get; init; }
}
