namespace Calico.Bgp;

// Graceful restart, ours and the neighbours' (RFC 4724, 8538, 9494), and End-of-RIB.
public sealed partial class BgpCore
{
    private readonly CoreTimer _deferralTimer;
    private bool _deferring;

    /// <summary>Whether everything neighbours had to say at start has been heard, or the wait for it is over.</summary>
    public bool IsSynchronized { get; private set; }

    private bool IsRestarting => Options.Restarting && !IsSynchronized;

    private void BeginSynchronization()
    {
        IsSynchronized = false;
        _deferring = Options.Restarting;
        _deferralTimer.Start(Options.SelectionDeferral);
    }

    private void EndDeferral()
    {
        if (IsSynchronized) return;
        IsSynchronized = true;
        _deferring = false;
        _deferralTimer.Stop();
        Log.Synchronized();
        foreach (CoreSubscription subscription in _subscriptions) subscription.Signal();
    }

    private void CheckSynchronized()
    {
        if (IsSynchronized || !IsRunning) return;
        foreach (Neighbor neighbor in _neighbors.Values)
        {
            if (neighbor.IsDynamic || !neighbor.IsEnabled) continue;
            if (neighbor.Established is not { } session) return;
            if (session.Theirs.GracefulRestart is null) continue;
            foreach (Family family in session.Families)
            {
                if (!neighbor.FamilyOf(family).EndOfRibReceived) return;
            }
        }

        EndDeferral();
    }

    /// <summary>Marks a neighbour's routes as stale on a new session, or drops them where it did not preserve them.</summary>
    private static void ContinueAfterRestart(Session session)
    {
        Neighbor neighbor = session.Neighbor;
        neighbor.RestartTimer.Stop();
        if (!neighbor.HasStaleRoutes) return;
        foreach (NeighborFamily family in neighbor.Families.Values)
        {
            bool preserved = session.Families.Contains(family.Rib.Family)
                && session.Theirs.GracefulRestart is { } restart && restart.Families.Any(f => f.Family == family.Rib.Family && f.ForwardingPreserved);
            if (!preserved) family.Accepted -= family.Rib.RemoveSource(neighbor.Source.Index, PathFlags.Stale);
        }

        neighbor.StaleTimer.Start(neighbor.Options.StaleRoutesTime);
    }

    private void EndOfRib(Session session, NeighborFamily family)
    {
        Log.EndOfRib(session.Neighbor.Options.DisplayName, family.Rib.Family);
        family.EndOfRibReceived = true;
        Neighbor neighbor = session.Neighbor;
        if (neighbor.HasStaleRoutes)
        {
            family.Accepted -= family.Rib.RemoveSource(neighbor.Source.Index, PathFlags.Stale);
            if (session.Families.TrueForAll(f => neighbor.FamilyOf(f).EndOfRibReceived)) ForgetRestart(neighbor);
        }

        CheckSynchronized();
    }

    private static void ForgetRestart(Neighbor neighbor)
    {
        neighbor.HasStaleRoutes = false;
        neighbor.RestartTimer.Stop();
        neighbor.StaleTimer.Stop();
        neighbor.LongStaleTimer.Stop();
    }

    private void ReleaseRoutes(Session session, BgpEvent cause, BgpError error)
    {
        Neighbor neighbor = session.Neighbor;
        bool keep = KeepsRoutes(session, cause, error);
        foreach (NeighborFamily family in neighbor.Families.Values)
        {
            if (family.Session != session) continue;
            Leave(family);
            family.Session = null;
            family.AdjRibIn = null;
            family.RefreshAnswering = family.RefreshReceiving = false;
            ushort source = neighbor.Source.Index;
            if (family.Accepted == 0) continue;
            if (keep && session.Theirs.GracefulRestart!.Families.Any(f => f.Family == family.Rib.Family))
            {
                // What was stale already has been so through a whole session that did not renew it.
                family.Accepted -= family.Rib.RemoveSource(source, PathFlags.Stale);
                family.Accepted -= family.Rib.FlagSource(source, PathFlags.Stale);
                neighbor.HasStaleRoutes = true;
            }
            else
            {
                family.Rib.RemoveSource(source, PathFlags.None);
                family.Accepted = 0;
            }
        }

        if (!neighbor.HasStaleRoutes) return;
        neighbor.LastCapabilities = session.Theirs;
        neighbor.StaleTimer.Stop();
        TimeSpan wait = session.Theirs.GracefulRestart!.RestartTime;
        Log.KeepingRoutes(neighbor.Options.DisplayName, wait);
        neighbor.RestartTimer.Start(wait);
    }

    private static bool KeepsRoutes(Session session, BgpEvent cause, BgpError error)
    {
        if (!session.Neighbor.IsEnabled || session.Neighbor.Options.GracefulRestart == GracefulRestartMode.Off) return false;
        if (session.Theirs.GracefulRestart is not { Families.Count: > 0 } theirs) return false;
        return cause switch
        {
            BgpEvent.TcpConnectionFails => true,
            BgpEvent.NotificationReceived => theirs.Notification && error is not { Code: BgpErrorCode.Cease, Subcode: CeaseSubcode.HardReset },
            BgpEvent.HoldTimerExpires => theirs.Notification,
            _ => false,
        };
    }

    internal void RestartTimeOver(Neighbor neighbor)
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach (NeighborFamily family in neighbor.Families.Values)
        {
            LongLivedFamily? theirs = neighbor.LastCapabilities?.LongLived.Cast<LongLivedFamily?>().FirstOrDefault(f => f!.Value.Family == family.Rib.Family);
            TimeSpan time = theirs is { } announced && neighbor.Options.LongLivedStaleTime > TimeSpan.Zero
                ? TimeSpan.FromTicks(Math.Min(announced.StaleTime.Ticks, neighbor.Options.LongLivedStaleTime.Ticks)) : TimeSpan.Zero;
            if (time == TimeSpan.Zero)
            {
                family.Accepted -= family.Rib.RemoveSource(neighbor.Source.Index, PathFlags.Stale);
                continue;
            }

            family.Accepted -= family.Rib.FlagSource(neighbor.Source.Index, PathFlags.LongStale, a => (a.Present & AttributePresence.NoLlgr) != 0);
            if (time > longest) longest = time;
        }

        if (longest > TimeSpan.Zero) neighbor.LongStaleTimer.Start(longest);
        else DropStale(neighbor);
    }

    internal void StaleTimeOver(Neighbor neighbor) => DropStale(neighbor);

    internal void LongStaleTimeOver(Neighbor neighbor) => DropStale(neighbor);

    private void DropStale(Neighbor neighbor)
    {
        if (neighbor.HasStaleRoutes)
        {
            foreach (NeighborFamily family in neighbor.Families.Values)
                family.Accepted -= family.Rib.RemoveSource(neighbor.Source.Index, PathFlags.Stale);
        }

        ForgetRestart(neighbor);
        if (neighbor is { IsDynamic: true, Sessions.Count: 0, IsRemoved: false }) Remove(neighbor);
    }
}
