using System.Net;

namespace Calico.Netlink;

/// <summary>Receives each route of a dump.</summary>
public delegate void RouteVisitor(in Route route);

/// <summary>Routes of a network namespace.</summary>
public sealed class RouteClient
{
    private readonly NetlinkConnection _connection;

    internal RouteClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>All routes that match, in the kernel's order. An interrupted dump is repeated.</summary>
    /// <exception cref="NetlinkException">The kernel refused, or changes interrupted every attempt (EINTR).</exception>
    public async ValueTask<IReadOnlyList<Route>> ListAsync(RouteFilter? filter = null, CancellationToken cancellationToken = default)
    {
        List<Route> routes = [];
        await VisitAsync((in Route route) => routes.Add(route), routes.Clear, filter, cancellationToken).ConfigureAwait(false);
        return routes;
    }

    /// <summary>Calls <paramref name="visitor"/> for each route that matches, without allocating per route.</summary>
    /// <param name="visitor">Called for each route, on the thread that reads.</param>
    /// <param name="onRestart">Called before the dump is repeated after an interruption: forget what came so far.</param>
    /// <param name="filter">What to return; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NetlinkException">The kernel refused, or changes interrupted every attempt (EINTR).</exception>
    public async ValueTask VisitAsync(RouteVisitor visitor, Action onRestart, RouteFilter? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        NetlinkBatch batch = new(256);
        batch.DumpRoutes(filter);
        bool all = filter is null;
        try
        {
            await _connection.DumpAsync(batch, Take, onRestart, cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Errno == Errno.NoEntry && filter?.Table is not null)
        {
            // With strict checking, a table that was never used is an error of its own: it has no routes.
        }

        void Take(int request, in NetlinkMessage message)
        {
            if (!Route.TryDecode(message, out Route route)) return;
            if (all ? (route.Flags & RouteFlags.Cloned) == 0 : filter!.Matches(route)) visitor(route);
        }
    }

    /// <summary>The route that a packet to <paramref name="destination"/> would take.</summary>
    /// <exception cref="NetlinkException">There is none (ENETUNREACH, EHOSTUNREACH), or a route says so.</exception>
    public ValueTask<Route> LookupAsync(IPAddress destination, IPAddress? source = null, uint mark = 0, CancellationToken cancellationToken = default) =>
        _connection.GetAsync<Route>(batch => batch.LookupRoute(destination, source, mark), Route.TryDecode, cancellationToken);

    /// <summary>Adds a route.</summary>
    /// <exception cref="NetlinkException">There is one of the same destination, service type and priority (EEXIST), or the kernel refuses this one.</exception>
    public ValueTask AddAsync(Route route, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddRoute(route), cancellationToken);

    /// <summary>Adds a route or replaces the one of the same destination, service type and priority.</summary>
    /// <exception cref="NetlinkException">The kernel refuses the route.</exception>
    public ValueTask ReplaceAsync(Route route, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.ReplaceRoute(route), cancellationToken);

    /// <summary>Adds a route behind those of the same destination.</summary>
    /// <exception cref="NetlinkException">The kernel refuses the route.</exception>
    public ValueTask AppendAsync(Route route, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AppendRoute(route), cancellationToken);

    /// <summary>Deletes a route. What the given one does not say matches any.</summary>
    /// <exception cref="NetlinkException">There is none like it (ESRCH).</exception>
    public ValueTask DeleteAsync(Route route, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteRoute(route), cancellationToken);
}
