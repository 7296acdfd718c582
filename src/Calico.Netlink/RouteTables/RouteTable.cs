namespace Calico.Netlink;

/// <summary>
/// A routing table as it should be: say which routes are wanted, and <see cref="ApplyAsync"/> makes the kernel's own routes of one table and protocol equal to them.
/// </summary>
/// <remarks>
/// The first apply reads the kernel's table back (a filtered dump), so a start after a crash is the same path as any other. Later applies send only what changed.
/// Routes of other protocols are left alone: one in the way is reported as a <see cref="RouteConflict"/>. A changed route is replaced in place, so that no packet meets a gap;
/// the kernel cannot tie that to a protocol, so feed events to <see cref="Observe"/> (or use <see cref="RunAsync"/>): then a place that someone else took over is known.
/// Thread-safe: routes may be set while an apply runs, which picks them up.
/// </remarks>
public sealed class RouteTable : IDisposable
{
    // A lost answer makes a further round; who keeps losing them gets the rest at the next apply.
    private const int MaximumRounds = 4;

    private readonly RtNetlink _netlink;
    private readonly RouteTableOptions _options;
    private readonly RouteTableState _state;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly NetlinkBatch _batch = new(64 * 1024);
    private readonly RouteChange[] _changes;
    private readonly NexthopPool _nexthops;
    private volatile bool _resync = true;
    private Action? _changed;

