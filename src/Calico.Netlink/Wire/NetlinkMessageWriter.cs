using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Calico.Netlink;

/// <summary>Writes the message that its <see cref="NetlinkBatch"/> began last: first the family's fixed header, then attributes.</summary>
public readonly ref struct NetlinkMessageWriter
{
    private readonly NetlinkBatch _batch;

    internal NetlinkMessageWriter(NetlinkBatch batch) => _batch = batch;

    /// <summary>The bytes in the batch so far: the difference of two positions is the size of what was written between them.</summary>
    public int Position => _batch.Length;

    internal bool Swap => _batch.Swap;

    /// <summary>The family byte that most fixed headers begin with, and the three bytes of padding behind it.</summary>
    internal void PutFamily(byte family) => Put([family, 0, 0, 0]);

    internal void PatchUInt16(int position, ushort value) => NetlinkWire.WriteUInt16(_batch.At(position, 2), value, _batch.Swap);

    /// <summary>Raw bytes without padding.</summary>
    public void Put(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_batch.Reserve(bytes.Length));

    /// <summary>One byte.</summary>
    public void PutUInt8(byte value) => _batch.Reserve(1)[0] = value;

    /// <summary>16 bits in host order.</summary>
    public void PutUInt16(ushort value) => NetlinkWire.WriteUInt16(_batch.Reserve(2), value, _batch.Swap);

    /// <summary>32 bits in host order.</summary>
    public void PutUInt32(uint value) => NetlinkWire.WriteUInt32(_batch.Reserve(4), value, _batch.Swap);

    /// <summary>Signed 32 bits in host order.</summary>
    public void PutInt32(int value) => PutUInt32((uint)value);

    /// <summary>64 bits in host order.</summary>
    public void PutUInt64(ulong value) => NetlinkWire.WriteUInt64(_batch.Reserve(8), value, _batch.Swap);

    /// <summary>16 bits in network order.</summary>
    public void PutUInt16BigEndian(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(_batch.Reserve(2), value);

    /// <summary>32 bits in network order.</summary>
    public void PutUInt32BigEndian(uint value) => BinaryPrimitives.WriteUInt32BigEndian(_batch.Reserve(4), value);

    /// <summary>64 bits in network order.</summary>
    public void PutUInt64BigEndian(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(_batch.Reserve(8), value);

    /// <summary>An attribute of <paramref name="length"/> bytes that the caller fills through the returned span before writing anything else.</summary>
    /// <exception cref="ArgumentException">The value is longer than 65,531 bytes, the most its length field can say.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Attribute(ushort type, int length)
    {
        if ((uint)length > ushort.MaxValue - NetlinkWire.AttributeHeaderLength) ThrowTooLong(type, length);
        int total = NetlinkWire.AttributeHeaderLength + length;
        int padded = NetlinkWire.Align(total);
        Span<byte> span = _batch.Reserve(padded);
        NetlinkWire.WriteUInt16(span, (ushort)total, _batch.Swap);
        NetlinkWire.WriteUInt16(span[2..], type, _batch.Swap);
        if (padded != total) span[total..].Clear();
        return span.Slice(NetlinkWire.AttributeHeaderLength, length);
    }

    /// <summary>An attribute with the given bytes.</summary>
    /// <exception cref="ArgumentException">The value is longer than 65,531 bytes.</exception>
    public void Attribute(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An attribute without a value.</summary>
    public void AttributeFlag(ushort type) => Attribute(type, 0);

    /// <summary>An attribute of one byte.</summary>
    public void AttributeUInt8(ushort type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>An attribute of 16 bits in host order.</summary>
    public void AttributeUInt16(ushort type, ushort value) => NetlinkWire.WriteUInt16(Attribute(type, 2), value, _batch.Swap);

    /// <summary>An attribute of 32 bits in host order.</summary>
    public void AttributeUInt32(ushort type, uint value) => NetlinkWire.WriteUInt32(Attribute(type, 4), value, _batch.Swap);

    /// <summary>An attribute of signed 32 bits in host order.</summary>
    public void AttributeInt32(ushort type, int value) => AttributeUInt32(type, (uint)value);

    /// <summary>An attribute of 64 bits in host order.</summary>
    public void AttributeUInt64(ushort type, ulong value) => NetlinkWire.WriteUInt64(Attribute(type, 8), value, _batch.Swap);

    /// <summary>An attribute of 16 bits in network order.</summary>
    public void AttributeUInt16BigEndian(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), value);

    /// <summary>An attribute of 32 bits in network order.</summary>
    public void AttributeUInt32BigEndian(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), value);

    /// <summary>An attribute of 64 bits in network order.</summary>
    public void AttributeUInt64BigEndian(ushort type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Attribute(type, 8), value);

    /// <summary>An attribute with UTF-8 text and, as almost every family wants it, a closing NUL.</summary>
    public void AttributeString(ushort type, ReadOnlySpan<char> value, bool nulTerminated = true)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        Span<byte> span = Attribute(type, nulTerminated ? bytes + 1 : bytes);
        Encoding.UTF8.GetBytes(value, span);
        if (nulTerminated) span[bytes] = 0;
    }

    /// <summary>An attribute with an IPv4 (4 bytes) or IPv6 (16 bytes) address in network order.</summary>
    public void AttributeAddress(ushort type, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out int written);
        Attribute(type, octets[..written]);
    }

    /// <summary>Begins an attribute that holds attributes; it ends when the returned value is disposed.</summary>
    /// <param name="type">The attribute's type.</param>
    /// <param name="flagged">Whether to set NLA_F_NESTED: newer families require it, older ones do without.</param>
    public NetlinkNest Nest(ushort type, bool flagged = true)
    {
        int start = _batch.Length;
        Span<byte> header = _batch.Reserve(NetlinkWire.AttributeHeaderLength);
        NetlinkWire.WriteUInt16(header, NetlinkWire.AttributeHeaderLength, _batch.Swap);
        NetlinkWire.WriteUInt16(header[2..], flagged ? (ushort)(type | NetlinkWire.NestedFlag) : type, _batch.Swap);
        return new NetlinkNest(_batch, start, type);
    }

    private static void ThrowTooLong(ushort type, int length) => throw new ArgumentException(
        $"Attribute {type} would hold {length} bytes; its 16-bit length field allows {ushort.MaxValue - NetlinkWire.AttributeHeaderLength}.");
}

/// <summary>An open nested attribute: disposing it writes its length.</summary>
public readonly ref struct NetlinkNest
{
    private readonly NetlinkBatch _batch;
    private readonly int _start;
    private readonly ushort _type;

    internal NetlinkNest(NetlinkBatch batch, int start, ushort type)
    {
        _batch = batch;
        _start = start;
        _type = type;
    }

    /// <summary>The bytes written into the attribute so far, its header included.</summary>
    public int Length => _batch.Length - _start;

    /// <summary>Ends the attribute.</summary>
    /// <exception cref="InvalidOperationException">It grew over 65,535 bytes, the most its length field can say.</exception>
    public void Dispose()
    {
        int length = Length;
        if (length > ushort.MaxValue)
            throw new InvalidOperationException($"Nested attribute {_type} is {length} bytes; its 16-bit length field allows {ushort.MaxValue}: split it.");
        NetlinkWire.WriteUInt16(_batch.At(_start, 2), (ushort)length, _batch.Swap);
    }
}
