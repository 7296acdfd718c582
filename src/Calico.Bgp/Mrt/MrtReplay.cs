using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp.Mrt;

/// <summary>What a replay has done.</summary>
/// <param name="Updates">UPDATEs given to the speaker.</param>
/// <param name="Skipped">Records that are no route of a peer taken, or that the speaker cannot be given.</param>
/// <param name="Peers">Addresses of the peers that were played.</param>
/// <param name="Error">Why the file ended before its end; no error otherwise.</param>
public sealed record MrtReplaySummary(long Updates, long Skipped, IReadOnlyList<IPAddress> Peers, MrtError Error);

/// <summary>Plays MRT records to a speaker as if the recorded peers were its neighbours: whole tables and updates go through import, policy and selection.</summary>
/// <remarks>
/// Each peer in the file connects in memory and stays connected until <see cref="Close"/>; the speaker needs a neighbour of its address, or a range that
/// contains it (<c>0.0.0.0/0</c> takes all). Its AS, and whether AS numbers have four octets and NLRI path identifiers, are the file's. Hold time is 0.
/// Use it on the core's own work: a simulator, or <see cref="BgpSpeaker.ReplayAsync"/>.
/// </remarks>
public sealed class MrtReplay
{
    private readonly BgpCore _core;
    private readonly IReadOnlyCollection<IPAddress>? _only;
    private readonly Dictionary<IPAddress, ReplayPeer> _peers = [];
    private readonly ArrayBufferWriter<byte> _update = new();
    private MrtPeerIndexTable? _index;
    private long _updates, _skipped;
    private MrtError _error;

    /// <summary>A replay; nothing happens before <see cref="Apply"/>.</summary>
    /// <param name="core">The speaker; it has to be running.</param>
    /// <param name="only">Addresses of the peers to play; null: all.</param>
    public MrtReplay(BgpCore core, IReadOnlyCollection<IPAddress>? only = null)
    {
        ArgumentNullException.ThrowIfNull(core);
        (_core, _only) = (core, only);
    }

    /// <summary>What has been done so far.</summary>
    public MrtReplaySummary Summary => new(_updates, _skipped, [.. _peers.Keys], _error);

    /// <summary>Plays whole records, in order; a file may come in parts.</summary>
    /// <param name="records">The records, unpacked.</param>
    /// <returns>False when they end in the middle of one.</returns>
    public bool Apply(ReadOnlySpan<byte> records)
    {
        var reader = new MrtReader(records);
        while (reader.TryRead(out MrtRecord record))
        {
            if (!Play(record)) _skipped++;
        }

        _error = reader.Error;
        _core.Flush();
        return !_error.IsError;
    }

    /// <summary>Ends the peers' sessions: what they gave goes.</summary>
    public void Close()
    {
        foreach (ReplayPeer peer in _peers.Values)
        {
            if (!peer.IsClosed) _core.Closed(peer, "the replay is over");
        }

        _peers.Clear();
        _core.Flush();
    }

    private bool Play(in MrtRecord record) => record.Content switch
    {
        MrtContent.PeerIndexTable => MrtPeerIndexTable.TryRead(record, out _index, out _),
        MrtContent.Rib => PlayRib(record),
        MrtContent.TableDump => PlayTableDump(record),
        MrtContent.Message => PlayMessage(record),
        MrtContent.StateChange => PlayStateChange(record),
        _ => false,
    };

    private bool PlayRib(in MrtRecord record)
    {
        if (_index is null || !MrtRib.TryRead(record, out MrtRib rib, out _)) return false;
        bool any = false;
        MrtRibEntryReader entries = rib.ReadEntries();
        while (entries.TryRead(out MrtRibEntry entry))
        {
            if (entry.PeerIndex >= _index.Peers.Count) continue;
            MrtPeer peer = _index.Peers[entry.PeerIndex];
            _update.ResetWrittenCount();
            if (!MrtAttributeBlock.TryWriteUpdate(_update, rib.Family, rib.NlriOctets, rib.AddPath ? entry.PathId : null, entry.Attributes)) continue;
            any |= Give(peer.Address, peer.Asn, fourOctets: true, rib.AddPath, _update.WrittenSpan, peer.RouterId);
        }

        return any;
    }

