using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp;

// Neighbours and their sessions: starting, accepting, colliding, ending.
public sealed partial class BgpCore
{
    private int _dynamicCount;

    private Neighbor AddNeighbor(NeighborOptions options, IPAddress? dynamicAddress = null)
    {
        IPAddress address = Normalize(dynamicAddress ?? options.Address!);
        Neighbor? made = null;
        AddSource(index => (made = new Neighbor(this, options, address, index, dynamicAddress is not null)).Source);
        Neighbor neighbor = made!;
        neighbor.Source.AddressOrder = IpPrefix.From(address).Bits;
        neighbor.Source.Interface = options.Interface;
        _neighbors[address] = neighbor;
        if (neighbor.IsDynamic) _dynamicCount++;
        StartNeighbor(neighbor, first: true);
        return neighbor;
    }

    internal static IPAddress Normalize(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        // Link-local neighbours are told apart by interface; others must not be by a stray scope.
        return address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: false, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address;
    }

    private void StartNeighbor(Neighbor neighbor, bool first)
    {
        if (!IsRunning || !neighbor.IsEnabled || neighbor.Sessions.Count > 0) return;
        bool passive = neighbor.Options.Passive || neighbor.IsDynamic || !first;
        ApplyWaiting(neighbor, BgpFsm.Step(new FsmState(BgpState.Idle), passive ? BgpEvent.AutomaticStartPassive : BgpEvent.AutomaticStart));
    }

    private void ApplyWaiting(Neighbor neighbor, FsmStep step)
    {
        BgpState before = neighbor.Waiting.State;
        neighbor.Waiting = step.Next;
        if (before != step.Next.State && neighbor.Sessions.Count == 0) neighbor.Since = Timers.Time.GetUtcNow();
        if ((step.Actions & FsmActions.StartConnectRetryTimer) != 0) neighbor.ConnectRetry.Start(RetryDelay(neighbor));
        if ((step.Actions & FsmActions.Dial) != 0) Dial(neighbor);
    }

    // Failures make attempts rarer, up to 12 times the configured interval; the first ones stay quick.
    private TimeSpan RetryDelay(Neighbor neighbor)
    {
        TimeSpan basic = neighbor.Options.ConnectRetryTime ?? Options.ConnectRetryTime;
        return Jitter(basic * Math.Clamp(neighbor.Failures - 2, 1, 12));
    }

    private void Dial(Neighbor neighbor)
    {
        neighbor.Dial?.Cancel();
        neighbor.Dial = new BgpDial(neighbor, neighbor.Options);
        _host.Dial(neighbor.Dial);
    }

    internal void ConnectRetryExpired(Neighbor neighbor)
    {
        if (!neighbor.IsEnabled || neighbor.Sessions.Count > 0) return;
        if (neighbor.Options.Passive || neighbor.IsDynamic) return;
        ApplyWaiting(neighbor, BgpFsm.Step(neighbor.Waiting, BgpEvent.ConnectRetryTimerExpires));
    }

    /// <summary>The connection that a dial asked for is up.</summary>
    /// <param name="dial">The dial.</param>
    /// <param name="connection">The connection.</param>
    public void Dialed(BgpDial dial, IBgpConnection connection)
    {
        Neighbor neighbor = dial.Neighbor;
        if (dial.IsCancelled || neighbor.Dial != dial || !neighbor.IsEnabled || neighbor.Established is not null)
        {
            connection.Close();
            return;
        }

        neighbor.Dial = null;
        Begin(neighbor, connection, dialed: true);
    }

    /// <summary>The connection that a dial asked for could not be made.</summary>
    /// <param name="dial">The dial.</param>
    /// <param name="reason">Why, for status and logs.</param>
    public void DialFailed(BgpDial dial, string reason)
    {
        Neighbor neighbor = dial.Neighbor;
        if (dial.IsCancelled || neighbor.Dial != dial) return;
        neighbor.Dial = null;
        neighbor.Failures++;
        neighbor.LastError = reason;
        Log.DialFailed(neighbor.Options.DisplayName, reason);
        if (neighbor.Sessions.Count > 0 || !neighbor.IsEnabled) return;
        ApplyWaiting(neighbor, new FsmStep(new FsmState(BgpState.Active), FsmActions.StartConnectRetryTimer));
    }

    /// <summary>A neighbour has connected.</summary>
    /// <param name="connection">The connection.</param>
    public void Accepted(IBgpConnection connection)
    {
        Neighbor? neighbor = FindOrMake(Normalize(connection.RemoteEndPoint.Address));
        bool fits = neighbor is { IsEnabled: true }
            && (neighbor.Options.LocalAddress is not { } local || Normalize(connection.LocalEndPoint.Address).Equals(Normalize(local)));
        if (!IsRunning || !fits)
        {
            Log.ConnectionRejected(connection.RemoteEndPoint);
            connection.Send(OutputWriter.Single(32, w => MessageWriter.WriteNotification(w, new BgpError(BgpErrorCode.Cease, CeaseSubcode.ConnectionRejected))));
            connection.Close();
            return;
        }

        // A newer connection takes the place of one that has not said anything: half-open ones do not pile up.
        foreach (Session idle in neighbor!.Sessions.Where(s => !s.Dialed && s.State < BgpState.OpenConfirm).ToArray()) idle.Fire(BgpEvent.OpenCollisionDump);
        Begin(neighbor, connection, dialed: false);
    }

