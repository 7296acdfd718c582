namespace Calico.Netlink;

/// <summary>Carries netlink datagrams: a kernel socket, or a fake kernel in tests.</summary>
public interface INetlinkTransport : IDisposable
{
    /// <summary>nl_pid of this end: what replies to it carry in their header.</summary>
    uint PortId { get; }

    /// <summary>The most bytes one send may have.</summary>
    int MaximumSendBytes { get; }

    /// <summary>How many small replies the receive buffer surely holds: a batch that may cause more is sent in parts.</summary>
    int MaximumPendingReplies { get; }

    /// <summary>Hands requests to the kernel, which has worked them off when this returns.</summary>
    /// <returns><see cref="Errno.None"/>, or why nothing was taken.</returns>
    Errno Send(ReadOnlySpan<byte> messages);

    /// <summary>Takes one datagram without waiting.</summary>
    /// <returns>Its length in bytes, or a negative error number: -EAGAIN when there is none, -ENOBUFS when some were lost, -EMSGSIZE when it did not fit.</returns>
    int TryReceive(Span<byte> buffer);

    /// <summary>Completes when a receive may return something. Holds no thread.</summary>
    ValueTask WaitForDataAsync(CancellationToken cancellationToken);

    /// <summary>Joins a multicast group by number (RTNLGRP_*, NFNLGRP_*, or a generic family's).</summary>
    Errno Join(uint group);
}
