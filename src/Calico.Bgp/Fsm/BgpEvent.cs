namespace Calico.Bgp;

/// <summary>Events of the state machine, numbered as in RFC 4271 section 8.1.</summary>
public enum BgpEvent
{
    /// <summary>The operator starts the session.</summary>
    ManualStart = 1,

    /// <summary>The operator stops the session.</summary>
    ManualStop = 2,

    /// <summary>The system starts the session.</summary>
    AutomaticStart = 3,

    /// <summary>The operator starts the session; the neighbour connects.</summary>
    ManualStartPassive = 4,

    /// <summary>The system starts the session; the neighbour connects.</summary>
    AutomaticStartPassive = 5,

    /// <summary>Like <see cref="AutomaticStart"/> with oscillations damped.</summary>
    AutomaticStartDamped = 6,

    /// <summary>Like <see cref="AutomaticStartPassive"/> with oscillations damped.</summary>
    AutomaticStartDampedPassive = 7,

    /// <summary>The system stops the session.</summary>
    AutomaticStop = 8,

    /// <summary>ConnectRetryTimer_Expires.</summary>
    ConnectRetryTimerExpires = 9,

    /// <summary>HoldTimer_Expires.</summary>
    HoldTimerExpires = 10,

    /// <summary>KeepaliveTimer_Expires.</summary>
    KeepaliveTimerExpires = 11,

    /// <summary>DelayOpenTimer_Expires.</summary>
    DelayOpenTimerExpires = 12,

    /// <summary>IdleHoldTimer_Expires.</summary>
    IdleHoldTimerExpires = 13,

    /// <summary>A connection request of a valid source.</summary>
    TcpConnectionValid = 14,

    /// <summary>A connection request of an invalid source.</summary>
    TcpConnectionInvalid = 15,

    /// <summary>The dialled connection is up.</summary>
    TcpConnectionAcked = 16,

    /// <summary>The neighbour's connection is up.</summary>
    TcpConnectionConfirmed = 17,

    /// <summary>The connection failed or was closed.</summary>
    TcpConnectionFails = 18,

    /// <summary>A valid OPEN.</summary>
    OpenReceived = 19,

    /// <summary>A valid OPEN while DelayOpenTimer runs.</summary>
    OpenReceivedWithDelayOpen = 20,

    /// <summary>A wrong message header.</summary>
    HeaderError = 21,

    /// <summary>A wrong OPEN.</summary>
    OpenError = 22,

    /// <summary>This connection loses a collision.</summary>
    OpenCollisionDump = 23,

    /// <summary>A NOTIFICATION with a version error.</summary>
    NotificationVersionError = 24,

    /// <summary>Another NOTIFICATION.</summary>
    NotificationReceived = 25,

    /// <summary>A KEEPALIVE.</summary>
    KeepaliveReceived = 26,

    /// <summary>A valid UPDATE.</summary>
    UpdateReceived = 27,

    /// <summary>An UPDATE that ends the session.</summary>
    UpdateError = 28,
}

/// <summary>What a step of the state machine asks for; to be carried out in the order of the values.</summary>
[Flags]
public enum FsmActions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Stop ConnectRetryTimer.</summary>
    StopConnectRetryTimer = 1 << 0,

    /// <summary>Stop DelayOpenTimer.</summary>
    StopDelayOpenTimer = 1 << 1,

    /// <summary>Send the NOTIFICATION of the step.</summary>
    SendNotification = 1 << 2,

    /// <summary>Routes of the session are to be withdrawn, or kept as stale.</summary>
    ReleaseRoutes = 1 << 3,

    /// <summary>Close the connection and stop HoldTimer and KeepaliveTimer.</summary>
    DropConnection = 1 << 4,

    /// <summary>Start ConnectRetryTimer afresh.</summary>
    StartConnectRetryTimer = 1 << 5,

    /// <summary>Start IdleHoldTimer: the session may start again when it expires.</summary>
    StartIdleHoldTimer = 1 << 6,

    /// <summary>Start dialling.</summary>
    Dial = 1 << 7,

    /// <summary>Start DelayOpenTimer.</summary>
    StartDelayOpenTimer = 1 << 8,

    /// <summary>Send OPEN.</summary>
    SendOpen = 1 << 9,

    /// <summary>Send KEEPALIVE.</summary>
    SendKeepalive = 1 << 10,

    /// <summary>Start HoldTimer with the large value for the wait for OPEN.</summary>
    StartOpenHoldTimer = 1 << 11,

    /// <summary>Start HoldTimer and KeepaliveTimer with the negotiated values, or stop both when that is zero.</summary>
    StartNegotiatedTimers = 1 << 12,

    /// <summary>Start HoldTimer afresh with the negotiated value.</summary>
    RestartHoldTimer = 1 << 13,

    /// <summary>Start KeepaliveTimer afresh.</summary>
    RestartKeepaliveTimer = 1 << 14,

    /// <summary>The session is up: routes may be exchanged.</summary>
    Established = 1 << 15,
}
