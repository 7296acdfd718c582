using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Calico.Netlink;

/// <summary>Walks type-length-value attributes (<c>struct nlattr</c>). Never throws on any bytes: a value that is too short reads as zero and sets <see cref="IsMalformed"/>.</summary>
public ref struct NetlinkAttributeReader
{
    private readonly bool _swap;
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _value;
    private ushort _type;

    /// <summary>Starts before the first attribute of <paramref name="attributes"/>.</summary>
    /// <param name="attributes">A sequence of attributes, each padded to 4 bytes (the last need not be).</param>
    /// <param name="order">The order of host-order fields; the machine's own unless the bytes come from elsewhere.</param>
    public NetlinkAttributeReader(ReadOnlySpan<byte> attributes, NetlinkByteOrder order = NetlinkByteOrder.Host)
        : this(attributes, NetlinkWire.MustSwap(order))
    {
    }

    internal NetlinkAttributeReader(ReadOnlySpan<byte> attributes, bool swap)
    {
        _rest = attributes;
        _swap = swap;
    }

    /// <summary>The attribute's type without the NLA_F_NESTED and NLA_F_NET_BYTEORDER bits.</summary>
    public readonly ushort Type => (ushort)(_type & NetlinkWire.TypeMask);

    /// <summary>True when NLA_F_NESTED is set. Older families nest without setting it.</summary>
    public readonly bool IsNested => (_type & NetlinkWire.NestedFlag) != 0;

    /// <summary>True when NLA_F_NET_BYTEORDER is set.</summary>
    public readonly bool IsNetworkOrder => (_type & NetlinkWire.NetworkOrderFlag) != 0;

    /// <summary>The attribute's value, without padding.</summary>
    public readonly ReadOnlySpan<byte> Value => _value;

    /// <summary>True once a length field did not fit its surroundings or a value was shorter than its type.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Steps to the next attribute; false at the end or at bytes that are no attribute.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _rest;
        if (rest.Length >= NetlinkWire.AttributeHeaderLength)
        {
            int length = NetlinkWire.ReadUInt16(rest, _swap);
            if (length >= NetlinkWire.AttributeHeaderLength && length <= rest.Length)
            {
                _type = NetlinkWire.ReadUInt16(rest[2..], _swap);
                _value = rest[NetlinkWire.AttributeHeaderLength..length];
                int padded = NetlinkWire.Align(length);
                _rest = padded < rest.Length ? rest[padded..] : default;
                return true;
            }
        }

        IsMalformed |= rest.Length > 0;
        _rest = default;
        _value = default;
        return false;
    }

    /// <summary>A reader over the attributes inside this one.</summary>
    public readonly NetlinkAttributeReader Nested() => new(_value, _swap);

    /// <summary>A reader over the attributes behind a fixed structure of <paramref name="headerLength"/> bytes inside this attribute.</summary>
    public readonly NetlinkAttributeReader Nested(int headerLength) =>
        new(_value.Length > headerLength ? _value[headerLength..] : default, _swap);

    /// <summary>The value as one byte.</summary>
    public byte ReadUInt8() => Has(1) ? _value[0] : (byte)0;

    /// <summary>The value as 16 bits in host order.</summary>
    public ushort ReadUInt16() => Has(2) ? NetlinkWire.ReadUInt16(_value, _swap) : (ushort)0;

    /// <summary>The value as 32 bits in host order.</summary>
    public uint ReadUInt32() => Has(4) ? NetlinkWire.ReadUInt32(_value, _swap) : 0;

    /// <summary>The value as 64 bits in host order.</summary>
    public ulong ReadUInt64() => Has(8) ? NetlinkWire.ReadUInt64(_value, _swap) : 0;

    /// <summary>The value as signed 32 bits in host order.</summary>
    public int ReadInt32() => (int)ReadUInt32();

    /// <summary>The value as 16 bits in network order.</summary>
    public ushort ReadUInt16BigEndian() => Has(2) ? BinaryPrimitives.ReadUInt16BigEndian(_value) : (ushort)0;

    /// <summary>The value as 32 bits in network order.</summary>
    public uint ReadUInt32BigEndian() => Has(4) ? BinaryPrimitives.ReadUInt32BigEndian(_value) : 0;

    /// <summary>The value as 64 bits in network order.</summary>
    public ulong ReadUInt64BigEndian() => Has(8) ? BinaryPrimitives.ReadUInt64BigEndian(_value) : 0;

    /// <summary>16 bits in host order at <paramref name="offset"/> bytes inside the value.</summary>
    public ushort ReadUInt16At(int offset) => Has(offset + 2) ? NetlinkWire.ReadUInt16(_value[offset..], _swap) : (ushort)0;

    /// <summary>32 bits in host order at <paramref name="offset"/> bytes inside the value.</summary>
    public uint ReadUInt32At(int offset) => Has(offset + 4) ? NetlinkWire.ReadUInt32(_value[offset..], _swap) : 0;

    /// <summary>64 bits in host order at <paramref name="offset"/> bytes inside the value.</summary>
    public ulong ReadUInt64At(int offset) => Has(offset + 8) ? NetlinkWire.ReadUInt64(_value[offset..], _swap) : 0;

    /// <summary>The value up to its first NUL as UTF-8 text; bytes that are not UTF-8 become U+FFFD.</summary>
    public readonly string ReadString()
    {
        int end = _value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? _value : _value[..end]);
    }

    /// <summary>The value as an IPv4 (4 bytes) or IPv6 (16 bytes) address; null at any other length.</summary>
    public readonly IPAddress? ReadAddress() => _value.Length is 4 or 16 ? new IPAddress(_value) : null;

    internal readonly NetlinkAttributeReader Over(ReadOnlySpan<byte> attributes) => new(attributes, _swap);

    internal readonly ushort ToUInt16(ReadOnlySpan<byte> source) => NetlinkWire.ReadUInt16(source, _swap);

    internal readonly uint ToUInt32(ReadOnlySpan<byte> source) => NetlinkWire.ReadUInt32(source, _swap);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Has(int length)
    {
        if (_value.Length >= length) return true;
        IsMalformed = true;
        return false;
    }
}