    private void Begin(Neighbor neighbor, IBgpConnection connection, bool dialed)
    {
        var session = new Session(this, neighbor, connection, dialed);
        neighbor.Sessions.Add(session);
        _sessions[connection] = session;
        neighbor.ConnectRetry.Stop();
        session.Start();
    }

    private Neighbor? FindOrMake(IPAddress address)
    {
        if (_neighbors.TryGetValue(address, out Neighbor? found)) return found;
        IpPrefix host = IpPrefix.From(address);
        NeighborOptions? best = null;
        foreach (NeighborOptions options in Options.Neighbors)
        {
            if (options.Range is { } range && IpPrefix.From(range).Contains(host) && (best is null || range.PrefixLength > best.Range!.Value.PrefixLength)) best = options;
        }

        if (best is null || _dynamicCount >= Options.DynamicNeighborLimit || !IsRunning) return null;
        return AddNeighbor(best, address);
    }

    /// <summary>Octets have come in.</summary>
    /// <param name="connection">On which connection.</param>
    /// <param name="octets">All octets not used before, in order.</param>
    /// <returns>How many were used; give the others again with those that follow.</returns>
    public int Received(IBgpConnection connection, ReadOnlySpan<byte> octets) =>
        _sessions.TryGetValue(connection, out Session? session) ? session.Receive(octets) : octets.Length;

    /// <summary>A connection is gone.</summary>
    /// <param name="connection">Which.</param>
    /// <param name="reason">Why, for status and logs; null when the neighbour closed it.</param>
    public void Closed(IBgpConnection connection, string? reason = null)
    {
        if (!_sessions.TryGetValue(connection, out Session? session)) return;
        session.Neighbor.LastError = reason ?? (session.Neighbor.LastError is { } said && session.State == BgpState.Idle ? said : "connection closed by the neighbour");
        session.Fire(BgpEvent.TcpConnectionFails);
    }

    internal void StateChanged(Session session, BgpState before)
    {
        session.Neighbor.Since = Timers.Time.GetUtcNow();
        BgpTelemetry.Transition(session.State);
        Log.StateChanged(session.Neighbor.Options.DisplayName, before, session.State);
        foreach (ISessionMonitor monitor in _monitors) monitor.StateChanged(session, before, session.State);
    }

    /// <summary>RFC 4271 section 6.8, RFC 6286, RFC 4724 section 4.2; false when the session that got the OPEN is the one to go.</summary>
    internal bool ResolveCollision(Session session)
    {
        foreach (Session other in session.Neighbor.Sessions.ToArray())
        {
            if (other == session || other.State < BgpState.OpenConfirm) continue;
            if (other.State == BgpState.Established)
            {
                if (!IsRestart(session, other))
                {
                    session.Fire(BgpEvent.OpenCollisionDump);
                    return false;
                }

                // It has restarted and we have not noticed yet: the old connection goes without a word.
                other.Fire(BgpEvent.TcpConnectionFails);
                continue;
            }

            bool oursWins = RouterId != session.RemoteId ? RouterId > session.RemoteId : LocalAsnFor(session.Neighbor) > session.RemoteAsn;
            Session loser = session.Dialed == oursWins ? other : session;
            loser.Fire(BgpEvent.OpenCollisionDump);
            if (loser == session) return false;
        }

        return true;
    }

    /// <summary>Whether a new connection to a neighbour that is up says that the neighbour has restarted, unnoticed.</summary>
    /// <remarks>
    /// Both sides may dial at once, and see the first connection come up at different times. A connection from before that moment, or little later, is the
    /// loser of a collision, unless the neighbour says that it has restarted since (R bit): were it taken for a restart, each side could drop the other connection.
    /// </remarks>
    private bool IsRestart(Session session, Session established)
    {
        if (established.Theirs.GracefulRestart is not { Families.Count: > 0 } before || session.StartedAt <= established.EstablishedAt) return false;
        return session.Theirs.GracefulRestart is { Restarting: true } && !before.Restarting
            || Timers.Time.GetElapsedTime(established.EstablishedAt, session.StartedAt) > CollisionWindow;
    }

    private static readonly TimeSpan CollisionWindow = TimeSpan.FromSeconds(5);

