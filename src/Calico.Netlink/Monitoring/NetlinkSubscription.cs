using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Netlink;

/// <summary>What happens when a reader of events is too slow and the socket's receive buffer, which bounds what may wait, overflows.</summary>
public enum NetlinkOverflow
{
    /// <summary>The reader is told in the stream that events were lost, and goes on.</summary>
    Report,

    /// <summary>Reading ends with <see cref="NetlinkException"/> (ENOBUFS).</summary>
    Throw,
}

/// <summary>Receives multicast messages on a socket of its own. What waits is bounded by <see cref="NetlinkConnectionOptions.ReceiveBufferBytes"/>. For one reader.</summary>
public sealed class NetlinkSubscription : IDisposable
{
    private readonly INetlinkTransport _transport;
    private readonly ILogger _log;
    private readonly NetlinkProtocol _protocol;
    private readonly byte[] _receive = GC.AllocateUninitializedArray<byte>(65_536, pinned: true);

    /// <summary>A subscription over a transport of the caller's, such as a fake kernel. The subscription owns it.</summary>
    /// <exception cref="NetlinkException">A group cannot be joined.</exception>
    public NetlinkSubscription(INetlinkTransport transport, params ReadOnlySpan<uint> groups)
        : this(transport, NetlinkProtocol.Route, null, groups)
    {
    }

    internal NetlinkSubscription(INetlinkTransport transport, NetlinkProtocol protocol, ILogger? log, params ReadOnlySpan<uint> groups)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _protocol = protocol;
        _log = log ?? NullLogger.Instance;
        _transport = transport;
        foreach (uint group in groups)
        {
            Errno error = transport.Join(group);
            if (error == Errno.None) continue;
            transport.Dispose();
            throw new NetlinkException($"join multicast group {group}", new NetlinkError(error));
        }
    }

    /// <summary>Opens a socket and joins groups.</summary>
    /// <exception cref="NetlinkException">A group cannot be joined.</exception>
    public static NetlinkSubscription Open(NetlinkProtocol protocol, NetlinkConnectionOptions? options, params ReadOnlySpan<uint> groups) =>
        new(new NetlinkSocket(protocol, options ?? NetlinkConnectionOptions.Default), protocol, options?.Logger, groups);

    /// <summary>Waits for the next messages and hands each to <paramref name="onMessage"/>, without allocating.</summary>
    /// <returns>False when messages before were lost (ENOBUFS): read the state back.</returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public async ValueTask<bool> ReceiveAsync(NetlinkReplyHandler onMessage, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(onMessage);
        while (true)
        {
            int received = _transport.TryReceive(_receive);
            if (received >= 0) return Deliver(received, onMessage);
            switch ((Errno)(-received))
            {
                case Errno.TryAgain: await _transport.WaitForDataAsync(cancellationToken).ConfigureAwait(false); break;
                case Errno.NoBuffers or Errno.MessageTooLong:
                    NetlinkTelemetry.EventsLost();
                    _log.EventsLost(_protocol);
                    return false;
                case Errno error: throw new NetlinkException("recv", new NetlinkError(error));
            }
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _transport.Dispose();

    private bool Deliver(int received, NetlinkReplyHandler onMessage)
    {
        NetlinkMessageReader messages = new(_receive.AsSpan(0, received));
        while (messages.MoveNext()) onMessage(0, messages.Current);
        return !messages.IsMalformed;
    }
}
