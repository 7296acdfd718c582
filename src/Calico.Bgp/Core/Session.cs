using System.Buffers;
using System.Net;

namespace Calico.Bgp;

/// <summary>One connection and its state machine. Carries out what <see cref="BgpFsm"/> asks for.</summary>
internal sealed partial class Session
{
    private readonly BgpCore _core;
    private readonly CoreTimer _hold;
    private readonly CoreTimer _keepalive;
    private readonly CoreTimer _delayOpen;
    private readonly CoreTimer _sendHold;
    private FsmState _fsm;
    private UpdateDecoder? _decoder;
    private long _lastQueued;

    public Session(BgpCore core, Neighbor neighbor, IBgpConnection connection, bool dialed)
    {
        _core = core;
        Neighbor = neighbor;
        Connection = connection;
        Dialed = dialed;
        StartedAt = core.Timers.Now;
        _fsm = new FsmState(dialed ? BgpState.Connect : BgpState.Active);
        _hold = core.Timers.Create(() => Fire(BgpEvent.HoldTimerExpires));
        _keepalive = core.Timers.Create(() => Fire(BgpEvent.KeepaliveTimerExpires));
        _delayOpen = core.Timers.Create(() => Fire(BgpEvent.DelayOpenTimerExpires));
        _sendHold = core.Timers.Create(CheckSendHold);
    }

    public Neighbor Neighbor { get; }
    public IBgpConnection Connection { get; }

    /// <summary>Whether we connected, or the neighbour did.</summary>
    public bool Dialed { get; }
    public bool IsClosed { get; private set; }

    /// <summary>When the connection was taken, and when the session came up on it.</summary>
    public long StartedAt { get; }
    public long EstablishedAt { get; set; }
    public BgpState State => _fsm.State;
    public uint RemoteId { get; private set; }
    public Asn RemoteAsn { get; private set; }
    public TimeSpan HoldTime { get; private set; }
    public BgpCapabilities Ours { get; private set; } = new();
    public BgpCapabilities Theirs { get; private set; } = new();
    public List<Family> Families { get; private set; } = [];

    /// <summary>Both OPENs with their headers, for monitors.</summary>
    public ReadOnlyMemory<byte> SentOpen { get; private set; }
    public ReadOnlyMemory<byte> ReceivedOpen { get; private set; }
    public bool FourOctetAsn { get; private set; }
    public int MaximumLength { get; private set; } = MessageFrame.MaximumLength;
    public bool EnhancedRefresh { get; private set; }

    /// <summary>The attributes of the last UPDATE: many feeds repeat them.</summary>
    public PathAttributes? LastAttributes { get; set; }

    private FsmOptions FsmOptions => new(Neighbor.Options.DelayOpen is not null, SendNotificationWithoutOpen: true);

    public void Start() => Fire(Dialed ? BgpEvent.TcpConnectionAcked : BgpEvent.TcpConnectionConfirmed);

    public void Fire(BgpEvent @event, BgpError error = default)
    {
        if (IsClosed) return;
        BgpState before = _fsm.State;
        FsmStep step = BgpFsm.Step(_fsm, @event, FsmOptions, error);
        _fsm = step.Next;
        FsmActions actions = step.Actions;
        if ((actions & FsmActions.StopDelayOpenTimer) != 0) _delayOpen.Stop();
        if ((actions & FsmActions.SendNotification) != 0)
        {
            Write(w => MessageWriter.WriteNotification(w, step.Notification), 21 + step.Notification.Data.Length);
            Neighbor.LastError = $"sent {step.Notification}";
            _core.Log.NotificationSent(Neighbor.Options.DisplayName, step.Notification);
        }

        if ((actions & FsmActions.DropConnection) != 0)
        {
            Drop();
            _core.SessionEnded(this, before, @event, step.Notification.IsError ? step.Notification : error);
            return;
        }

        if ((actions & FsmActions.StartDelayOpenTimer) != 0) _delayOpen.Start(Neighbor.Options.DelayOpen ?? TimeSpan.Zero);
        if ((actions & FsmActions.SendOpen) != 0) SendOpen();
        if ((actions & FsmActions.SendKeepalive) != 0) Write(MessageWriter.WriteKeepalive, MessageFrame.HeaderLength);
        if ((actions & FsmActions.StartOpenHoldTimer) != 0) _hold.Start(_core.Options.OpenTimeout);
        if ((actions & FsmActions.StartNegotiatedTimers) != 0) StartTimers();
        if ((actions & FsmActions.RestartHoldTimer) != 0) RestartHold();
        if ((actions & FsmActions.RestartKeepaliveTimer) != 0) StartKeepalive();
        if (before != _fsm.State) _core.StateChanged(this, before);
        if ((actions & FsmActions.Established) != 0) _core.SessionEstablished(this);
    }