    internal void SessionEnded(Session session, BgpState before, BgpEvent cause, BgpError error)
    {
        Neighbor neighbor = session.Neighbor;
        neighbor.Sessions.Remove(session);
        _sessions.Remove(session.Connection);
        BgpTelemetry.Transition(BgpState.Idle);
        foreach (ISessionMonitor monitor in _monitors) monitor.StateChanged(session, before, BgpState.Idle);
        if (before == BgpState.Established)
        {
            foreach (ISessionMonitor monitor in _monitors) monitor.Down(session, cause, error);
            BgpTelemetry.Established(-1);
            Log.SessionDown(neighbor.Options.DisplayName, neighbor.LastError ?? cause.ToString());
            ReleaseRoutes(session, cause, error);
        }

        if (neighbor.Sessions.Count > 0) return;
        neighbor.Since = Timers.Time.GetUtcNow();
        if (before == BgpState.Established) neighbor.Failures = 0;
        else if (cause != BgpEvent.OpenCollisionDump) neighbor.Failures++;
        neighbor.Waiting = new FsmState(BgpState.Idle);
        if (neighbor.IsDynamic && !neighbor.HasStaleRoutes) Remove(neighbor);
        else if (neighbor.Dial is null) StartNeighbor(neighbor, first: false);
        else neighbor.Waiting = new FsmState(BgpState.Connect);
        CheckSynchronized();
    }

    /// <summary>Ends a neighbour's sessions and attempts; its routes go.</summary>
    private void StopNeighbor(Neighbor neighbor, BgpError cease)
    {
        neighbor.Dial?.Cancel();
        neighbor.Dial = null;
        neighbor.ConnectRetry.Stop();
        neighbor.Waiting = new FsmState(BgpState.Idle);
        foreach (Session session in neighbor.Sessions.ToArray()) session.Fire(BgpEvent.ManualStop, cease);
        DropStale(neighbor);
    }

    private void Remove(Neighbor neighbor)
    {
        neighbor.IsRemoved = true;
        _neighbors.Remove(neighbor.Address);
        if (neighbor.IsDynamic) _dynamicCount--;
        foreach (NeighborFamily family in neighbor.Families.Values) family.Rib.RemoveSource(neighbor.Source.Index, PathFlags.None);
        // The number is free for another neighbour once no lane remembers it; at most 65,533 neighbours are ever remembered at once.
        _retired.Add(neighbor.Source.Index);
    }

    private readonly List<ushort> _retired = [];

    internal Asn LocalAsnFor(Neighbor neighbor) => neighbor.Options.LocalAsn
        ?? (Options.Confederation is { } confederation && neighbor.Options.Asn is { } theirs && theirs != Options.Asn && !confederation.Members.Contains(theirs)
            ? confederation.Identifier : Options.Asn);

    internal BgpCapabilities CapabilitiesFor(Neighbor neighbor, IBgpConnection connection)
    {
        NeighborOptions options = neighbor.Options;
        bool restart = options.GracefulRestart == GracefulRestartMode.Full;
        bool overIpv6 = Normalize(connection.RemoteEndPoint.Address).AddressFamily == AddressFamily.InterNetworkV6;
        bool longLived = options.LongLivedStaleTime > TimeSpan.Zero;
        // A session that comes again found forwarding as it was: only the connection was gone (RFC 4724 section 3, F bit).
        bool preserved = Options.Restarting || neighbor.TimesEstablished > 0;
        return new BgpCapabilities
        {
            Families = options.Families,
            RouteRefresh = true,
            EnhancedRouteRefresh = true,
            FourOctetAsn = LocalAsnFor(neighbor),
            ExtendedMessage = true,
            AddPath = options.AddPath == AddPathMode.None ? [] : [.. options.Families.Select(f => new AddPathFamily(f, options.AddPath))],
            ExtendedNextHop = options.ExtendedNextHop ?? overIpv6 ? [.. options.Families.Where(f => f.Afi == 1)] : [],
            Role = options.Role,
            GracefulRestart = options.GracefulRestart == GracefulRestartMode.Off ? null : new GracefulRestartCapability(
                IsRestarting, Notification: true, options.RestartTime,
                restart ? [.. options.Families.Select(f => new GracefulRestartFamily(f, preserved))] : []),
            LongLived = longLived && options.GracefulRestart != GracefulRestartMode.Off
                ? [.. options.Families.Select(f => new LongLivedFamily(f, preserved, options.LongLivedStaleTime))] : [],
        };
    }

    /// <summary>Sets what the neighbour is to us, as its OPEN makes it known.</summary>
    internal void Describe(Session session)
    {
        PathSource source = session.Neighbor.Source;
        bool sameAs = session.RemoteAsn == LocalAsnFor(session.Neighbor);
        bool member = Options.Confederation is { } confederation && confederation.Members.Contains(session.RemoteAsn);
        source.IsExternal = !sameAs && !member;
        source.IsConfedExternal = !sameAs && member;
        source.IsClient = sameAs && session.Neighbor.Options.RouteReflectorClient;
        source.RouterId = session.RemoteId;
        source.Party = session.Party;
    }
}
