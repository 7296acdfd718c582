using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp;

// Which lane a neighbour reads from, refresh, and the flush that makes lanes run.
public sealed partial class BgpCore
{
    private bool _flushing;

    internal void SessionEstablished(Session session)
    {
        Neighbor neighbor = session.Neighbor;
        neighbor.TimesEstablished++;
        neighbor.Rejected = 0;
        session.EstablishedAt = Timers.Now;
        BgpTelemetry.Established(1);
        neighbor.Failures = 0;
        neighbor.LastCapabilities = session.Theirs;
        neighbor.Dial?.Cancel();
        neighbor.Dial = null;

        Log.SessionUp(neighbor.Options.DisplayName, session.RemoteAsn, session.Families);
        ContinueAfterRestart(session);
        foreach (ISessionMonitor monitor in _monitors) monitor.Up(session);
        foreach (Family family in session.Families)
        {
            NeighborFamily state = neighbor.FamilyOf(family);
            state.Session = session;
            state.AddPathReceive = session.ReceivesPaths(family);
            state.EndOfRibReceived = state.EndOfRibSent = false;
            if (neighbor.Options.SoftReconfiguration) state.AdjRibIn = [];
            Join(state);
        }

        CheckSynchronized();
    }

    private void Join(NeighborFamily member)
    {
        if (ProfileFor(member) is not { } profile)
        {
            // Policy is required and there is none: the neighbour gets nothing, and is told that this is all.
            member.CaughtUp();
            return;
        }

        foreach (Lane candidate in member.Rib.Lanes)
        {
            if (candidate is ExportLane { IsUntouched: true, IsRefresh: false } lane && lane.Profile == profile)
            {
                lane.Add(member);
                member.Lane = lane;
                return;
            }
        }

        var made = new ExportLane(member.Rib, profile, _scratch, SourceOf);
        made.Add(member);
        member.Lane = made;
        member.Rib.AddLane(made);
        if (profile.AddPath) member.Rib.TellEveryPath = true;
    }

    private static void Leave(NeighborFamily member)
    {
        if (member.Lane is not { } lane) return;
        member.Lane = null;
        lane.Members.Remove(member);
        if (lane.Members.Count == 0) lane.Dispose();
    }

    /// <summary>Puts a member in a lane of its own that tells it everything again, with what it has been told remembered.</summary>
    private void TellAgain(NeighborFamily member)
    {
        if (member.Session is null) return;
        ExportProfile? profile = ProfileFor(member);
        if (member.Lane is not { } lane)
        {
            if (profile is not null) Join(member);
            return;
        }

        ExportLane own = lane.Split([member], profile ?? lane.Profile with { Filter = RouteFilter.RejectAll, Neighbor = member.Neighbor.Source.Party });
        if (lane.Members.Count == 0) lane.Dispose();
        member.Lane = own;
        own.TellAgain();
    }

    private ExportProfile? ProfileFor(NeighborFamily member)
    {
        Session session = member.Session!;
        NeighborOptions options = session.Neighbor.Options;
        PathSource source = session.Neighbor.Source;
        RouteFilter? filter = options.Export;
        if (filter is null && source.IsExternal && Options.EbgpRequiresPolicy) return null;
        if (ReferenceEquals(filter, RouteFilter.AcceptAll)) filter = null;
        Family family = member.Rib.Family;
        bool extended = family.Afi == 1 && session.Ours.ExtendedNextHop.Contains(family) && session.Theirs.ExtendedNextHop.Contains(family);
        return new ExportProfile
        {
            Family = family,
            Kind = source.IsExternal ? PeerKind.External : source.IsConfedExternal ? PeerKind.ConfedExternal : source.IsClient ? PeerKind.Client : PeerKind.Internal,
            RouteServer = options.RouteServerClient && source.IsExternal,
            LocalAsn = LocalAsnFor(session.Neighbor).Value,
            ConfederationId = Options.Confederation?.Identifier.Value,
            FourOctetAsn = session.FourOctetAsn,
            MaximumLength = session.MaximumLength,
            AddPath = session.SendsPaths(family),
            AddPathLimit = options.AddPathLimit,
            ExtendedNextHop = extended,
            NextHop = options.NextHop,
            OwnNextHop = new EquatableBytes(OwnNextHop(family, options, session.Connection.LocalEndPoint.Address, extended)),
            Filter = filter,
            RemovePrivateAs = options.RemovePrivateAs && source.IsExternal,
            AsOverride = options.AsOverride && source.IsExternal ? session.RemoteAsn.Value : null,
            SendCommunities = options.SendCommunities,
            Role = source.IsExternal ? options.Role : null,
            LongLived = session.Theirs.LongLived.Count > 0,
            ClusterId = ClusterId,
            DefaultLocalPreference = Options.DefaultLocalPreference,
            Neighbor = filter is { DependsOnNeighbor: true } ? source.Party : null,
        };
    }

