using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp.Bmp;

/// <summary>What one collector connection is told, in order, as it takes it. Lives on the core's work; whoever writes to the collector pulls.</summary>
/// <remarks>
/// Two sources. A queue holds what cannot be merged: sessions up and down, and UPDATEs before policy; it is bounded by
/// <see cref="BmpOptions.QueueLimit"/>. Lanes hold the tables, the last state of each path; they are read when the queue is empty, so a route
/// is never told before its peer is up. What a peer's end makes the collector forget the lanes forget too.
/// </remarks>
internal sealed partial class BmpFeed : ISessionMonitor
{
    private readonly BgpCore _core;
    private readonly BmpOptions _options;
    private readonly Queue<byte[]> _queue = new();
    private readonly Dictionary<ushort, Session> _up = [];
    private readonly List<MonitorLane> _lanes = [];
    private readonly Queue<KeptRoutes> _kept = new();
    private readonly ArrayBufferWriter<byte> _scratch = new(), _update = new();
    private long _queued;
    private bool _statisticsDue;

    public BmpFeed(BgpCore core, BmpOptions options)
    {
        _core = core;
        _options = options;
        Enqueue(WriteInitiation);
        if (options.Tables.HasFlag(BmpTables.LocRib)) Enqueue(WriteLocRibUp);
        core.AddMonitor(this);
        foreach (Session session in core.EstablishedSessions.ToArray())
        {
            Up(session);
            if (options.Tables.HasFlag(BmpTables.PrePolicy)) TellKept(session);
        }
    }

    /// <summary>Raised when <see cref="Read"/> has something after it had nothing.</summary>
    public event Action? Readable;

    /// <summary>More waited than may: the collector has to start afresh.</summary>
    public bool IsOverflowed { get; private set; }

    /// <summary>Writes about so many octets of messages; false when there is nothing to write.</summary>
    public bool Read(ArrayBufferWriter<byte> output, int about)
    {
        while (output.WrittenCount < about && _queue.TryDequeue(out byte[]? message))
        {
            _queued -= message.Length;
            output.Write(message);
        }

        while (output.WrittenCount < about && _kept.TryPeek(out KeptRoutes? kept))
        {
            if (!kept.Write(this, output, about)) _kept.Dequeue();
        }

        if (_queue.Count == 0) ReadTables(output, about);
        if (_statisticsDue && _queue.Count == 0)
        {
            _statisticsDue = false;
            WriteStatistics(output);
        }

        return output.WrittenCount > 0;
    }

    public void RequestStatistics()
    {
        _statisticsDue = true;
        Readable?.Invoke();
    }

    public void Close()
    {
        _core.RemoveMonitor(this);
        foreach (MonitorLane lane in _lanes) lane.Dispose();
        _lanes.Clear();
    }

    public void StateChanged(Session session, BgpState before, BgpState after)
    {
    }

    public void Sent(Session session, ReadOnlySpan<byte> messages)
    {
    }

    public void Up(Session session)
    {
        _up[session.Neighbor.Source.Index] = session;
        Enqueue(output => WriteUp(output, session));
        // What stayed in the table through a restart has to be told again: the collector has forgotten it.
        foreach (MonitorLane lane in _lanes)
        {
            if (lane.BestOnly) continue;
            lane.WalkAgain();
            lane.IsAwaited = true;
        }
    }

    public void Down(Session session, BgpEvent cause, BgpError error)
    {
        if (!_up.Remove(session.Neighbor.Source.Index)) return;
        foreach (MonitorLane lane in _lanes) lane.Forget(session.Neighbor.Source.Index);
        Enqueue(output => WriteDown(output, session, cause, error));
    }

    public void Received(Session session, ReadOnlySpan<byte> message)
    {
        if (message[18] != (byte)MessageType.Update || !_options.Tables.HasFlag(BmpTables.PrePolicy) || !_up.ContainsKey(session.Neighbor.Source.Index)) return;
        _scratch.ResetWrittenCount();
        BmpPeer peer = PeerOf(session, session.FourOctetAsn ? BmpPeerFlags.None : BmpPeerFlags.TwoOctetAsPath);
        BmpWriter.Write(_scratch, new BmpRouteMonitoring { Peer = peer, Update = message });
        Enqueue(_scratch.WrittenSpan.ToArray());
    }

    public void Flushed()
    {
        if (_lanes.Exists(lane => !lane.IsClean) || HasNewTables()) Readable?.Invoke();
    }

    private void Enqueue(Action<ArrayBufferWriter<byte>> write)
    {
        _scratch.ResetWrittenCount();
        write(_scratch);
        Enqueue(_scratch.WrittenSpan.ToArray());
    }

    private void Enqueue(byte[] message)
    {
        if (IsOverflowed) return;
        _queue.Enqueue(message);
        _queued += message.Length;
        if (_queued > _options.QueueLimit)
        {
            IsOverflowed = true;
            _queue.Clear();
            _queued = 0;
        }

        Readable?.Invoke();
    }

