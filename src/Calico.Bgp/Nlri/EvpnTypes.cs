using System.Buffers.Binary;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>Route types of EVPN (RFC 7432 section 7, RFC 9136 section 3); others are kept as raw.</summary>
public enum EvpnRouteType : byte
{
    /// <summary>Ethernet Auto-Discovery.</summary>
    EthernetAutoDiscovery = 1,

    /// <summary>MAC/IP Advertisement.</summary>
    MacIp = 2,

    /// <summary>Inclusive Multicast Ethernet Tag.</summary>
    InclusiveMulticast = 3,

    /// <summary>Ethernet Segment.</summary>
    EthernetSegment = 4,

    /// <summary>IP Prefix (RFC 9136).</summary>
    IpPrefix = 5,
}

/// <summary>An Ethernet Segment Identifier: 10 octets (RFC 7432 section 5), all zero for a single-homed site.</summary>
/// <param name="High">The first 8 octets in network byte order.</param>
/// <param name="Low">The last 2.</param>
public readonly record struct EthernetSegment(ulong High, ushort Low)
{
    /// <summary>Octets of an identifier.</summary>
    public const int Length = 10;

    internal static EthernetSegment Read(ReadOnlySpan<byte> octets) => new(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt16BigEndian(octets[8..]));

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], Low);
    }

    /// <summary>Reads 10 octets in hexadecimal with colons.</summary>
    /// <param name="text">For example <c>00:11:22:33:44:55:66:77:88:99</c>.</param>
    /// <param name="segment">The identifier.</param>
    /// <returns>False when the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out EthernetSegment segment)
    {
        Span<byte> octets = stackalloc byte[Length];
        bool parsed = ColonHex.TryParse(text, octets);
        segment = parsed ? Read(octets) : default;
        return parsed;
    }

    /// <summary>The text form.</summary>
    /// <returns>For example <c>00:11:22:33:44:55:66:77:88:99</c>.</returns>
    public override string ToString()
    {
        Span<byte> octets = stackalloc byte[Length];
        Write(octets);
        return ColonHex.Format(octets);
    }
}

/// <summary>A MAC address of 48 bits.</summary>
/// <param name="Value">The address as a number; the first octet is the highest.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Octets of an address.</summary>
    public const int Length = 6;

    internal static MacAddress Read(ReadOnlySpan<byte> octets) => new((ulong)BinaryPrimitives.ReadUInt16BigEndian(octets) << 32 | BinaryPrimitives.ReadUInt32BigEndian(octets[2..]));

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)Value);
    }

    /// <summary>Reads 6 octets in hexadecimal with colons.</summary>
    /// <param name="text">For example <c>00:11:22:33:44:55</c>.</param>
    /// <param name="address">The address.</param>
    /// <returns>False when the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress address)
    {
        Span<byte> octets = stackalloc byte[Length];
        bool parsed = ColonHex.TryParse(text, octets);
        address = parsed ? Read(octets) : default;
        return parsed;
    }

    /// <summary>The text form.</summary>
    /// <returns>For example <c>00:11:22:33:44:55</c>.</returns>
    public override string ToString()
    {
        Span<byte> octets = stackalloc byte[Length];
        Write(octets);
        return ColonHex.Format(octets);
    }
}

internal static class ColonHex
{
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> octets)
    {
        if (text.Length != octets.Length * 3 - 1) return false;
        for (int i = 0; i < octets.Length; i++)
        {
            if (i > 0 && text[3 * i - 1] != ':') return false;
            if (!byte.TryParse(text.Slice(3 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octets[i])) return false;
        }

        return true;
    }

    public static string Format(ReadOnlySpan<byte> octets)
    {
        Span<char> text = stackalloc char[octets.Length * 3 - 1];
        for (int i = 0; i < octets.Length; i++)
        {
            if (i > 0) text[3 * i - 1] = ':';
            octets[i].TryFormat(text[(3 * i)..], out _, "x2", CultureInfo.InvariantCulture);
        }

        return text.ToString();
    }
}