    private bool PlayTableDump(in MrtRecord record)
    {
        if (!MrtTableDump.TryRead(record, out MrtTableDump entry, out _)) return false;
        var nlri = new ArrayBufferWriter<byte>();
        var prefix = Net.IpPrefix.From(entry.Prefix, entry.PrefixLength);
        nlri.Advance(NlriForm.Write(prefix, null, nlri.GetSpan(32)));
        _update.ResetWrittenCount();
        return MrtAttributeBlock.TryWriteUpdate(_update, prefix.IsIPv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast, nlri.WrittenSpan, null, entry.Attributes)
            && Give(entry.PeerAddress, entry.PeerAsn, fourOctets: false, addPath: false, _update.WrittenSpan);
    }

    private bool PlayMessage(in MrtRecord record)
    {
        if (!MrtMessage.TryRead(record, out MrtMessage message, out _) || message.IsLocal || message.Type != MessageType.Update) return false;
        ReadOnlySpan<byte> update = message.Message;
        if (update.IsEmpty)
        {
            // The deprecated type BGP leaves the header out.
            _update.ResetWrittenCount();
            Span<byte> whole = _update.GetSpan(MessageFrame.HeaderLength + message.Body.Length)[..(MessageFrame.HeaderLength + message.Body.Length)];
            MessageWriter.WriteHeader(whole, MessageType.Update, whole.Length);
            message.Body.CopyTo(whole[MessageFrame.HeaderLength..]);
            update = whole;
        }

        return Give(message.Session.PeerAddress, message.Session.PeerAsn, message.Session.FourOctetAsn, message.AddPath, update[..(MessageFrame.HeaderLength + message.Body.Length)]);
    }

    private bool PlayStateChange(in MrtRecord record)
    {
        if (!MrtStateChange.TryRead(record, out MrtStateChange change, out _)) return false;
        if (change.NewState == 6 || !_peers.Remove(change.Session.PeerAddress, out ReplayPeer? peer)) return true;
        if (!peer.IsClosed) _core.Closed(peer, "recorded");
        return true;
    }

    private bool Give(IPAddress address, Asn asn, bool fourOctets, bool addPath, ReadOnlySpan<byte> update, IPAddress? routerId = null)
    {
        if (_only is not null && !_only.Contains(address)) return false;
        if (!_peers.TryGetValue(address, out ReplayPeer? peer) || peer.IsClosed || peer.FourOctets != fourOctets || peer.AddPath != addPath)
        {
            if (peer is { IsClosed: false }) _core.Closed(peer, "the recorded session changes");
            _peers[address] = peer = new ReplayPeer(address, fourOctets, addPath);
            Establish(peer, asn, routerId ?? address);
        }

        if (peer.IsClosed) return false;
        _core.Received(peer, update);
        if (_core.PendingChanges > 16384) _core.Flush();
        _updates++;
        return true;
    }

    private void Establish(ReplayPeer peer, Asn asn, IPAddress identifier)
    {
        Family[] families = [Family.Ipv4Unicast, Family.Ipv6Unicast, Family.Ipv4Multicast, Family.Ipv6Multicast];
        Span<byte> id = stackalloc byte[16];
        identifier.TryWriteBytes(id, out int length);
        var messages = new ArrayBufferWriter<byte>();
        OpenWriter.Write(messages, asn, 0, Math.Max(1, BinaryPrimitives.ReadUInt32BigEndian(id[(length - 4)..])), new BgpCapabilities
        {
            Families = families,
            FourOctetAsn = peer.FourOctets ? asn : null,
            ExtendedMessage = true,
            ExtendedNextHop = [Family.Ipv4Unicast],
            AddPath = peer.AddPath ? [.. families.Select(f => new AddPathFamily(f, AddPathMode.Send))] : [],
        });
        MessageWriter.WriteKeepalive(messages);
        _core.Accepted(peer);
        _core.Received(peer, messages.WrittenSpan);
    }

    /// <summary>A recorded peer's end of a session: what the speaker sends is not looked at.</summary>
    private sealed class ReplayPeer(IPAddress address, bool fourOctets, bool addPath) : IBgpConnection
    {
        public bool FourOctets => fourOctets;

        public bool AddPath => addPath;

        public bool IsClosed { get; private set; }

        public IPEndPoint LocalEndPoint { get; } = new(address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 179);

        public IPEndPoint RemoteEndPoint { get; } = new(address, 179);

        public long QueuedBytes => 0;

        public void Send(OutgoingBytes bytes) => bytes.Release();

        public void Close() => IsClosed = true;
    }
}