    private void TellKept(Session session)
    {
        foreach (Family family in session.Families)
        {
            if (session.Neighbor.FamilyOf(family).AdjRibIn is { } kept) _kept.Enqueue(new KeptRoutes(session, family, [.. kept.Keys]));
            else if (session.Theirs.RouteRefresh) session.Write(w => MessageWriter.WriteRouteRefresh(w, family));
        }
    }

    private BmpPeer PeerOf(Session session, BmpPeerFlags flags) =>
        new BmpPeer { Flags = flags, Address = session.Neighbor.Address, Asn = session.RemoteAsn, RouterId = session.RemoteId }.At(_core.Timers.Time.GetUtcNow());

    private BmpPeer LocRib => new BmpPeer { Type = BmpPeerType.LocRib, Asn = _core.Options.Asn, RouterId = _core.RouterId }.At(_core.Timers.Time.GetUtcNow());

    private void WriteInitiation(ArrayBufferWriter<byte> output)
    {
        _update.ResetWrittenCount();
        BmpWriter.WriteText(_update, BmpInformationType.SystemDescription, _options.SystemDescription);
        BmpWriter.WriteText(_update, BmpInformationType.SystemName, _options.SystemName);
        BmpWriter.Write(output, BmpMessageType.Initiation, new BmpInformation { Items = _update.WrittenSpan });
    }

    private void WriteUp(ArrayBufferWriter<byte> output, Session session) => BmpWriter.Write(output, new BmpPeerUp
    {
        Peer = PeerOf(session, BmpPeerFlags.None),
        LocalAddress = BgpCore.Normalize(session.Connection.LocalEndPoint.Address),
        LocalPort = (ushort)session.Connection.LocalEndPoint.Port,
        RemotePort = (ushort)session.Connection.RemoteEndPoint.Port,
        SentOpen = session.SentOpen.Span,
        ReceivedOpen = session.ReceivedOpen.Span,
    });

    private void WriteLocRibUp(ArrayBufferWriter<byte> output)
    {
        var open = new ArrayBufferWriter<byte>();
        OpenWriter.Write(open, _core.Options.Asn, 0, _core.RouterId, new BgpCapabilities { Families = [.. new[] { Family.Ipv4Unicast, Family.Ipv6Unicast }.Union(_core.Ribs.Select(r => r.Family))], FourOctetAsn = _core.Options.Asn });
        _update.ResetWrittenCount();
        BmpWriter.WriteText(_update, BmpInformationType.TableName, "global");
        BmpWriter.Write(output, new BmpPeerUp { Peer = LocRib, SentOpen = open.WrittenSpan, ReceivedOpen = open.WrittenSpan, Information = _update.WrittenSpan });
    }

    private void WriteDown(ArrayBufferWriter<byte> output, Session session, BgpEvent cause, BgpError error)
    {
        bool remote = cause is BgpEvent.NotificationReceived or BgpEvent.NotificationVersionError;
        _update.ResetWrittenCount();
        BmpPeerDownReason reason = remote ? BmpPeerDownReason.RemoteNotification : error.IsError ? BmpPeerDownReason.LocalNotification
            : cause == BgpEvent.TcpConnectionFails ? BmpPeerDownReason.RemoteNoNotification : BmpPeerDownReason.LocalNoNotification;
        if (reason is BmpPeerDownReason.RemoteNotification or BmpPeerDownReason.LocalNotification) MessageWriter.WriteNotification(_update, error);
        else if (reason == BmpPeerDownReason.LocalNoNotification) _update.Write((ReadOnlySpan<byte>)[0, (byte)cause]);
        BmpWriter.Write(output, new BmpPeerDown { Peer = PeerOf(session, BmpPeerFlags.None), Reason = reason, Data = _update.WrittenSpan });
    }

    private void WriteStatistics(ArrayBufferWriter<byte> output)
    {
        foreach (Session session in _up.Values)
        {
            Neighbor neighbor = session.Neighbor;
            _update.ResetWrittenCount();
            BmpWriter.WriteCounter(_update, BmpStatistic.Rejected, neighbor.Rejected);
            BmpWriter.WriteCounter(_update, BmpStatistic.TreatedAsWithdraw, neighbor.MalformedUpdates);
            BmpWriter.WriteGauge(_update, BmpStatistic.AdjRibIn, session.Families.Sum(f => neighbor.FamilyOf(f).Accepted));
            foreach (Family family in session.Families) BmpWriter.WriteGauge(_update, BmpStatistic.AdjRibInOfFamily, neighbor.FamilyOf(family).Accepted, family);
            BmpWriter.Write(output, new BmpStatisticsReport { Peer = PeerOf(session, BmpPeerFlags.None), Statistics = _update.WrittenSpan });
        }

        if (!_options.Tables.HasFlag(BmpTables.LocRib)) return;
        _update.ResetWrittenCount();
        BmpWriter.WriteGauge(_update, BmpStatistic.LocRib, _core.Ribs.Sum(r => r.RouteCount));
        foreach (Rib rib in _core.Ribs) BmpWriter.WriteGauge(_update, BmpStatistic.LocRibOfFamily, rib.RouteCount, rib.Family);
        BmpWriter.Write(output, new BmpStatisticsReport { Peer = LocRib, Statistics = _update.WrittenSpan });
    }
}
