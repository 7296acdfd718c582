namespace Calico.Bgp;

/// <summary>Where one connection's state machine stands.</summary>
/// <param name="State">The state.</param>
/// <param name="ConnectRetryCounter">Failures since the last start by hand.</param>
/// <param name="DelayOpenRunning">Whether DelayOpenTimer runs.</param>
public readonly record struct FsmState(BgpState State, int ConnectRetryCounter = 0, bool DelayOpenRunning = false);

/// <summary>Session attributes that change the machine (RFC 4271 section 8.1.1).</summary>
/// <param name="DelayOpen">Wait for the neighbour's OPEN before sending ours.</param>
/// <param name="DampPeerOscillations">Wait in Idle before the next start.</param>
/// <param name="SendNotificationWithoutOpen">NOTIFICATIONs may be sent before OPEN.</param>
public readonly record struct FsmOptions(bool DelayOpen = false, bool DampPeerOscillations = false, bool SendNotificationWithoutOpen = false);

/// <summary>Result of a step.</summary>
/// <param name="Next">The state afterwards.</param>
/// <param name="Actions">What to do.</param>
/// <param name="Notification">What to send, when <see cref="FsmActions.SendNotification"/> is among the actions.</param>
public readonly record struct FsmStep(FsmState Next, FsmActions Actions, BgpError Notification = default);

/// <summary>The state machine of RFC 4271 section 8.2.2 as a pure function, with the subcodes of RFC 6608.</summary>
/// <remarks>
/// One machine for each connection; two connections to a neighbour are two machines until one of them gets <see cref="BgpEvent.OpenCollisionDump"/>.
/// It differs from the text in one place: a NOTIFICATION is never answered with one (section 6.4), whatever the state.
/// </remarks>
public static class BgpFsm
{
    private const FsmActions Stop = FsmActions.StopConnectRetryTimer | FsmActions.StopDelayOpenTimer | FsmActions.DropConnection;

    /// <summary>One event.</summary>
    /// <param name="state">Where the machine stands.</param>
    /// <param name="event">What happened.</param>
    /// <param name="options">Session attributes.</param>
    /// <param name="error">For error events: what is wrong. For messages: nothing, or the type octet as data for errors of RFC 6608.</param>
    /// <returns>The new state and what to do.</returns>
    public static FsmStep Step(FsmState state, BgpEvent @event, FsmOptions options = default, BgpError error = default) => state.State switch
    {
        BgpState.Idle => Idle(state, @event),
        BgpState.Connect or BgpState.Active => Connecting(state, @event, options, error),
        BgpState.OpenSent => OpenSent(state, @event, options, error),
        BgpState.OpenConfirm => OpenConfirm(state, @event, options, error),
        _ => Established(state, @event, options, error),
    };

    private static FsmStep Idle(FsmState state, BgpEvent @event) => @event switch
    {
        BgpEvent.ManualStart or BgpEvent.AutomaticStart or BgpEvent.AutomaticStartDamped or BgpEvent.IdleHoldTimerExpires =>
            new(new(BgpState.Connect, Counter(state, @event)), FsmActions.StartConnectRetryTimer | FsmActions.Dial),
        BgpEvent.ManualStartPassive or BgpEvent.AutomaticStartPassive or BgpEvent.AutomaticStartDampedPassive =>
            new(new(BgpState.Active, Counter(state, @event)), FsmActions.StartConnectRetryTimer),
        _ => new(state, FsmActions.None),
    };

    private static int Counter(FsmState state, BgpEvent @event) =>
        @event is BgpEvent.ManualStart or BgpEvent.ManualStartPassive ? 0 : state.ConnectRetryCounter;

