using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Calico.Bgp;

/// <summary>Reads values out of attribute octets whose form has been checked.</summary>
internal static class AttributeValues
{
    public static LargeCommunity ReadLarge(ReadOnlySpan<byte> value) => new(
        BinaryPrimitives.ReadUInt32BigEndian(value), BinaryPrimitives.ReadUInt32BigEndian(value[4..]), BinaryPrimitives.ReadUInt32BigEndian(value[8..]));

    public static void WriteLarge(Span<byte> destination, LargeCommunity community)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, community.GlobalAdministrator);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], community.LocalData1);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], community.LocalData2);
    }

    public static bool Contains(ReadOnlySpan<byte> value, Community community)
    {
        for (; value.Length >= 4; value = value[4..])
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(value) == community.Value) return true;
        }

        return false;
    }

    public static bool Contains(ReadOnlySpan<byte> value, ExtendedCommunity community)
    {
        for (; value.Length >= 8; value = value[8..])
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(value) == community.Value) return true;
        }

        return false;
    }

    public static bool Contains(ReadOnlySpan<byte> value, LargeCommunity community)
    {
        for (; value.Length >= 12; value = value[12..])
        {
            if (ReadLarge(value) == community) return true;
        }

        return false;
    }

    /// <summary>The AIGP TLV (type 1, length 11) of RFC 7311 section 3.</summary>
    public static ulong? AigpMetric(ReadOnlySpan<byte> value)
    {
        while (value.Length >= 3)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(value[1..]);
            if (length < 3 || length > value.Length) return null;
            if (value[0] == 1 && length == 11) return BinaryPrimitives.ReadUInt64BigEndian(value[3..]);
            value = value[length..];
        }

        return null;
    }
}

/// <summary>The forms of a next hop on the wire: with or without a link-local second address (RFC 2545) and route distinguishers (RFC 4364).</summary>
internal static class NextHopForm
{
    public static IPAddress? Primary(ReadOnlySpan<byte> wire) => wire.Length switch
    {
        4 => new IPAddress(wire),
        12 => new IPAddress(wire[8..]),
        16 => new IPAddress(wire),
        // Some speakers without a global address put zeros before the link-local one.
        32 => new IPAddress(IsUnspecified(wire) ? wire[16..] : wire[..16]),
        24 or 48 => new IPAddress(wire.Slice(8, 16)),
        _ => null,
    };

    public static IPAddress? LinkLocal(ReadOnlySpan<byte> wire) => wire.Length switch
    {
        16 when IsLinkLocal(wire) => new IPAddress(wire),
        32 => new IPAddress(wire[16..]),
        48 => new IPAddress(wire[32..]),
        _ => null,
    };

    /// <summary>Whether the first address means something beyond the link: no link-local and no unspecified one.</summary>
    public static bool IsGlobal(ReadOnlySpan<byte> wire) => wire.Length == 4 || (!IsUnspecified(wire) && !IsLinkLocal(wire));

    private static bool IsUnspecified(ReadOnlySpan<byte> wire) => wire[..16].IndexOfAnyExcept((byte)0) < 0;

    private static bool IsLinkLocal(ReadOnlySpan<byte> wire) => wire[0] == 0xFE && (wire[1] & 0xC0) == 0x80;
}

internal static class PathAttributesText
{
    public static string Format(PathAttributes attributes)
    {
        var text = new StringBuilder();
        if (attributes.NextHop is { } nextHop) text.Append("via ").Append(nextHop).Append(' ');
        text.Append("path [").Append(attributes.AsPath).Append("] origin ").Append(attributes.Origin switch
        {
            RouteOrigin.Igp => "igp",
            RouteOrigin.Egp => "egp",
            _ => "incomplete",
        });
        if (attributes.LocalPreference is uint preference) text.Append(" local-pref ").Append(preference);
        if (attributes.MultiExitDiscriminator is uint med) text.Append(" med ").Append(med);
        if (attributes.AtomicAggregate) text.Append(" atomic-aggregate");
        if (attributes.Aggregator is { } aggregator) text.Append(" aggregator ").Append(aggregator.Asn).Append(' ').Append(aggregator.Address);
        if (attributes.OriginatorId is { } originator) text.Append(" originator ").Append(originator);
        if (attributes.ClusterList is { Count: > 0 } clusters) text.Append(" clusters [").AppendJoin(' ', clusters).Append(']');
        if (attributes.Communities is { Count: > 0 } communities) text.Append(" communities [").AppendJoin(' ', communities).Append(']');
        if (attributes.ExtendedCommunities is { Count: > 0 } extended) text.Append(" ext-communities [").AppendJoin(' ', extended).Append(']');
        if (attributes.LargeCommunities is { Count: > 0 } large) text.Append(" large-communities [").AppendJoin(' ', large).Append(']');
        if (attributes.OnlyToCustomer is { } otc) text.Append(" otc ").Append(otc);
        if (attributes.AccumulatedIgpMetric is ulong aigp) text.Append(" aigp ").Append(aigp);
        return text.ToString();
    }
}
