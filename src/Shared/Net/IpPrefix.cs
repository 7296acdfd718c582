using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Calico.Net;

/// <summary>An IPv4 or IPv6 prefix as bits: no heap object, ordered, host bits always zero.</summary>
/// <remarks>IPv4 lives in the top 32 bits of <see cref="Hi"/>, so both families share every operation.</remarks>
[Embedded]
internal readonly struct IpPrefix : IEquatable<IpPrefix>, IComparable<IpPrefix>, ISpanFormattable
{
    public readonly ulong Hi;
    public readonly ulong Lo;
    private readonly byte _length;
    private readonly bool _v6;

    private IpPrefix(ulong hi, ulong lo, int length, bool v6)
    {
        (Hi, Lo) = Mask(hi, lo, length);
        _length = (byte)length;
        _v6 = v6;
    }

    public int Length => _length;
    public bool IsIPv6 => _v6;
    public int MaxLength => _v6 ? 128 : 32;
    public bool IsHost => _length == MaxLength;
    public AddressFamily AddressFamily => _v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
    public UInt128 Bits => new(Hi, Lo);

    public static IpPrefix FromBits(UInt128 bits, int length, bool v6) => new((ulong)(bits >> 64), (ulong)bits, length, v6);

    public static IpPrefix V4(uint address, int length = 32) => new((ulong)address << 32, 0, length, v6: false);

    /// <summary>From 4 or 16 octets in network byte order; host bits are cleared.</summary>
    public static IpPrefix FromNetworkOrder(ReadOnlySpan<byte> address, int length) =>
        address.Length == 4
            ? V4(BinaryPrimitives.ReadUInt32BigEndian(address), length)
            : new(BinaryPrimitives.ReadUInt64BigEndian(address), BinaryPrimitives.ReadUInt64BigEndian(address[8..]), length, v6: true);

    public static IpPrefix From(IPNetwork network) => From(network.BaseAddress, network.PrefixLength);

    public static IpPrefix From(IPAddress address) =>
        From(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);

    public static IpPrefix From(IPAddress address, int length)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out int written);
        return FromNetworkOrder(octets[..written], length);
    }

    public int WriteNetworkOrder(Span<byte> destination)
    {
        if (!_v6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(Hi >> 32));
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, Hi);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Lo);
        return 16;
    }

    public IPAddress ToAddress()
    {
        Span<byte> octets = stackalloc byte[16];
        return new IPAddress(octets[..WriteNetworkOrder(octets)]);
    }

    public IPNetwork ToIPNetwork() => new(ToAddress(), _length);

    public bool Contains(in IpPrefix other) =>
        _v6 == other._v6 && _length <= other._length && Mask(other.Hi, other.Lo, _length) == (Hi, Lo);

    public bool Overlaps(in IpPrefix other) => Contains(other) || other.Contains(this);

    /// <summary>The enclosing prefix of the given, shorter length.</summary>
    public IpPrefix Truncate(int length) => new(Hi, Lo, length, _v6);

    /// <summary>Bit <paramref name="index"/> counted from the most significant, 0-based.</summary>
    public bool this[int index] => index < 64 ? (Hi >> (63 - index) & 1) != 0 : (Lo >> (127 - index) & 1) != 0;

    /// <summary>The highest address of the prefix, as a host prefix.</summary>
    public IpPrefix LastAddress
    {
        get
        {
            UInt128 host = _length == 0 ? UInt128.MaxValue : ((UInt128)1 << (128 - _length)) - 1;
            if (!_v6) host &= (UInt128)0xffffffff_00000000 << 64;
            return FromBits(Bits | host, MaxLength, _v6);
        }
    }

    /// <summary>The address at an offset from the base, as a host prefix; the caller keeps the offset inside.</summary>
    public IpPrefix AddressAt(UInt128 offset) => FromBits(Bits + (_v6 ? offset : offset << 96), MaxLength, _v6);

    /// <summary>How far an address of the same family lies behind the base.</summary>
    public UInt128 OffsetOf(in IpPrefix address) => (address.Bits - Bits) >> (_v6 ? 0 : 96);

    /// <summary>Accepts <c>a.b.c.d/n</c>, <c>x::y/n</c>, or a bare address as a host prefix; host bits are cleared.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        ReadOnlySpan<char> addressText = slash < 0 ? text : text[..slash];
        if (addressText.Contains('%') || !IsCanonicalForm(addressText) || !IPAddress.TryParse(addressText, out IPAddress? address))
            return false;
        int max = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        int length = max;
        if (slash >= 0)
        {
            ReadOnlySpan<char> digits = text[(slash + 1)..];
            if (digits.Length is 0 or > 3 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > max)
                return false;
        }

        prefix = From(address, length);
        return true;
    }

    public static IpPrefix Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException($"'{text}' is not an IP address or prefix.");

    // IPAddress.Parse takes 0x7f.1 and 10.1 as IPv4: no Calico or kernel tool does.
    private static bool IsCanonicalForm(ReadOnlySpan<char> address)
    {
        if (address.Contains(':')) return true;
        int octets = 1, digits = 0;
        foreach (char c in address)
        {
            if (c == '.')
            {
                if (digits == 0) return false;
                octets++;
                digits = 0;
            }
            else if (!char.IsAsciiDigit(c) || ++digits > 3)
                return false;
        }

        return octets == 4 && digits > 0 && !HasLeadingZero(address);
    }

    private static bool HasLeadingZero(ReadOnlySpan<char> address)
    {
        for (int i = 0; i < address.Length - 1; i++)
        {
            if (address[i] == '0' && char.IsAsciiDigit(address[i + 1]) && (i == 0 || address[i - 1] == '.'))
                return true;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Hi, ulong Lo) Mask(ulong hi, ulong lo, int length) => length switch
    {
        <= 0 => (0, 0),
        < 64 => (hi & ulong.MaxValue << (64 - length), 0),
        64 => (hi, 0),
        < 128 => (hi, lo & ulong.MaxValue << (128 - length)),
        _ => (hi, lo),
    };

    public bool Equals(IpPrefix other) => Hi == other.Hi && Lo == other.Lo && _length == other._length && _v6 == other._v6;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is IpPrefix other && Equals(other);

    public override int GetHashCode()
    {
        ulong h = (Hi ^ BitRotate(Lo) ^ ((ulong)_length << 1 | (_v6 ? 1UL : 0))) * 0x9E3779B97F4A7C15;
        return (int)(h >> 32);
    }

    private static ulong BitRotate(ulong value) => System.Numerics.BitOperations.RotateLeft(value * 0xC2B2AE3D27D4EB4F, 31);

    /// <summary>IPv4 before IPv6, then by address, then shorter prefixes first.</summary>
    public int CompareTo(IpPrefix other)
    {
        if (_v6 != other._v6) return _v6 ? 1 : -1;
        int order = Hi.CompareTo(other.Hi);
        if (order == 0) order = Lo.CompareTo(other.Lo);
        return order != 0 ? order : _length.CompareTo(other._length);
    }

    public static bool operator ==(IpPrefix left, IpPrefix right) => left.Equals(right);
    public static bool operator !=(IpPrefix left, IpPrefix right) => !left.Equals(right);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ToAddress()}/{_length}");

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{ToAddress()}/{_length}", out charsWritten);
}