    private static FsmStep Connecting(FsmState state, BgpEvent @event, FsmOptions options, BgpError error)
    {
        switch (@event)
        {
            case <= BgpEvent.AutomaticStartDampedPassive and not BgpEvent.ManualStop:
            case BgpEvent.TcpConnectionValid or BgpEvent.TcpConnectionInvalid:
                return new(state, FsmActions.None);
            case BgpEvent.ManualStop:
                return state.DelayOpenRunning && options.SendNotificationWithoutOpen
                    ? ToIdle(state, 0, options, Cease(error))
                    : ToIdle(state, 0, options);
            case BgpEvent.ConnectRetryTimerExpires:
                return new(
                    state with { State = BgpState.Connect, DelayOpenRunning = false },
                    FsmActions.StopDelayOpenTimer | FsmActions.DropConnection | FsmActions.StartConnectRetryTimer | FsmActions.Dial);
            case BgpEvent.DelayOpenTimerExpires:
                return new(
                    state with { State = BgpState.OpenSent, DelayOpenRunning = false },
                    FsmActions.StopConnectRetryTimer | FsmActions.SendOpen | FsmActions.StartOpenHoldTimer);
            case BgpEvent.TcpConnectionAcked or BgpEvent.TcpConnectionConfirmed:
                return options.DelayOpen
                    ? new(state with { DelayOpenRunning = true }, FsmActions.StopConnectRetryTimer | FsmActions.StartDelayOpenTimer)
                    : new(state with { State = BgpState.OpenSent }, FsmActions.StopConnectRetryTimer | FsmActions.SendOpen | FsmActions.StartOpenHoldTimer);
            case BgpEvent.TcpConnectionFails when state.State == BgpState.Connect && state.DelayOpenRunning:
                return new(
                    state with { State = BgpState.Active, DelayOpenRunning = false },
                    FsmActions.StopDelayOpenTimer | FsmActions.DropConnection | FsmActions.StartConnectRetryTimer);
            case BgpEvent.OpenReceivedWithDelayOpen:
                return new(
                    state with { State = BgpState.OpenConfirm, DelayOpenRunning = false },
                    FsmActions.StopConnectRetryTimer | FsmActions.StopDelayOpenTimer | FsmActions.SendOpen | FsmActions.SendKeepalive | FsmActions.StartNegotiatedTimers);
            case BgpEvent.HeaderError or BgpEvent.OpenError when options.SendNotificationWithoutOpen:
                return ToIdle(state, state.ConnectRetryCounter + 1, options, error);
            case BgpEvent.NotificationVersionError when state.DelayOpenRunning:
                return ToIdle(state, state.ConnectRetryCounter, options);
            default:
                return ToIdle(state, state.ConnectRetryCounter + 1, options);
        }
    }

    private static FsmStep OpenSent(FsmState state, BgpEvent @event, FsmOptions options, BgpError error)
    {
        switch (@event)
        {
            case <= BgpEvent.AutomaticStartDampedPassive and not BgpEvent.ManualStop:
            case BgpEvent.TcpConnectionValid or BgpEvent.TcpConnectionInvalid or BgpEvent.TcpConnectionAcked or BgpEvent.TcpConnectionConfirmed:
                return new(state, FsmActions.None);
            case BgpEvent.TcpConnectionFails:
                return new(state with { State = BgpState.Active }, FsmActions.DropConnection | FsmActions.StartConnectRetryTimer);
            case BgpEvent.OpenReceived:
                return new(
                    state with { State = BgpState.OpenConfirm },
                    FsmActions.StopConnectRetryTimer | FsmActions.StopDelayOpenTimer | FsmActions.SendKeepalive | FsmActions.StartNegotiatedTimers);
            case BgpEvent.NotificationVersionError:
                return ToIdle(state, state.ConnectRetryCounter, options);
            case BgpEvent.NotificationReceived:
                return ToIdle(state, state.ConnectRetryCounter + 1, options);
            default:
                return Ending(state, @event, options, error, subcode: 1);
        }
    }

