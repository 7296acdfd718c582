using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Calico.Bgp.Mrt;

/// <summary>The attributes that make the text form. Reads what was recorded, right or wrong by RFC 7606, and stops only where octets cannot be told apart.</summary>
internal ref struct MrtAttributes
{
    private ReadOnlySpan<byte> _origin, _path, _path4, _med, _preference, _aggregator, _aggregator4, _communities;
    private bool _fourOctets, _atomic;

    public IPAddress? NextHop { get; private set; }

    public IPAddress? ReachNextHop { get; private set; }

    public Family ReachFamily { get; private set; }

    public ReadOnlySpan<byte> Reach { get; private set; }

    public Family UnreachFamily { get; private set; }

    public ReadOnlySpan<byte> Unreach { get; private set; }

    public static bool TryRead(ReadOnlySpan<byte> octets, bool fourOctets, out MrtAttributes attributes, out string? fault)
    {
        attributes = new MrtAttributes { _fourOctets = fourOctets };
        var reader = new AttributeReader(octets);
        while (reader.TryRead(out PathAttribute attribute))
        {
            if (attributes.Take(attribute)) continue;
            fault = $"The attribute {attribute.Type} is malformed.";
            return false;
        }

        fault = reader.IsTruncated ? "The attributes are cut off." : null;
        return fault is null;
    }

    private bool Take(in PathAttribute attribute)
    {
        ReadOnlySpan<byte> value = attribute.Value;
        switch (attribute.Type)
        {
            case AttributeType.Origin: return Keep(value, ref _origin, value.Length == 1);
            case AttributeType.AsPath: return Keep(value, ref _path, IsPath(value, _fourOctets ? 4 : 2));
            case AttributeType.As4Path: return Keep(value, ref _path4, IsPath(value, 4));
            case AttributeType.MultiExitDiscriminator: return Keep(value, ref _med, value.Length == 4);
            case AttributeType.LocalPreference: return Keep(value, ref _preference, value.Length == 4);
            case AttributeType.Aggregator: return Keep(value, ref _aggregator, value.Length is 6 or 8);
            case AttributeType.As4Aggregator: return Keep(value, ref _aggregator4, value.Length == 8);
            case AttributeType.Communities: return Keep(value, ref _communities, value.Length % 4 == 0);
            case AttributeType.AtomicAggregate: return _atomic = true;
            case AttributeType.NextHop:
                NextHop = NextHopForm.Primary(value);
                return NextHop is not null;
            case AttributeType.MpReachNlri: return TakeReach(value);
            case AttributeType.MpUnreachNlri:
                var cursor = new MrtCursor(value);
                UnreachFamily = new Family(cursor.U16(), cursor.U8());
                Unreach = cursor.Rest;
                return !cursor.IsCut;
            default: return true;
        }
    }

    private static bool Keep(ReadOnlySpan<byte> value, ref ReadOnlySpan<byte> field, bool valid)
    {
        if (valid) field = value;
        return valid;
    }

    // An empty segment says nothing, but collectors have recorded some.
    private static bool IsPath(ReadOnlySpan<byte> wire, int width)
    {
        while (AsPathWire.TryReadSegment(ref wire, out byte type, out _, width))
        {
            if (type is < 1 or > 4) return false;
        }

        return wire.IsEmpty;
    }

    /// <summary>The whole attribute, or the short form of TABLE_DUMP_V2 (RFC 6396 section 4.3.4): no address family starts with an octet other than 0.</summary>
    private bool TakeReach(ReadOnlySpan<byte> value)
    {
        var cursor = new MrtCursor(value);
        if (value is [0, ..]) ReachFamily = new Family(cursor.U16(), cursor.U8());
        ReachNextHop = NextHopForm.Primary(cursor.Take(cursor.U8()));
        if (ReachFamily == default) return !cursor.IsCut;
        cursor.U8();
        Reach = cursor.Rest;
        return !cursor.IsCut;
    }

    /// <summary>The fields after the prefix, each with a bar before it, and a bar at the end.</summary>
    public readonly string Tail(IPAddress? nextHop)
    {
        var text = new StringBuilder("|");
        AppendPath(text);
        text.Append(_origin is [var origin] ? origin switch { 0 => "|IGP|", 1 => "|EGP|", _ => "|INCOMPLETE|" } : "|INCOMPLETE|");
        text.Append(nextHop ?? IPAddress.None).Append('|').Append(Number(_preference)).Append('|').Append(Number(_med)).Append('|');
        AppendCommunities(text);
        text.Append(_atomic ? "|AG|" : "|NAG|");
        AppendAggregator(text);
        return text.Append('|').ToString();
    }

    private static uint Number(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(value);

    private readonly void AppendPath(StringBuilder text)
    {
        ReadOnlySpan<byte> path = _path;
        if (!_fourOctets)
        {
            byte[] merged = new byte[_path.Length * 2 + _path4.Length];
            path = merged.AsSpan(0, As4Merge.Merge(_path, _path4, merged));
        }

        bool first = true;
        while (AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers))
        {
            if (!first) text.Append(' ');
            first = false;
            (string open, string close) = AsPathText.Brackets(type);
            text.Append(open);
            for (int i = 0; i < numbers.Length; i += 4)
            {
                if (i > 0) text.Append(type is 1 or 4 ? ',' : ' ');
                text.Append(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32BigEndian(numbers[i..])}");
            }

            text.Append(close);
        }
    }

    private readonly void AppendCommunities(StringBuilder text)
    {
        string separator = "";
        for (int i = 0; i < _communities.Length; i += 4, separator = " ")
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(_communities[i..]);
            text.Append(separator).Append(value switch
            {
                0xFFFFFF01 => "no-export",
                0xFFFFFF02 => "no-advertise",
                0xFFFFFF03 => "local-AS",
                _ => new Community(value).ToString(),
            });
        }
    }

    private readonly void AppendAggregator(StringBuilder text)
    {
        if (_aggregator.IsEmpty) return;
        ReadOnlySpan<byte> value = _aggregator;
        if (value.Length == 6 && !_aggregator4.IsEmpty && BinaryPrimitives.ReadUInt16BigEndian(value) == Asn.Trans) value = _aggregator4;
        uint asn = value.Length == 8 ? BinaryPrimitives.ReadUInt32BigEndian(value) : BinaryPrimitives.ReadUInt16BigEndian(value);
        text.Append(CultureInfo.InvariantCulture, $"{asn} {new IPAddress(value[^4..])}");
    }
}
