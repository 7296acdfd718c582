namespace Calico.Netlink.Testing;

/// <summary>One end of a socket to a fake kernel.</summary>
internal sealed class FakeTransport(FakeKernel kernel, uint portId, int capacity) : INetlinkTransport
{
    private readonly Queue<byte[]> _received = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly HashSet<uint> _groups = [];
    private bool _overflowed;
    private volatile bool _closed;

    public uint PortId => portId;

    public int MaximumSendBytes => 1 << 28;

    public int MaximumPendingReplies => capacity;

    public bool HasGroups => _groups.Count > 0;

    public Errno Send(ReadOnlySpan<byte> messages)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        kernel.WorkOff(this, messages);
        return Errno.None;
    }

    public int TryReceive(Span<byte> buffer)
    {
        lock (_received)
        {
            if (_overflowed)
            {
                _overflowed = false;
                return -(int)Errno.NoBuffers;
            }

            if (!_received.TryDequeue(out byte[]? datagram)) return -(int)Errno.TryAgain;
            if (datagram.Length > buffer.Length) return -(int)Errno.MessageTooLong;
            datagram.CopyTo(buffer);
            return datagram.Length;
        }
    }

    public async ValueTask WaitForDataAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            lock (_received)
            {
                if (_overflowed || _received.Count > 0) return;
            }

            await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Errno Join(uint group)
    {
        _groups.Add(group);
        return Errno.None;
    }

    public void Deliver(ReadOnlySpan<byte> datagram)
    {
        lock (_received)
        {
            if (_received.Count >= capacity) _overflowed = true;
            else _received.Enqueue(datagram.ToArray());
        }

        _arrived.Release();
    }

    /// <summary>What waits is lost, as when the receive buffer is full.</summary>
    public void Overflow()
    {
        lock (_received)
        {
            _received.Clear();
            _overflowed = true;
        }

        _arrived.Release();
    }

    public void Notify(RtEvent happened, uint origin, bool replaced)
    {
        if (_groups.Contains(FakeMessages.GroupOf(happened))) Deliver(FakeMessages.Notification(happened, origin, replaced));
    }

    public void Dispose()
    {
        _closed = true;
        kernel.Closed(this);
        _arrived.Release();
    }
}
