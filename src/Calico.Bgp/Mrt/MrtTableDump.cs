using System.Net;

namespace Calico.Bgp.Mrt;

/// <summary>TABLE_DUMP: a route of one peer, AS numbers of two octets (RFC 6396 section 4.2).</summary>
public readonly ref struct MrtTableDump
{
    /// <summary>Number of the view; mostly 0.</summary>
    public ushort View { get; init; }

    /// <summary>Number of the record; wraps at 65,535.</summary>
    public ushort Sequence { get; init; }

    /// <summary>The prefix's address.</summary>
    public IPAddress Prefix { get; init; }

    /// <summary>The prefix's length in bits.</summary>
    public byte PrefixLength { get; init; }

    /// <summary>Unused; 1.</summary>
    public byte Status { get; init; }

    /// <summary>When the route came, in seconds since 1970-01-01 UTC.</summary>
    public uint OriginatedTime { get; init; }

    /// <summary>The peer's address, of the prefix's family.</summary>
    public IPAddress PeerAddress { get; init; }

    /// <summary>The peer's AS, at most 65,535.</summary>
    public Asn PeerAsn { get; init; }

    /// <summary>Path attributes with two-octet AS numbers.</summary>
    public ReadOnlySpan<byte> Attributes { get; init; }

    /// <summary>Reads the record.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.TableDump"/>.</param>
    /// <param name="entry">The fields; valid as long as the record is.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is malformed.</returns>
    public static bool TryRead(in MrtRecord record, out MrtTableDump entry, out MrtError error)
    {
        entry = default;
        error = default;
        if (record.Content != MrtContent.TableDump)
        {
            error = record.Fault("It is not a TABLE_DUMP record.");
            return false;
        }

        bool v6 = record.Subtype == 2;
        var cursor = new MrtCursor(record.Body);
        entry = new MrtTableDump
        {
            View = cursor.U16(),
            Sequence = cursor.U16(),
            Prefix = cursor.Address(v6),
            PrefixLength = cursor.U8(),
            Status = cursor.U8(),
            OriginatedTime = cursor.U32(),
            PeerAddress = cursor.Address(v6),
            PeerAsn = cursor.U16(),
            Attributes = cursor.Take(cursor.U16()),
        };
        if (cursor.IsCut) error = record.Fault("The TABLE_DUMP record is cut off.");
        else if (entry.PrefixLength > (v6 ? 128 : 32)) error = record.Fault($"The prefix length is {entry.PrefixLength}.");
        else if (!cursor.Rest.IsEmpty) error = record.Fault($"{cursor.Rest.Length} octets follow the attributes.");
        return !error.IsError;
    }
}
