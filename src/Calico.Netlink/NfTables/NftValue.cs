using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Calico.Netlink.NfTables;

/// <summary>0 to 64 bytes as an nf_tables register holds them: set keys, map data, constants in rules.</summary>
/// <remarks>
/// The bytes are exactly what the kernel compares. Header fields (addresses, ports) are in network byte order, everything
/// the kernel keeps itself (marks, interface indexes, conntrack state) in the machine's order; the factories say which they write.
/// Up to 16 bytes are held in place, so addresses, ports and marks allocate nothing. Source: linux/netfilter/nf_tables.h, NFT_DATA_VALUE_MAXLEN.
/// </remarks>
public readonly struct NftValue : IEquatable<NftValue>, IComparable<NftValue>
{
    /// <summary>The longest value, in bytes (NFT_DATA_VALUE_MAXLEN).</summary>
    public const int MaxLength = 64;

    private const int InlineLength = 16;
    private static readonly byte[][] InlineMarkers = [.. Enumerable.Range(0, InlineLength + 1).Select(n => new byte[n])];

    private readonly byte[]? _store; // its length is the value's length; its content counts only beyond InlineLength
    private readonly UInt128 _inline;

    /// <summary>Copies bytes.</summary>
    /// <param name="bytes">0 to 64 bytes, in the order the kernel compares them.</param>
    /// <exception cref="ArgumentException">There are more than 64 bytes.</exception>
    public NftValue(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength) throw new ArgumentException($"An nf_tables value holds at most {MaxLength} bytes, not {bytes.Length}.", nameof(bytes));
        if (bytes.Length > InlineLength)
        {
            _store = bytes.ToArray();
            return;
        }

        _store = InlineMarkers[bytes.Length];
        bytes.CopyTo(MemoryMarshal.AsBytes(new Span<UInt128>(ref _inline)));
    }

    /// <summary>The number of bytes.</summary>
    public int Length => _store?.Length ?? 0;

    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes, borrowed from this value: valid while the variable it lies in is.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span =>
        Length > InlineLength ? _store.AsSpan() : MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in _inline))[..Length];

    /// <summary>One byte.</summary>
    /// <param name="value">The byte.</param>
    /// <returns>A 1-byte value.</returns>
    public static NftValue Byte(byte value) => new([value]);

    /// <summary>A 16-bit number in network byte order, as ports are.</summary>
    /// <param name="value">The number.</param>
    /// <returns>A 2-byte value.</returns>
    public static NftValue NetworkOrder(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return new(bytes);
    }

    /// <summary>A 32-bit number in network byte order.</summary>
    /// <param name="value">The number.</param>
    /// <returns>A 4-byte value.</returns>
    public static NftValue NetworkOrder(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new(bytes);
    }

    /// <summary>A 16-bit number in the machine's byte order, as <c>meta iiftype</c> is.</summary>
    /// <param name="value">The number.</param>
    /// <returns>A 2-byte value.</returns>
    public static NftValue HostOrder(ushort value) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in value)));

    /// <summary>A 32-bit number in the machine's byte order, as marks, interface indexes and conntrack states are.</summary>
    /// <param name="value">The number.</param>
    /// <returns>A 4-byte value.</returns>
    public static NftValue HostOrder(uint value) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>A 64-bit number in the machine's byte order, as <c>ct bytes</c> is.</summary>
    /// <param name="value">The number.</param>
    /// <returns>An 8-byte value.</returns>
    public static NftValue HostOrder(ulong value) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));

    /// <summary>An IPv4 or IPv6 address in network byte order.</summary>
    /// <param name="address">The address.</param>
    /// <returns>A 4- or 16-byte value.</returns>
    public static NftValue Address(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return new(bytes[..written]);
    }

    /// <summary>An interface name, padded with zeros to the 16 bytes the kernel compares (IFNAMSIZ).</summary>
    /// <param name="name">1 to 15 bytes of UTF-8.</param>
    /// <returns>A 16-byte value.</returns>
    /// <exception cref="ArgumentException">The name is empty or longer than 15 bytes.</exception>
    public static NftValue InterfaceName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Span<byte> bytes = stackalloc byte[16];
        if (!Encoding.UTF8.TryGetBytes(name, bytes[..15], out _)) throw new ArgumentException($"The interface name '{name}' is longer than 15 bytes.", nameof(name));
        return new(bytes);
    }

    /// <summary>Values one after the other, each padded with zeros to a multiple of 4 bytes, as a concatenated key is laid out.</summary>
    /// <param name="parts">The fields, at most 64 bytes together.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">The fields are longer than 64 bytes together.</exception>
    public static NftValue Concat(params ReadOnlySpan<NftValue> parts)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        bytes.Clear();
        int length = 0;
        foreach (ref readonly NftValue part in parts)
        {
            int padded = (part.Length + 3) & ~3;
            if (length + padded > MaxLength) throw new ArgumentException($"The fields of a concatenated key are longer than {MaxLength} bytes together.", nameof(parts));
            part.Span.CopyTo(bytes[length..]);
            length += padded;
        }

        return new(bytes[..length]);
    }

    /// <summary>The value as an unsigned number, most significant byte first.</summary>
    /// <returns>The number; of values longer than 16 bytes, of the first 16.</returns>
    public UInt128 ToNetworkOrderNumber()
    {
        UInt128 number = 0;
        foreach (byte b in Span[..Math.Min(Length, 16)]) number = (number << 8) | b;
        return number;
    }

    /// <summary>Copies the bytes.</summary>
    /// <returns>A new array.</returns>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(NftValue other) =>
        Length == other.Length && _inline == other._inline && (Length <= InlineLength || _store.AsSpan().SequenceEqual(other._store));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NftValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (Length <= InlineLength) return HashCode.Combine(_inline, Length);
        HashCode hash = default;
        hash.AddBytes(_store);
        return hash.ToHashCode();
    }

    /// <summary>Compares byte by byte as memcmp does, then by length: the order of interval sets.</summary>
    /// <param name="other">The other value.</param>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public int CompareTo(NftValue other) => Span.SequenceCompareTo(other.Span);

    /// <summary>The bytes in hexadecimal.</summary>
    /// <returns>Lower-case digits after 0x.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Convert.ToHexStringLower(Span)}");

    /// <summary>Whether two values have the same bytes.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when equal.</returns>
    public static bool operator ==(NftValue left, NftValue right) => left.Equals(right);

    /// <summary>Whether two values differ.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they differ.</returns>
    public static bool operator !=(NftValue left, NftValue right) => !left.Equals(right);

    /// <summary>Whether a value sorts before another.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when before.</returns>
    public static bool operator <(NftValue left, NftValue right) => left.CompareTo(right) < 0;

    /// <summary>Whether a value sorts after another.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when after.</returns>
    public static bool operator >(NftValue left, NftValue right) => left.CompareTo(right) > 0;

    /// <summary>Whether a value sorts before another or equals it.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when not after.</returns>
    public static bool operator <=(NftValue left, NftValue right) => left.CompareTo(right) <= 0;

    /// <summary>Whether a value sorts after another or equals it.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when not before.</returns>
    public static bool operator >=(NftValue left, NftValue right) => left.CompareTo(right) >= 0;
}
