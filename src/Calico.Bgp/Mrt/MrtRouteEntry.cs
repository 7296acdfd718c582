using System.Net;

namespace Calico.Bgp.Mrt;

/// <summary>BGP4MP_ENTRY: a route of one peer, deprecated but still written by OpenBGPD (RFC 6396 appendix B.2.5).</summary>
public readonly ref struct MrtRouteEntry
{
    /// <summary>The session; AS numbers have two octets.</summary>
    public MrtSession Session { get; init; }

    /// <summary>Number of the view.</summary>
    public ushort View { get; init; }

    /// <summary>Unused.</summary>
    public ushort Status { get; init; }

    /// <summary>When the route came, in seconds since 1970-01-01 UTC.</summary>
    public uint OriginatedTime { get; init; }

    /// <summary>The family.</summary>
    public Family Family { get; init; }

    /// <summary>The next hop in wire form.</summary>
    public ReadOnlySpan<byte> NextHopOctets { get; init; }

    /// <summary>The next hop; null when its length is none of the family's.</summary>
    public IPAddress? NextHop => NextHopForm.Primary(NextHopOctets);

    /// <summary>The NLRI in wire form.</summary>
    public ReadOnlySpan<byte> NlriOctets { get; init; }

    /// <summary>The NLRI.</summary>
    public Nlri Nlri => new(Family, 0, NlriOctets);

    /// <summary>Path attributes with two-octet AS numbers.</summary>
    public ReadOnlySpan<byte> Attributes { get; init; }

    /// <summary>Reads the record.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.RouteEntry"/>.</param>
    /// <param name="entry">The fields; valid as long as the record is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is malformed.</returns>
    public static bool TryRead(in MrtRecord record, out MrtRouteEntry entry, out MrtError error)
    {
        entry = default;
        string? fault = record.Content == MrtContent.RouteEntry ? Read(record, out entry) : "It is not a BGP4MP_ENTRY record.";
        error = fault is null ? default : record.Fault(fault);
        return fault is null;
    }

    private static string? Read(in MrtRecord record, out MrtRouteEntry entry)
    {
        entry = default;
        var cursor = new MrtCursor(record.Body);
        MrtSession session = MrtSession.Read(ref cursor, fourOctets: false, out string? fault);
        if (fault is not null) return fault;
        ushort view = cursor.U16(), status = cursor.U16();
        uint originated = cursor.U32();
        var family = new Family(cursor.U16(), cursor.U8());
        ReadOnlySpan<byte> nextHop = cursor.Take(cursor.U8());
        ReadOnlySpan<byte> rest = cursor.Rest;
        if (cursor.IsCut || !NlriForm.TryNext(family, ref rest, addPath: false, out _, out ReadOnlySpan<byte> nlri)) return $"The NLRI is malformed, or its family {family} unknown.";
        cursor.Take(nlri.Length);
        ReadOnlySpan<byte> attributes = cursor.Take(cursor.U16());
        if (cursor.IsCut) return "The BGP4MP_ENTRY record is cut off.";
        if (!cursor.Rest.IsEmpty) return $"{cursor.Rest.Length} octets follow the attributes.";
        entry = new MrtRouteEntry
        {
            Session = session,
            View = view,
            Status = status,
            OriginatedTime = originated,
            Family = family,
            NextHopOctets = nextHop,
            NlriOctets = nlri,
            Attributes = attributes,
        };
        return null;
    }
}
