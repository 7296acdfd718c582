using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>What a table is keyed by: a destination without path identifier.</summary>
internal interface INlriKey<TSelf> : IEquatable<TSelf>
    where TSelf : struct, INlriKey<TSelf>
{
    /// <summary>Takes one off the front of a field that has been checked.</summary>
    static abstract TSelf Read(scoped ref ReadOnlySpan<byte> field);

    static abstract TSelf From(in IpPrefix prefix);

    IpPrefix Prefix { get; }

    int WireLength { get; }

    int HashCode { get; }

    void Write(Span<byte> destination);
}

/// <summary>An IPv4 prefix in 8 octets.</summary>
internal readonly struct Ipv4Key(uint address, byte length) : INlriKey<Ipv4Key>
{
    private readonly uint _address = address;
    private readonly byte _length = length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Ipv4Key Read(scoped ref ReadOnlySpan<byte> field)
    {
        int length = field[0];
        int octets = (length + 7) >> 3;
        uint address;
        if (field.Length >= 5)
        {
            address = BinaryPrimitives.ReadUInt32BigEndian(field[1..]);
        }
        else
        {
            address = 0;
            for (int i = 0; i < octets; i++) address |= (uint)field[1 + i] << (24 - 8 * i);
        }

        field = field[(1 + octets)..];
        return new Ipv4Key(length == 0 ? 0 : address & uint.MaxValue << (32 - length), (byte)length);
    }

    public static Ipv4Key From(in IpPrefix prefix) => new((uint)(prefix.Hi >> 32), (byte)prefix.Length);

    public IpPrefix Prefix => IpPrefix.V4(_address, _length);

    public int WireLength => 1 + ((_length + 7) >> 3);

    public int HashCode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(((ulong)_address << 6 ^ _length) * 0x9E3779B97F4A7C15 >> 32);
    }

    public void Write(Span<byte> destination)
    {
        destination[0] = _length;
        int octets = (_length + 7) >> 3;
        for (int i = 0; i < octets; i++) destination[1 + i] = (byte)(_address >> (24 - 8 * i));
    }

    public bool Equals(Ipv4Key other) => _address == other._address && _length == other._length;

    public override bool Equals(object? obj) => obj is Ipv4Key other && Equals(other);

    public override int GetHashCode() => HashCode;
}

/// <summary>An IPv6 prefix.</summary>
internal readonly struct Ipv6Key(ulong hi, ulong lo, byte length) : INlriKey<Ipv6Key>
{
    private readonly ulong _hi = hi;
    private readonly ulong _lo = lo;
    private readonly byte _length = length;

    public static Ipv6Key Read(scoped ref ReadOnlySpan<byte> field)
    {
        int length = field[0];
        int octets = (length + 7) >> 3;
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        field.Slice(1, octets).CopyTo(address);
        field = field[(1 + octets)..];
        return From(IpPrefix.FromNetworkOrder(address, length));
    }

    public static Ipv6Key From(in IpPrefix prefix) => new(prefix.Hi, prefix.Lo, (byte)prefix.Length);

    public IpPrefix Prefix => IpPrefix.FromBits(new UInt128(_hi, _lo), _length, v6: true);

    public int WireLength => 1 + ((_length + 7) >> 3);

    public int HashCode
    {
        get
        {
            ulong hash = (_hi ^ System.Numerics.BitOperations.RotateLeft(_lo * 0xC2B2AE3D27D4EB4F, 31) ^ (ulong)_length << 56) * 0x9E3779B97F4A7C15;
            return (int)(hash >> 32);
        }
    }

    public void Write(Span<byte> destination)
    {
        Span<byte> address = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(address, _hi);
        BinaryPrimitives.WriteUInt64BigEndian(address[8..], _lo);
        destination[0] = _length;
        address[..((_length + 7) >> 3)].CopyTo(destination[1..]);
    }

    public bool Equals(Ipv6Key other) => _hi == other._hi && _lo == other._lo && _length == other._length;

    public override bool Equals(object? obj) => obj is Ipv6Key other && Equals(other);

    public override int GetHashCode() => HashCode;
}