    private static FsmStep OpenConfirm(FsmState state, BgpEvent @event, FsmOptions options, BgpError error)
    {
        switch (@event)
        {
            case <= BgpEvent.AutomaticStartDampedPassive and not BgpEvent.ManualStop:
            case BgpEvent.TcpConnectionValid or BgpEvent.TcpConnectionInvalid or BgpEvent.TcpConnectionAcked or BgpEvent.TcpConnectionConfirmed:
                return new(state, FsmActions.None);
            case BgpEvent.KeepaliveTimerExpires:
                return new(state, FsmActions.SendKeepalive | FsmActions.RestartKeepaliveTimer);
            case BgpEvent.KeepaliveReceived:
                return new(state with { State = BgpState.Established, ConnectRetryCounter = 0 }, FsmActions.RestartHoldTimer | FsmActions.Established);
            case BgpEvent.NotificationVersionError:
                return ToIdle(state, state.ConnectRetryCounter, options);
            case BgpEvent.TcpConnectionFails or BgpEvent.NotificationReceived:
                return ToIdle(state, state.ConnectRetryCounter + 1, options);
            default:
                return Ending(state, @event, options, error, subcode: 2);
        }
    }

    private static FsmStep Established(FsmState state, BgpEvent @event, FsmOptions options, BgpError error)
    {
        switch (@event)
        {
            case <= BgpEvent.AutomaticStartDampedPassive and not BgpEvent.ManualStop:
            case BgpEvent.TcpConnectionValid or BgpEvent.TcpConnectionInvalid or BgpEvent.TcpConnectionAcked or BgpEvent.TcpConnectionConfirmed:
                return new(state, FsmActions.None);
            case BgpEvent.KeepaliveTimerExpires:
                return new(state, FsmActions.SendKeepalive | FsmActions.RestartKeepaliveTimer);
            case BgpEvent.KeepaliveReceived or BgpEvent.UpdateReceived:
                return new(state, FsmActions.RestartHoldTimer);
            case BgpEvent.TcpConnectionFails or BgpEvent.NotificationReceived or BgpEvent.NotificationVersionError:
                return ToIdle(state, state.ConnectRetryCounter + 1, options);
            default:
                return Ending(state, @event, options, error, subcode: 3);
        }
    }

    /// <summary>What ends a session with a NOTIFICATION, alike in OpenSent, OpenConfirm and Established.</summary>
    private static FsmStep Ending(FsmState state, BgpEvent @event, FsmOptions options, BgpError error, byte subcode) => @event switch
    {
        BgpEvent.ManualStop => ToIdle(state, 0, options, Cease(error)),
        BgpEvent.AutomaticStop => ToIdle(state, state.ConnectRetryCounter + 1, options, Cease(error)),
        BgpEvent.HoldTimerExpires => ToIdle(state, state.ConnectRetryCounter + 1, options, error.IsError ? error : new(BgpErrorCode.HoldTimerExpired)),
        BgpEvent.OpenCollisionDump => ToIdle(state, state.ConnectRetryCounter + 1, options, new(BgpErrorCode.Cease, CeaseSubcode.CollisionResolution)),
        BgpEvent.HeaderError or BgpEvent.OpenError or BgpEvent.UpdateError when error.IsError => ToIdle(state, state.ConnectRetryCounter + 1, options, error),
        _ => ToIdle(state, state.ConnectRetryCounter + 1, options, new(BgpErrorCode.FiniteStateMachine, subcode, error.Data)),
    };

    private static BgpError Cease(BgpError error) => error.IsError ? error : new(BgpErrorCode.Cease, CeaseSubcode.AdministrativeShutdown);

    private static FsmStep ToIdle(FsmState state, int counter, FsmOptions options, BgpError notification = default)
    {
        FsmActions actions = Stop;
        if (notification.IsError) actions |= FsmActions.SendNotification;
        if (state.State == BgpState.Established) actions |= FsmActions.ReleaseRoutes;
        if (options.DampPeerOscillations && counter > 0) actions |= FsmActions.StartIdleHoldTimer;
        return new(new(BgpState.Idle, counter), actions, notification);
    }
}
