using System.Net;
using System.Text;

namespace Calico.Bgp.Mrt;

/// <summary>A peer of a peer index table.</summary>
/// <param name="RouterId">The peer's BGP identifier, IPv4.</param>
/// <param name="Address">The peer's address.</param>
/// <param name="Asn">The peer's AS.</param>
/// <param name="FourOctetAsn">Whether the file holds the AS in four octets.</param>
public readonly record struct MrtPeer(IPAddress RouterId, IPAddress Address, Asn Asn, bool FourOctetAsn = true);

/// <summary>PEER_INDEX_TABLE: the peers that the RIB records of a file point to (RFC 6396 section 4.3.1).</summary>
public sealed record MrtPeerIndexTable
{
    /// <summary>The collector's BGP identifier, IPv4.</summary>
    public required IPAddress CollectorId { get; init; }

    /// <summary>Name of the view, UTF-8; empty when there is none.</summary>
    public ReadOnlyMemory<byte> ViewNameOctets { get; init; }

    /// <summary>Name of the view as text.</summary>
    public string ViewName
    {
        get => Encoding.UTF8.GetString(ViewNameOctets.Span);
        init => ViewNameOctets = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The peers; <see cref="MrtRibEntry.PeerIndex"/> counts from 0. At most 65,535.</summary>
    public IReadOnlyList<MrtPeer> Peers { get; init; } = [];

    /// <summary>Reads the table.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.PeerIndexTable"/>.</param>
    /// <param name="table">The table.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is no well-formed table.</returns>
    public static bool TryRead(in MrtRecord record, out MrtPeerIndexTable? table, out MrtError error)
    {
        table = null;
        error = default;
        if (record.Content != MrtContent.PeerIndexTable) return Fail(record.Fault("It is not a peer index table."), out error);
        var cursor = new MrtCursor(record.Body);
        IPAddress collector = cursor.Address(v6: false);
        byte[] view = cursor.Take(cursor.U16()).ToArray();
        int count = cursor.U16();
        var peers = new List<MrtPeer>();
        for (int i = 0; i < count && !cursor.IsCut; i++)
        {
            byte kind = cursor.U8();
            if ((kind & ~3) != 0) return Fail(record.Fault($"Peer {i} has the unknown type {kind}."), out error);
            peers.Add(new MrtPeer(cursor.Address(v6: false), cursor.Address((kind & 1) != 0), cursor.Asn((kind & 2) != 0), (kind & 2) != 0));
        }

        if (cursor.IsCut) return Fail(record.Fault($"The peer index table is cut off; it claims {count} peers."), out error);
        if (!cursor.Rest.IsEmpty) return Fail(record.Fault($"{cursor.Rest.Length} octets follow the peers."), out error);
        table = new MrtPeerIndexTable { CollectorId = collector, ViewNameOctets = view, Peers = peers };
        return true;
    }

    private static bool Fail(MrtError found, out MrtError error)
    {
        error = found;
        return false;
    }
}
