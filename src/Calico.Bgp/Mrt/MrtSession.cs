using System.Net;

namespace Calico.Bgp.Mrt;

/// <summary>The two ends that the records of BGP4MP name (RFC 6396 section 4.4).</summary>
public readonly record struct MrtSession
{
    /// <summary>The peer's AS.</summary>
    public Asn PeerAsn { get; init; }

    /// <summary>The collector's AS.</summary>
    public Asn LocalAsn { get; init; }

    /// <summary>Index of the interface; 0 when not known.</summary>
    public ushort InterfaceIndex { get; init; }

    /// <summary>The peer's address.</summary>
    public IPAddress PeerAddress { get; init; }

    /// <summary>The collector's address, of the peer address's family.</summary>
    public IPAddress LocalAddress { get; init; }

    /// <summary>Whether the record, and the messages in it, have AS numbers of four octets.</summary>
    public bool FourOctetAsn { get; init; }

    internal static MrtSession Read(scoped ref MrtCursor cursor, bool fourOctets, out string? fault)
    {
        Asn peer = cursor.Asn(fourOctets), local = cursor.Asn(fourOctets);
        ushort index = cursor.U16(), afi = cursor.U16();
        var session = new MrtSession
        {
            PeerAsn = peer,
            LocalAsn = local,
            InterfaceIndex = index,
            PeerAddress = cursor.Address(afi == 2),
            LocalAddress = cursor.Address(afi == 2),
            FourOctetAsn = fourOctets,
        };
        fault = cursor.IsCut ? "The session header is cut off." : afi is not (1 or 2) ? $"The address family is {afi}, neither 1 nor 2." : null;
        return session;
    }

    internal static MrtSession ReadLegacyPeer(scoped ref MrtCursor cursor) =>
        new() { PeerAsn = cursor.U16(), PeerAddress = cursor.Address(v6: false), LocalAddress = IPAddress.Any };
}
