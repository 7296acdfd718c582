namespace Calico.Netlink;

/// <summary>Walks the messages of one received datagram. Never throws on any bytes.</summary>
public ref struct NetlinkMessageReader
{
    private readonly bool _swap;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first message of <paramref name="datagram"/>.</summary>
    /// <param name="datagram">What one receive returned.</param>
    /// <param name="order">The order of host-order fields; the machine's own unless the bytes come from elsewhere.</param>
    public NetlinkMessageReader(ReadOnlySpan<byte> datagram, NetlinkByteOrder order = NetlinkByteOrder.Host)
    {
        _rest = datagram;
        _swap = NetlinkWire.MustSwap(order);
    }

    /// <summary>The message <see cref="MoveNext"/> stopped at.</summary>
    public NetlinkMessage Current { get; private set; }

    /// <summary>True when the bytes ended inside a message: what came before is good, the rest is lost.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>This reader, for <c>foreach</c>.</summary>
    public readonly NetlinkMessageReader GetEnumerator() => this;

    /// <summary>Steps to the next message; false at the end or at bytes that are no message.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < NetlinkMessage.HeaderLength)
        {
            IsMalformed |= _rest.Length > 0;
            return false;
        }

        uint length = NetlinkWire.ReadUInt32(_rest, _swap);
        if (length < NetlinkMessage.HeaderLength || length > (uint)_rest.Length)
        {
            IsMalformed = true;
            _rest = default;
            return false;
        }

        Current = new NetlinkMessage(
            NetlinkWire.ReadUInt16(_rest[4..], _swap),
            (NetlinkFlags)NetlinkWire.ReadUInt16(_rest[6..], _swap),
            NetlinkWire.ReadUInt32(_rest[8..], _swap),
            NetlinkWire.ReadUInt32(_rest[12..], _swap),
            _rest[NetlinkMessage.HeaderLength..(int)length],
            _swap);
        // The last message need not be padded (conntrack and nflog leave it as it is).
        _rest = _rest[Math.Min(NetlinkWire.Align((int)length), _rest.Length)..];
        return true;
    }
}