    public void Send(OutgoingBytes bytes)
    {
        if (_core.IsWatched) _core.ShowSent(this, bytes.Memory.Span);
        Connection.Send(bytes);
    }

    public void Write(Action<IBufferWriter<byte>> write, int size = 64)
    {
        if (IsClosed) return;
        Neighbor.MessagesSent++;
        BgpTelemetry.Sent(1);
        Send(OutputWriter.Single(size, write));
    }

    private void Drop()
    {
        IsClosed = true;
        _hold.Stop();
        _keepalive.Stop();
        _delayOpen.Stop();
        _sendHold.Stop();
        Connection.Close();
    }

    private void SendOpen()
    {
        Ours = _core.CapabilitiesFor(Neighbor, Connection);
        Asn asn = _core.LocalAsnFor(Neighbor);
        ushort hold = (ushort)Math.Clamp((Neighbor.Options.HoldTime ?? _core.Options.HoldTime).TotalSeconds, 0, 65535);
        var open = new ArrayBufferWriter<byte>();
        OpenWriter.Write(open, asn, hold, _core.RouterId, Ours);
        SentOpen = open.WrittenMemory;
        Write(w => w.Write(SentOpen.Span), SentOpen.Length);
    }

    private void StartTimers()
    {
        if (HoldTime == TimeSpan.Zero)
        {
            _hold.Stop();
            _keepalive.Stop();
            return;
        }

        RestartHold();
        StartKeepalive();
        _lastQueued = 0;
        _sendHold.Start(SendHoldTime);
    }

    private void RestartHold()
    {
        if (HoldTime != TimeSpan.Zero) _hold.Start(HoldTime);
    }

    private void StartKeepalive()
    {
        if (HoldTime == TimeSpan.Zero) return;
        TimeSpan third = HoldTime / 3;
        TimeSpan every = Neighbor.Options.KeepaliveTime is { } configured && configured < third && configured > TimeSpan.Zero ? configured : third;
        _keepalive.Start(_core.Jitter(every));
    }

    // RFC 9687: a neighbour that takes nothing for so long is gone, whatever it sends.
    private TimeSpan SendHoldTime => TimeSpan.FromSeconds(Math.Max(480, 2 * HoldTime.TotalSeconds));

    private void CheckSendHold()
    {
        long queued = Connection.QueuedBytes;
        if (queued > 0 && _lastQueued > 0 && queued >= _lastQueued && State >= BgpState.OpenConfirm)
        {
            Fire(BgpEvent.HoldTimerExpires, new BgpError(BgpErrorCode.SendHoldTimerExpired));
            return;
        }

        _lastQueued = queued;
        _sendHold.Start(SendHoldTime);
    }

    public RouteParty Party => new()
    {
        Address = Neighbor.Address,
        Asn = RemoteAsn,
        IsExternal = Neighbor.Source.IsExternal,
        LocalAddress = Connection.LocalEndPoint.Address,
        Name = Neighbor.Options.Name,
    };
}