    /// <summary>A table over a connection, which stays the caller's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public RouteTable(RtNetlink netlink, RouteTableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(netlink);
        _options = options ?? new RouteTableOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.BatchSize, 65_536, nameof(options));
        if (_options.Protocol is RouteProtocol.Unspecified or RouteProtocol.Kernel)
            throw new ArgumentOutOfRangeException(nameof(options), _options.Protocol, "Own routes need a protocol of their own.");
        _netlink = netlink;
        _state = new RouteTableState(_options.Table, _options.Protocol);
        _changes = new RouteChange[_options.BatchSize];
        _nexthops = new NexthopPool(netlink, _options);
    }

    /// <summary>The number of wanted routes.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _state.WantedCount;
        }
    }

    /// <summary>A snapshot of the wanted routes, in no order.</summary>
    public IReadOnlyList<Route> Wanted
    {
        get
        {
            lock (_lock) return [.. _state.Wanted];
        }
    }

    /// <summary>Wants a route; one of the same destination, service type and priority is replaced. Table and protocol are this table's.</summary>
    /// <returns>False when it was wanted like this already.</returns>
    public bool Set(in Route route)
    {
        bool changed;
        lock (_lock) changed = _state.Set(route);
        if (changed) _changed?.Invoke();
        return changed;
    }

    /// <summary>Wants a route no more.</summary>
    /// <returns>False when it was not wanted.</returns>
    public bool Remove(RouteKey key)
    {
        bool changed;
        lock (_lock) changed = _state.Remove(key);
        if (changed) _changed?.Invoke();
        return changed;
    }

    /// <summary>Wants exactly the given routes.</summary>
    public void SetAll(IEnumerable<Route> routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        lock (_lock) _state.Replace(routes);
        _changed?.Invoke();
    }

    /// <summary>Reads the kernel's table back at the next apply: after an event was lost, or on suspicion.</summary>
    public void RequestResync()
    {
        _resync = true;
        _changed?.Invoke();
    }

    /// <summary>Takes note of an event, of any kind; what someone else changed is repaired by the next apply.</summary>
    /// <returns>True when an apply has something to do.</returns>
    public bool Observe(RtEvent observed)
    {
        ArgumentNullException.ThrowIfNull(observed);
        switch (observed)
        {
            case RouteEvent { Route.Table: uint table } route when table == _options.Table && route.Origin != _netlink.Connection.PortId:
                lock (_lock) return _state.Observe(route.Route, route.IsDeleted);
            // The kernel drops the routes of a link that goes down or away without a message for each.
            case LinkEvent link when link.IsDeleted || !link.Link.IsUp:
            case NexthopEvent { IsDeleted: true } nexthop when nexthop.Origin != _netlink.Connection.PortId:
            case EventsLost:
                return _resync = true;
            // What the kernel refused may work now that a link is up or has an address.
            case LinkEvent or AddressEvent { IsDeleted: false }:
                lock (_lock) return _state.RetryFailed();
            default:
                return false;
        }
    }

    /// <summary>Makes the kernel's table equal to what is wanted, with the least changes.</summary>
    /// <returns>What was done, and what is in the way.</returns>
    /// <exception cref="NetlinkException">The kernel could not be asked; what was applied so far stays, and the next apply goes on.</exception>
    public async ValueTask<RouteTableReport> ApplyAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        using System.Diagnostics.Activity? activity = NetlinkTelemetry.StartApply(_options.Table);
        try
        {
            RouteTableApply apply = new();
            lock (_lock) _state.RetryFailed();
            for (int round = 0; round < MaximumRounds && (_resync || HasWork); round++)
            {
                if (_resync) await ResyncAsync(apply, cancellationToken).ConfigureAwait(false);
                await SendAllAsync(apply, cancellationToken).ConfigureAwait(false);
            }

            RouteTableReport report = apply.ToReport();
            NetlinkTelemetry.Applied(activity, _options.Table, report);
            foreach (RouteConflict conflict in report.Conflicts) _netlink.Connection.Log.RouteConflict(_options.Table, conflict);
            foreach (RouteFailure failure in report.Failures) _netlink.Connection.Log.RouteFailure(_options.Table, failure);
            return report;
        }
        catch
        {
            // It is not known how far the kernel came.
            _resync = true;
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Keeps the table applied until cancelled: after every change here, every change by others, and at the resync interval.</summary>
    /// <param name="report">Called after each apply that did something or met an obstacle.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetlinkException">The kernel cannot be asked at all.</exception>
    public async Task RunAsync(Action<RouteTableReport>? report = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        using RouteTableKeeper keeper = new(this, _netlink, _options, timeProvider ?? TimeProvider.System, report);
        await keeper.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the table's own resources; routes in the kernel stay.</summary>
    public void Dispose() => _turn.Dispose();

    /// <summary>Calls <paramref name="changed"/> when there is something to apply, until the returned value is disposed.</summary>
    internal IDisposable OnChange(Action changed)
    {
        _changed += changed;
        return new Unsubscribe(() => _changed -= changed);
    }

    internal bool NeedsApply => _resync || HasWork;

    private bool HasWork
    {
        get
        {
            lock (_lock) return _state.HasWork;
        }
    }

    private async ValueTask SendAllAsync(RouteTableApply apply, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_state.QueuedCount >= _options.NexthopObjectThreshold) _state.ForEachGatewayed(_nexthops.Count);
        }

        await _nexthops.PrepareAsync(cancellationToken).ConfigureAwait(false);
        while (Take() is int count and > 0)
        {
            await SendAsync(apply, count, cancellationToken).ConfigureAwait(false);
            if (apply.Occupied.Count > 0 && !HasWork) await ResolveOccupiedAsync(apply, cancellationToken).ConfigureAwait(false);
        }
    }

    private int Take()
    {
        lock (_lock) return _state.Take(_changes);
    }

    private async ValueTask ResyncAsync(RouteTableApply apply, CancellationToken cancellationToken)
    {
        _resync = false;
        RouteFilter own = new() { Table = _options.Table, Protocol = _options.Protocol };

        List<Route> found = [];
        await _netlink.Routes.VisitAsync((in Route route) => found.Add(route), found.Clear, own, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _state.BeginResync();
            _nexthops.BeginResync();
            foreach (Route route in found)
            {
                _state.Seen(route);
                _nexthops.Seen(route.NexthopId);
            }

            _state.EndResync();
        }

        await _nexthops.EndResyncAsync(cancellationToken).ConfigureAwait(false);
        apply.Resynced = true;
    }

    private async ValueTask SendAsync(RouteTableApply apply, int count, CancellationToken cancellationToken)
    {
        _batch.Clear();
        for (int i = 0; i < count; i++)
        {
            ref readonly RouteChange change = ref _changes[i];
            switch (change.Kind)
            {
                case RouteChangeKind.Add: _batch.AddRoute(_nexthops.Resolve(change.Route)); break;
                case RouteChangeKind.Replace: _batch.ReplaceRoute(_nexthops.Resolve(change.Route)); break;
                default: _batch.DeleteRoute(change.Route); break;
            }
        }

        NetlinkBatchResult result = await _netlink.Connection.SendAsync(_batch, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (result.RepliesLost) _resync = true;
        lock (_lock) apply.Take(_state, _changes.AsSpan(0, count), result.Errors);
    }

    // EEXIST says only that something is there. What it is decides: our own after all, or someone else's.
    private async ValueTask ResolveOccupiedAsync(RouteTableApply apply, CancellationToken cancellationToken)
    {
        Dictionary<RouteKey, Route> existing = [];
        await _netlink.Routes.VisitAsync(Visit, existing.Clear, new RouteFilter { Table = _options.Table }, cancellationToken).ConfigureAwait(false);
        lock (_lock) apply.Resolve(_state, existing, _options.Protocol);

        void Visit(in Route route)
        {
            RouteKey key = new(route);
            if (apply.Occupied.ContainsKey(key) && (route.Protocol == _options.Protocol || !existing.ContainsKey(key))) existing[key] = route;
        }
    }

    private sealed class Unsubscribe(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
