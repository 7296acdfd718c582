using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>An AF_NETLINK socket. Waiting is the runtime's socket engine's (epoll), so no pool thread is held.</summary>
internal sealed class NetlinkSocket : INetlinkTransport
{
    // An acknowledgement in a receive buffer is charged as sk_buff with its truesize: 768 bytes.
    private const int ReplyCharge = 768;

    private readonly Socket _socket;
    private readonly int _fd;
    private readonly byte[] _peek = new byte[1];
    private volatile bool _overrun;

    public NetlinkSocket(NetlinkProtocol protocol, NetlinkConnectionOptions options)
    {
        _fd = options.Namespace is { } network
            ? network.Run(() => OpenSocket(protocol))
            : OpenSocket(protocol);
        try
        {
            ApplyOptions(options);
            PortId = BindSocket();
            MaximumSendBytes = ReadOption(Native.OptionSendBuffer) - 64;
            MaximumPendingReplies = Math.Max(ReadOption(Native.OptionReceiveBuffer) / ReplyCharge - 8, 1);
            _socket = new Socket(new SafeSocketHandle(_fd, ownsHandle: true));
        }
        catch
        {
            if (_socket is null) _ = Native.Close(_fd);
            throw;
        }
    }

    public uint PortId { get; }

    public int MaximumSendBytes { get; }

    public int MaximumPendingReplies { get; }

    public unsafe Errno Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* bytes = messages)
        {
            while (Native.Send(_fd, bytes, messages.Length, 0) < 0)
            {
                if (Native.LastError is not Errno.Interrupted and Errno error) return error;
            }
        }

        return Errno.None;
    }

    public unsafe int TryReceive(Span<byte> buffer)
    {
        if (_overrun)
        {
            _overrun = false;
            return -(int)Errno.NoBuffers;
        }

        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                Native.NetlinkAddress sender;
                uint length = (uint)sizeof(Native.NetlinkAddress);
                nint received = Native.ReceiveFrom(_fd, bytes, buffer.Length, Native.MessageDontWait | Native.MessageTruncated, &sender, &length);
                if (received < 0)
                {
                    if (Native.LastError is not Errno.Interrupted and Errno error) return -(int)error;
                    continue;
                }

                // Any process may send to this port; only the kernel is port 0.
                if (sender.PortId != 0) continue;
                return received > buffer.Length ? -(int)Errno.MessageTooLong : (int)received;
            }
        }
    }

    public async ValueTask WaitForDataAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _socket.ReceiveAsync(_peek.AsMemory(), SocketFlags.Peek, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize)
        {
            // The datagram is longer than the byte that was peeked at: it is there.
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.NoBufferSpaceAvailable)
        {
            _overrun = true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted)
        {
            throw new ObjectDisposedException(nameof(NetlinkConnection), e);
        }
    }

    public unsafe Errno Join(uint group)
    {
        int value = (int)group;
        return Native.SetSocketOption(_fd, Native.LevelNetlink, Native.OptionAddMembership, &value, sizeof(int)) == 0 ? Errno.None : Native.LastError;
    }

    public void Dispose() => _socket.Dispose();

    private static int OpenSocket(NetlinkProtocol protocol)
    {
        int fd = Native.Socket(Native.AddressFamilyNetlink, Native.SocketRaw | Native.SocketCloseOnExec | Native.SocketNonBlocking, (int)protocol);
        return fd >= 0 ? fd : throw Native.Failure($"socket(AF_NETLINK, {protocol})");
    }

    private unsafe uint BindSocket()
    {
        Native.NetlinkAddress address = new() { Family = Native.AddressFamilyNetlink };
        uint length = (uint)sizeof(Native.NetlinkAddress);
        if (Native.Bind(_fd, &address, length) < 0) throw Native.Failure("bind(AF_NETLINK)");
        if (Native.GetSocketName(_fd, &address, &length) < 0) throw Native.Failure("getsockname(AF_NETLINK)");
        return address.PortId;
    }

    private void ApplyOptions(NetlinkConnectionOptions options)
    {
        SetBuffer(Native.OptionSendBufferForce, Native.OptionSendBuffer, options.SendBufferBytes);
        SetBuffer(Native.OptionReceiveBufferForce, Native.OptionReceiveBuffer, options.ReceiveBufferBytes);
        // Kernels before 4.12 and 4.20 lack these: errors are then numbers alone, and filters are applied by the decoder.
        TrySet(Native.LevelNetlink, Native.OptionExtendedAck, 1);
        TrySet(Native.LevelNetlink, Native.OptionCapAck, 1);
        if (options.StrictChecking) TrySet(Native.LevelNetlink, Native.OptionStrictCheck, 1);
    }

    // Forcing needs CAP_NET_ADMIN in the initial user namespace; without it the system's limits hold.
    private void SetBuffer(int force, int option, int bytes)
    {
        if (!TrySet(Native.LevelSocket, force, bytes)) TrySet(Native.LevelSocket, option, bytes);
    }

    private unsafe bool TrySet(int level, int option, int value) => Native.SetSocketOption(_fd, level, option, &value, sizeof(int)) == 0;

    private unsafe int ReadOption(int option)
    {
        int value = 0;
        uint length = sizeof(int);
        return Native.GetSocketOption(_fd, Native.LevelSocket, option, &value, &length) == 0 ? value : 212_992;
    }
}
