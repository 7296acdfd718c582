using System.Globalization;
using System.Net;

namespace Calico.Bgp.Mrt;

/// <summary>Writes records as text in the one-line form of <c>bgpdump -m</c>: a line for each route, withdrawal and state change, with bars between the fields.</summary>
/// <param name="output">Where to; lines end in a line feed.</param>
/// <remarks>Keeps the last peer index table, so one for each file. Records that hold none of these (keepalives, peer tables) make no line.
/// Addresses have the form of RFC 5952. As in bgpdump, a route without next hop shows 255.255.255.255, and records with path identifiers have <c>_AP</c> in the
/// first field and the identifier after the prefix.</remarks>
public sealed class MrtText(TextWriter output)
{
    private MrtPeerIndexTable? _peers;

    /// <summary>Writes the lines of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="error">What is wrong with the record.</param>
    /// <returns>False when the record is malformed; what came before the fault may be written.</returns>
    public bool TryWrite(in MrtRecord record, out MrtError error)
    {
        error = default;
        switch (record.Content)
        {
            case MrtContent.PeerIndexTable:
                return MrtPeerIndexTable.TryRead(record, out _peers, out error);
            case MrtContent.Rib:
                return MrtRib.TryRead(record, out MrtRib rib, out error) && Settle(record, Write(record, rib), out error);
            case MrtContent.TableDump:
                return MrtTableDump.TryRead(record, out MrtTableDump dump, out error) && Settle(record, Write(record, dump), out error);
            case MrtContent.RouteEntry:
                return MrtRouteEntry.TryRead(record, out MrtRouteEntry entry, out error) && Settle(record, Write(record, entry), out error);
            case MrtContent.Message:
                return MrtMessage.TryRead(record, out MrtMessage message, out error)
                    && (message.Type != MessageType.Update || Settle(record, Write(record, message), out error));
            case MrtContent.StateChange:
                if (!MrtStateChange.TryRead(record, out MrtStateChange change, out error)) return false;
                output.Write(string.Create(CultureInfo.InvariantCulture, $"{Head(record, "STATE", change.Session)}|{change.OldState}|{change.NewState}\n"));
                return true;
            default:
                return true;
        }
    }

    private static bool Settle(in MrtRecord record, string? fault, out MrtError error)
    {
        error = fault is null ? default : record.Fault(fault);
        return fault is null;
    }

    private string? Write(in MrtRecord record, in MrtRib rib)
    {
        if (_peers is null) return "There is no peer index table before the RIB record.";
        string prefix = rib.Nlri.ToString();
        MrtRibEntryReader entries = rib.ReadEntries();
        while (entries.TryRead(out MrtRibEntry entry))
        {
            if (entry.PeerIndex >= _peers.Peers.Count) return $"Peer {entry.PeerIndex} is not in the peer index table, which has {_peers.Peers.Count}.";
            MrtPeer peer = _peers.Peers[entry.PeerIndex];
            if (!MrtAttributes.TryRead(entry.Attributes, fourOctets: true, out MrtAttributes attributes, out string? fault)) return fault;
            string path = rib.AddPath ? string.Create(CultureInfo.InvariantCulture, $"{prefix}|{entry.PathId}") : prefix;
            Line(rib.AddPath ? "TABLE_DUMP2_AP" : "TABLE_DUMP2", record, 'B', peer.Address, peer.Asn, path, attributes.Tail(attributes.ReachNextHop ?? attributes.NextHop));
        }

        return null;
    }

    private string? Write(in MrtRecord record, in MrtTableDump dump)
    {
        if (!MrtAttributes.TryRead(dump.Attributes, fourOctets: false, out MrtAttributes attributes, out string? fault)) return fault;
        string prefix = string.Create(CultureInfo.InvariantCulture, $"{dump.Prefix}/{dump.PrefixLength}");
        Line("TABLE_DUMP", record, 'B', dump.PeerAddress, dump.PeerAsn, prefix, attributes.Tail(attributes.ReachNextHop ?? attributes.NextHop));
        return null;
    }

    private string? Write(in MrtRecord record, in MrtRouteEntry entry)
    {
        if (!MrtAttributes.TryRead(entry.Attributes, fourOctets: false, out MrtAttributes attributes, out string? fault)) return fault;
        Line(Protocol(record), record, 'B', entry.Session.PeerAddress, entry.Session.PeerAsn, entry.Nlri.ToString(), attributes.Tail(entry.NextHop));
        return null;
    }

    private string? Write(in MrtRecord record, in MrtMessage message)
    {
        if (!UpdateReader.TryRead(message.Body, out UpdateReader update, out _)) return "The lengths inside the UPDATE do not fit.";
        if (!MrtAttributes.TryRead(update.Attributes, message.Session.FourOctetAsn, out MrtAttributes attributes, out string? fault)) return fault;
        if (!Routes(record, message, Family.Ipv4Unicast, update.Withdrawn, null)
            || !Routes(record, message, attributes.UnreachFamily, attributes.Unreach, null)
            || !Routes(record, message, Family.Ipv4Unicast, update.Nlri, attributes.Tail(attributes.NextHop))
            || !Routes(record, message, attributes.ReachFamily, attributes.Reach, attributes.Tail(attributes.ReachNextHop))) return "The NLRI are malformed, or their family unknown.";
        return null;
    }

    private bool Routes(in MrtRecord record, in MrtMessage message, Family family, ReadOnlySpan<byte> field, string? tail)
    {
        if (field.IsEmpty) return true;
        bool addPath = message.HasPathIds(family, field);
        string head = Head(record, tail is null ? "W" : "A", message.Session, addPath ? "_AP" : "");
        var reader = new NlriReader(family, field, addPath);
        while (reader.TryRead(out Nlri nlri))
        {
            output.Write(head);
            output.Write('|');
            output.Write(nlri.ToString());
            if (addPath) output.Write(string.Create(CultureInfo.InvariantCulture, $"|{nlri.PathId}"));
            if (tail is not null) output.Write(tail);
            output.Write('\n');
        }

        return !reader.IsMalformed;
    }

    private void Line(string protocol, in MrtRecord record, char kind, IPAddress peer, Asn asn, string prefix, string tail) =>
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{protocol}|{Time(record)}|{kind}|{peer}|{asn.Value}|{prefix}{tail}\n"));

    private static string Head(in MrtRecord record, string kind, in MrtSession session, string suffix = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{Protocol(record)}{suffix}|{Time(record)}|{kind}|{session.PeerAddress}|{session.PeerAsn.Value}");

    private static string Protocol(in MrtRecord record) => record.Type switch { MrtType.Bgp4mpEt => "BGP4MP_ET", MrtType.Bgp => "BGP", _ => "BGP4MP" };

    private static string Time(in MrtRecord record) => record.Timestamp.Microseconds is uint microseconds
        ? string.Create(CultureInfo.InvariantCulture, $"{record.Timestamp.Seconds}.{microseconds:D6}")
        : record.Timestamp.Seconds.ToString(CultureInfo.InvariantCulture);
}
