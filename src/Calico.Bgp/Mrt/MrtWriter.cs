using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp.Mrt;

/// <summary>Writes MRT records (RFC 6396, 8050). What was read with the decoders and is written again has the same octets.</summary>
/// <param name="output">Where to.</param>
/// <remarks>Values that a record cannot hold end in an <see cref="ArgumentException"/> that names them; nothing of the record is written then.</remarks>
public sealed class MrtWriter(IBufferWriter<byte> output)
{
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <summary>Writes a record of any type.</summary>
    /// <param name="timestamp">The time; microseconds are written for <see cref="MrtType.Bgp4mpEt"/> only.</param>
    /// <param name="type">The type.</param>
    /// <param name="subtype">The subtype.</param>
    /// <param name="body">What follows the header and the microseconds.</param>
    public void WriteRecord(MrtTimestamp timestamp, MrtType type, ushort subtype, ReadOnlySpan<byte> body)
    {
        int head = type == MrtType.Bgp4mpEt ? 16 : 12;
        Span<byte> target = output.GetSpan(head + body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(target, timestamp.Seconds);
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(target[6..], subtype);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], (uint)(head - 12 + body.Length));
        if (head == 16) BinaryPrimitives.WriteUInt32BigEndian(target[12..], timestamp.Microseconds ?? 0);
        body.CopyTo(target[head..]);
        output.Advance(head + body.Length);
    }

    /// <summary>Writes a PEER_INDEX_TABLE; it goes before the RIB records.</summary>
    /// <param name="timestamp">The time.</param>
    /// <param name="table">The table.</param>
    public void Write(MrtTimestamp timestamp, MrtPeerIndexTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _body.ResetWrittenCount();
        Address(table.CollectorId, AddressFamily.InterNetwork, "The collector's identifier");
        U16(Fits(table.ViewNameOctets.Length, "Octets of the view name"));
        _body.Write(table.ViewNameOctets.Span);
        U16(Fits(table.Peers.Count, "The number of peers"));
        foreach (MrtPeer peer in table.Peers)
        {
            bool v6 = peer.Address.AddressFamily == AddressFamily.InterNetworkV6;
            U8((byte)((v6 ? 1 : 0) | (peer.FourOctetAsn ? 2 : 0)));
            Address(peer.RouterId, AddressFamily.InterNetwork, "A peer's identifier");
            Address(peer.Address, peer.Address.AddressFamily, "A peer's address");
            Number(peer.Asn, peer.FourOctetAsn);
        }

        WriteRecord(timestamp, MrtType.TableDumpV2, 1, _body.WrittenSpan);
    }

    /// <summary>Writes a RIB record; its subtype follows from family, <see cref="MrtRib.IsGeneric"/> and <see cref="MrtRib.AddPath"/>.</summary>
    /// <param name="timestamp">The time.</param>
    /// <param name="rib">The fields; <see cref="MrtRibEntry.WriteTo"/> makes the entries.</param>
    public void Write(MrtTimestamp timestamp, in MrtRib rib)
    {
        ushort subtype = MrtSubtypes.Rib(rib.Family, rib.IsGeneric, rib.AddPath);
        CheckNlri(rib.Family, rib.NlriOctets);
        if (!rib.TryCountEntries(out int entries) || entries != rib.EntryCount) throw new ArgumentException($"The entry count is {rib.EntryCount}, the entries hold {entries} well-formed ones.", nameof(rib));
        _body.ResetWrittenCount();
        U32(rib.Sequence);
        if (subtype is 6 or 12) Write(rib.Family);
        _body.Write(rib.NlriOctets);
        U16(rib.EntryCount);
        _body.Write(rib.Entries);
        WriteRecord(timestamp, MrtType.TableDumpV2, subtype, _body.WrittenSpan);
    }

    /// <summary>Writes a TABLE_DUMP record.</summary>
    /// <param name="timestamp">The time.</param>
    /// <param name="entry">The fields.</param>
    public void Write(MrtTimestamp timestamp, in MrtTableDump entry)
    {
        AddressFamily family = entry.Prefix.AddressFamily;
        bool v6 = family == AddressFamily.InterNetworkV6;
        if (entry.PrefixLength > (v6 ? 128 : 32)) throw new ArgumentException($"The prefix length is {entry.PrefixLength}.", nameof(entry));
        _body.ResetWrittenCount();
        U16(entry.View);
        U16(entry.Sequence);
        Address(entry.Prefix, family, "The prefix");
        U8(entry.PrefixLength);
        U8(entry.Status);
        U32(entry.OriginatedTime);
        Address(entry.PeerAddress, family, "The peer's address");
        Number(entry.PeerAsn, fourOctets: false);
        U16(Fits(entry.Attributes.Length, "Octets of the attributes"));
        _body.Write(entry.Attributes);
        WriteRecord(timestamp, MrtType.TableDump, (ushort)(v6 ? 2 : 1), _body.WrittenSpan);
    }

    /// <summary>Writes a BGP4MP_ENTRY record.</summary>
    /// <param name="timestamp">The time; with microseconds the record is BGP4MP_ET.</param>
    /// <param name="entry">The fields.</param>
    public void Write(MrtTimestamp timestamp, in MrtRouteEntry entry)
    {
        CheckNlri(entry.Family, entry.NlriOctets);
        Begin(entry.Session with { FourOctetAsn = false });
        U16(entry.View);
        U16(entry.Status);
        U32(entry.OriginatedTime);
        Write(entry.Family);
        if (entry.NextHopOctets.Length > 255) throw new ArgumentException($"The next hop has {entry.NextHopOctets.Length} octets.", nameof(entry));
        U8((byte)entry.NextHopOctets.Length);
        _body.Write(entry.NextHopOctets);
        _body.Write(entry.NlriOctets);
        U16(Fits(entry.Attributes.Length, "Octets of the attributes"));
        _body.Write(entry.Attributes);
        End(timestamp, 2);
    }

    /// <summary>Writes a BGP message; the subtype follows from AS width, <see cref="MrtMessage.IsLocal"/> and <see cref="MrtMessage.AddPath"/>.</summary>
    /// <param name="timestamp">The time; with microseconds the record is BGP4MP_ET.</param>
    /// <param name="message">The fields.</param>
    public void Write(MrtTimestamp timestamp, in MrtMessage message)
    {
        if (message.Message.Length < MessageFrame.HeaderLength) throw new ArgumentException($"The message has {message.Message.Length} octets, less than a header.", nameof(message));
        Begin(message.Session);
        _body.Write(message.Message);
        End(timestamp, message.Subtype);
    }

    /// <summary>Writes a state change.</summary>
    /// <param name="timestamp">The time; with microseconds the record is BGP4MP_ET.</param>
    /// <param name="change">The fields.</param>
    public void Write(MrtTimestamp timestamp, in MrtStateChange change)
    {
        Begin(change.Session);
        U16(change.OldState);
        U16(change.NewState);
        End(timestamp, (ushort)(change.Session.FourOctetAsn ? 5 : 0));
    }

    private void Begin(in MrtSession session)
    {
        if (session.PeerAddress is null) throw new ArgumentException("The session has no peer address.", nameof(session));
        AddressFamily family = session.PeerAddress.AddressFamily;
        _body.ResetWrittenCount();
        Number(session.PeerAsn, session.FourOctetAsn);
        Number(session.LocalAsn, session.FourOctetAsn);
        U16(session.InterfaceIndex);
        U16((ushort)(family == AddressFamily.InterNetworkV6 ? 2 : 1));
        Address(session.PeerAddress, family, "The peer's address");
        Address(session.LocalAddress, family, "The collector's address");
    }

    private void End(MrtTimestamp timestamp, ushort subtype) =>
        WriteRecord(timestamp, timestamp.Microseconds is null ? MrtType.Bgp4mp : MrtType.Bgp4mpEt, subtype, _body.WrittenSpan);

    private static void CheckNlri(Family family, ReadOnlySpan<byte> nlri)
    {
        ReadOnlySpan<byte> rest = nlri;
        if (!NlriForm.TryNext(family, ref rest, addPath: false, out _, out _) || !rest.IsEmpty) throw new ArgumentException($"0x{Convert.ToHexStringLower(nlri)} is not one NLRI of {family}.", nameof(nlri));
    }

    private static ushort Fits(int value, string what) =>
        value <= ushort.MaxValue ? (ushort)value : throw new ArgumentException($"{what}: {value}; a record holds 65535.", nameof(value));

    private void Address(IPAddress? address, AddressFamily family, string what)
    {
        if (address is null || address.AddressFamily != family) throw new ArgumentException($"{what} is '{address}', not of the family {family}.", nameof(address));
        Span<byte> target = _body.GetSpan(16);
        address.TryWriteBytes(target, out int written);
        _body.Advance(written);
    }

    private void Number(Asn asn, bool fourOctets)
    {
        if (fourOctets) U32(asn);
        else if (asn.Is2Octet) U16((ushort)asn.Value);
        else throw new ArgumentException($"AS {asn} does not fit in two octets.", nameof(asn));
    }

    private void Write(Family family)
    {
        U16(family.Afi);
        U8(family.Safi);
    }

    private void U8(byte value)
    {
        _body.GetSpan(1)[0] = value;
        _body.Advance(1);
    }

    private void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_body.GetSpan(2), value);
        _body.Advance(2);
    }

    private void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_body.GetSpan(4), value);
        _body.Advance(4);
    }
}
