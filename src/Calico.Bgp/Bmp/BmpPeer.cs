using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Bgp.Mrt;

namespace Calico.Bgp.Bmp;

/// <summary>The per-peer header (RFC 7854 section 4.2): which peer, which of its tables, and when.</summary>
public readonly record struct BmpPeer
{
    /// <summary>Octets of the header.</summary>
    public const int Length = 42;

    /// <summary>What kind of peer.</summary>
    public BmpPeerType Type { get; init; }

    /// <summary>Flags; <see cref="BmpPeerFlags.Ipv6"/> is set from <see cref="Address"/> when written, except for the Loc-RIB.</summary>
    public BmpPeerFlags Flags { get; init; }

    /// <summary>Tells instances with overlapping addresses apart; 0 for the global one.</summary>
    public RouteDistinguisher Distinguisher { get; init; }

    /// <summary>The peer's address; null for the Loc-RIB, whose field is zero.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The peer's AS.</summary>
    public Asn Asn { get; init; }

    /// <summary>The peer's BGP identifier as a number.</summary>
    public uint RouterId { get; init; }

    /// <summary>When the route came or the event happened: seconds since 1970-01-01 UTC; 0 when not known.</summary>
    public uint Seconds { get; init; }

    /// <summary>Microseconds on top.</summary>
    public uint Microseconds { get; init; }

    /// <summary>The same with an instant.</summary>
    /// <param name="time">The instant.</param>
    /// <returns>A copy.</returns>
    public BmpPeer At(DateTimeOffset time)
    {
        MrtTimestamp stamp = MrtTimestamp.From(time, extended: true);
        return this with { Seconds = stamp.Seconds, Microseconds = stamp.Microseconds ?? 0 };
    }

    internal static BmpPeer Read(scoped ref MrtCursor cursor)
    {
        var type = (BmpPeerType)cursor.U8();
        var flags = (BmpPeerFlags)cursor.U8();
        ulong distinguisher = (ulong)cursor.U32() << 32 | cursor.U32();
        ReadOnlySpan<byte> address = cursor.Take(16);
        bool isIpv6 = (flags & BmpPeerFlags.Ipv6) != 0;
        return new BmpPeer
        {
            Type = type,
            Flags = flags,
            Distinguisher = new RouteDistinguisher(distinguisher),
            Address = address.IsEmpty || type == BmpPeerType.LocRib ? null : new IPAddress(isIpv6 ? address : address[12..]),
            Asn = cursor.U32(),
            RouterId = cursor.U32(),
            Seconds = cursor.U32(),
            Microseconds = cursor.U32(),
        };
    }

    internal void Write(Span<byte> destination)
    {
        destination[..Length].Clear();
        bool isIpv6 = Address is { AddressFamily: AddressFamily.InterNetworkV6 };
        destination[0] = (byte)Type;
        destination[1] = (byte)(Type == BmpPeerType.LocRib ? Flags : isIpv6 ? Flags | BmpPeerFlags.Ipv6 : Flags & ~BmpPeerFlags.Ipv6);
        BinaryPrimitives.WriteUInt64BigEndian(destination[2..], Distinguisher.Value);
        Address?.TryWriteBytes(destination.Slice(isIpv6 ? 10 : 22, isIpv6 ? 16 : 4), out _);
        BinaryPrimitives.WriteUInt32BigEndian(destination[26..], Asn.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[30..], RouterId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[34..], Seconds);
        BinaryPrimitives.WriteUInt32BigEndian(destination[38..], Microseconds);
    }
}
