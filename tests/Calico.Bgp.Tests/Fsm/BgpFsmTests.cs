namespace Calico.Bgp.Tests.Fsm;

/// <summary>RFC 4271 section 8.2.2: all events in all states.</summary>
public class BgpFsmTests
{
    // One row for each event; columns Idle, Connect, Active, OpenSent, OpenConfirm, Established. The letter is the next state
    // (i c a s o e), a number is the code of the NOTIFICATION that is sent.
    private static readonly (BgpEvent Event, string[] Row)[] Matrix =
    [
        (BgpEvent.ManualStart, ["c", "c", "a", "s", "o", "e"]),
        (BgpEvent.ManualStop, ["i", "i", "i", "i6", "i6", "i6"]),
        (BgpEvent.AutomaticStart, ["c", "c", "a", "s", "o", "e"]),
        (BgpEvent.ManualStartPassive, ["a", "c", "a", "s", "o", "e"]),
        (BgpEvent.AutomaticStartPassive, ["a", "c", "a", "s", "o", "e"]),
        (BgpEvent.AutomaticStartDamped, ["c", "c", "a", "s", "o", "e"]),
        (BgpEvent.AutomaticStartDampedPassive, ["a", "c", "a", "s", "o", "e"]),
        (BgpEvent.AutomaticStop, ["i", "i", "i", "i6", "i6", "i6"]),
        (BgpEvent.ConnectRetryTimerExpires, ["i", "c", "c", "i5", "i5", "i5"]),
        (BgpEvent.HoldTimerExpires, ["i", "i", "i", "i4", "i4", "i4"]),
        (BgpEvent.KeepaliveTimerExpires, ["i", "i", "i", "i5", "o", "e"]),
        (BgpEvent.DelayOpenTimerExpires, ["i", "s", "s", "i5", "i5", "i5"]),
        (BgpEvent.IdleHoldTimerExpires, ["c", "i", "i", "i5", "i5", "i5"]),
        (BgpEvent.TcpConnectionValid, ["i", "c", "a", "s", "o", "e"]),
        (BgpEvent.TcpConnectionInvalid, ["i", "c", "a", "s", "o", "e"]),
        (BgpEvent.TcpConnectionAcked, ["i", "s", "s", "s", "o", "e"]),
        (BgpEvent.TcpConnectionConfirmed, ["i", "s", "s", "s", "o", "e"]),
        (BgpEvent.TcpConnectionFails, ["i", "i", "i", "a", "i", "i"]),
        (BgpEvent.OpenReceived, ["i", "i", "i", "o", "i5", "i5"]),
        (BgpEvent.OpenReceivedWithDelayOpen, ["i", "o", "o", "i5", "i5", "i5"]),
        (BgpEvent.HeaderError, ["i", "i", "i", "i1", "i1", "i1"]),
        (BgpEvent.OpenError, ["i", "i", "i", "i1", "i1", "i1"]),
        (BgpEvent.OpenCollisionDump, ["i", "i", "i", "i6", "i6", "i6"]),
        (BgpEvent.NotificationVersionError, ["i", "i", "i", "i", "i", "i"]),
        (BgpEvent.NotificationReceived, ["i", "i", "i", "i", "i", "i"]),
        (BgpEvent.KeepaliveReceived, ["i", "i", "i", "i5", "e", "e"]),
        (BgpEvent.UpdateReceived, ["i", "i", "i", "i5", "i5", "e"]),
        (BgpEvent.UpdateError, ["i", "i", "i", "i1", "i1", "i1"]),
    ];

    public static TheoryData<BgpState, BgpEvent, string> Cells()
    {
        var cells = new TheoryData<BgpState, BgpEvent, string>();
        foreach ((BgpEvent e, string[] row) in Matrix)
        {
            for (int state = 0; state < 6; state++) cells.Add((BgpState)state, e, row[state]);
        }

        return cells;
    }

    [Fact]
    public void Every_event_is_in_the_matrix() => Assert.Equal(Enum.GetValues<BgpEvent>(), Matrix.Select(m => m.Event));

    [Theory]
    [MemberData(nameof(Cells))]
    public void Next_state_and_notification(BgpState state, BgpEvent e, string expected)
    {
        BgpError error = e is BgpEvent.HeaderError or BgpEvent.OpenError or BgpEvent.UpdateError ? new BgpError(BgpErrorCode.MessageHeader, 1) : default;
        FsmStep step = BgpFsm.Step(new FsmState(state, 3), e, default, error);
        string actual = "icasoe"[(int)step.Next.State].ToString();
        if ((step.Actions & FsmActions.SendNotification) != 0) actual += (int)step.Notification.Code;
        Assert.Equal(expected, actual);
        bool ends = state > BgpState.Idle && step.Next.State == BgpState.Idle;
        Assert.Equal(ends, (step.Actions & FsmActions.DropConnection) != 0 && step.Next.State == BgpState.Idle);
        Assert.Equal(ends && state == BgpState.Established, (step.Actions & FsmActions.ReleaseRoutes) != 0);
        if (step.Notification.Code == BgpErrorCode.FiniteStateMachine) Assert.Equal((int)state - 2, step.Notification.Subcode);
    }

    [Fact]
    public void Delay_open_waits_for_the_neighbours_open()
    {
        var options = new FsmOptions(DelayOpen: true);
        FsmStep step = BgpFsm.Step(new FsmState(BgpState.Active), BgpEvent.TcpConnectionConfirmed, options);
        Assert.Equal((BgpState.Active, true), (step.Next.State, step.Next.DelayOpenRunning));
        Assert.True((step.Actions & FsmActions.SendOpen) == 0 && (step.Actions & FsmActions.StartDelayOpenTimer) != 0);
        step = BgpFsm.Step(step.Next, BgpEvent.OpenReceivedWithDelayOpen, options);
        Assert.Equal((BgpState.OpenConfirm, false), (step.Next.State, step.Next.DelayOpenRunning));
        Assert.True((step.Actions & FsmActions.SendOpen) != 0 && (step.Actions & FsmActions.SendKeepalive) != 0);
    }

    [Fact]
    public void Damping_waits_in_idle()
    {
        FsmStep step = BgpFsm.Step(new FsmState(BgpState.Established), BgpEvent.TcpConnectionFails, new FsmOptions(DampPeerOscillations: true));
        Assert.True((step.Actions & FsmActions.StartIdleHoldTimer) != 0);
        Assert.Equal(1, step.Next.ConnectRetryCounter);
        Assert.Equal(BgpState.Connect, BgpFsm.Step(step.Next, BgpEvent.IdleHoldTimerExpires).Next.State);
    }
}