    private static byte[] OwnNextHop(Family family, NeighborOptions options, IPAddress local, bool extended)
    {
        local = Normalize(local);
        byte[] octets = local.GetAddressBytes();
        if (family.Afi == 2)
        {
            if (options.LocalNextHopIPv6 is { } global) return local.IsIPv6LinkLocal && !global.IsIPv6LinkLocal ? [.. global.GetAddressBytes(), .. octets] : global.GetAddressBytes();
            return octets.Length == 16 ? octets : [];
        }

        if (options.LocalNextHopIPv4 is { } given) return given.GetAddressBytes();
        return octets.Length == 4 || extended ? octets : [];
    }

    internal void RefreshReceived(Session session, in RouteRefreshReader refresh)
    {
        if (!session.Families.Contains(refresh.Family)) return;
        NeighborFamily member = session.Neighbor.FamilyOf(refresh.Family);
        switch (refresh.Subtype)
        {
            case RouteRefreshSubtype.Request:
                Family family = refresh.Family;
                if (session.EnhancedRefresh)
                {
                    member.RefreshAnswering = true;
                    session.Write(w => MessageWriter.WriteRouteRefresh(w, family, RouteRefreshSubtype.Begin));
                }

                if (member.Lane is null) member.CaughtUp();
                else TellAgain(member);
                break;
            case RouteRefreshSubtype.Begin when session.EnhancedRefresh:
                member.RefreshReceiving = true;
                member.Accepted -= member.Rib.FlagSource(member.SourceIndex, PathFlags.Stale);
                break;
            case RouteRefreshSubtype.End when session.EnhancedRefresh && member.RefreshReceiving:
                member.RefreshReceiving = false;
                member.Accepted -= member.Rib.RemoveSource(member.SourceIndex, PathFlags.Stale);
                break;
        }
    }

    /// <summary>Destinations that changed since the last flush.</summary>
    public int PendingChanges
    {
        get
        {
            int pending = 0;
            foreach (Rib rib in _ribs.Values) pending += rib.PendingChanges;
            return pending;
        }
    }

    /// <summary>A connection that had much waiting has room again.</summary>
    /// <param name="connection">Which.</param>
    public void Writable(IBgpConnection connection)
    {
        if (_sessions.ContainsKey(connection)) Flush();
    }

    /// <summary>Sends what has changed to neighbours, and tells subscribers.</summary>
    public void Flush()
    {
        if (_flushing) return;
        _flushing = true;
        bool done = false;
        _scratch.Borrow();
        try
        {
            FlushAll();
            done = true;
        }
        finally
        {
            _flushing = false;
            _scratch.Return(clean: done);
        }
    }

    private void FlushAll()
    {
        bool clean = true;
        foreach (Rib rib in _ribs.Values)
        {
            rib.Distribute();
            int routes = rib.RouteCount;
            BgpTelemetry.Routes(routes - rib.ReportedRoutes);
            rib.ReportedRoutes = routes;
            if (!_deferring)
            {
                for (int i = 0; i < rib.Lanes.Count; i++)
                {
                    if (rib.Lanes[i] is not ExportLane lane) continue;
                    lane.Run();
                    if (!lane.IsClean && lane.SplitSlow() is { } slow)
                    {
                        foreach (IExportMember member in slow.Members) ((NeighborFamily)member).Lane = slow;
                        lane.Run();
                    }

                    clean &= lane.IsClean;
                }

                if (rib.Lanes.Count > 1) Merge(rib);
                rib.Reclaim();
            }
        }

        foreach (CoreSubscription subscription in _subscriptions) subscription.SignalIfPending();
        foreach (ISessionMonitor monitor in _monitors) monitor.Flushed();
        if (clean && _retired.Count > 0 && !_deferring) Recycle();
        if (clean) _scratch.Output.Trim();
    }

    private void Recycle()
    {
        foreach (ushort index in _retired)
        {
            _sources[index] = null;
            _freeSources.Push(index);
        }

        _retired.Clear();
    }

    /// <summary>Lanes of equal profile with nothing pending have told the same: one remains.</summary>
    private static void Merge(Rib rib)
    {
        Dictionary<ExportProfile, ExportLane>? clean = null;
        foreach (Lane candidate in rib.Lanes.ToArray())
        {
            if (candidate is not ExportLane { IsClean: true } lane) continue;
            clean ??= [];
            if (clean.TryAdd(lane.Profile, lane)) continue;
            ExportLane main = clean[lane.Profile];
            foreach (IExportMember member in lane.Members)
            {
                ((NeighborFamily)member).Lane = main;
                main.Members.Add(member);
            }

            lane.Members.Clear();
            lane.Dispose();
        }
    }
}
