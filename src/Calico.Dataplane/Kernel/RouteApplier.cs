using System.Net;
using Calico.Dataplane.Routes;
using Calico.Netlink;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Keeps our routes in the kernel equal to the planned ones. They are recognised by their protocol number; others are never touched.
/// Routes found at start that nobody wants are deleted at once, except learned ones: routing protocols get time to learn them again.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="planner">The planned routes; others change them meanwhile, under <paramref name="gate"/>.</param>
/// <param name="options">The parameters.</param>
/// <param name="gate">Held whenever the planner is looked at, never while the kernel is waited for.</param>
internal sealed class RouteApplier(IDataplaneKernel kernel, RoutePlanner planner, DataplaneOptions options, Lock gate)
{
    private readonly Dictionary<IPNetwork, Route> _inKernel = [];
    private readonly HashSet<IPNetwork> _failed = [];
    private readonly HashSet<IPAddress> _abandoned = [];
    private Dictionary<string, KernelInterface> _interfaces = new(StringComparer.Ordinal);
    private bool _known;

    /// <summary>While true, learned routes found in the kernel stay though nobody has learned them yet.</summary>
    public bool KeepStaleLearned { get; set; } = true;

    public IReadOnlyDictionary<string, KernelInterface> Interfaces => _interfaces;

    public void Distrust() => _known = false;

    /// <summary>Takes note of the interfaces; the routes of one that is new, or was down, are written again, since the kernel dropped them.</summary>
    public void SetInterfaces(IReadOnlyList<KernelInterface> interfaces)
    {
        Dictionary<string, KernelInterface> now = interfaces.ToDictionary(i => i.Name, StringComparer.Ordinal);
        foreach (KernelInterface current in interfaces)
        {
            KernelInterface? before = _interfaces.GetValueOrDefault(current.Name);
            if (before is null || before.Index != current.Index || before.IsUp != current.IsUp) _known = false;
        }

        if (_interfaces.Keys.Any(name => !now.ContainsKey(name))) _known = false;
        _interfaces = now;
    }

    /// <summary>Addresses of workloads that left this node or moved to another interface since this was last taken.</summary>
    public IReadOnlyList<IPAddress> TakeAbandoned()
    {
        IPAddress[] abandoned = [.. _abandoned];
        _abandoned.Clear();
        return abandoned;
    }

    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<(int Put, int Deleted, IReadOnlyList<RouteFailure> Failures)> ApplyAsync(CancellationToken cancellationToken)
    {
        List<Route> put = [], delete = [];
        bool known;
        lock (gate)
        {
            known = _known;
            // Taken as known from here on: whoever distrusts it while the kernel is read is heard at the next flush.
            _known = true;
        }

        try
        {
            if (!known) await ReadAsync(cancellationToken).ConfigureAwait(false);
            lock (gate) Compare(all: !known, put, delete);
        }
        catch
        {
            Distrust();
            throw;
        }

        _failed.Clear();
        foreach (Route gone in delete.Concat(put.Where(p => _inKernel.ContainsKey(p.Destination)).Select(p => _inKernel[p.Destination])))
        {
            bool moved = !put.Exists(p => p.Destination == gone.Destination && p.InterfaceIndex == gone.InterfaceIndex);
            if (moved && gone.Type == RouteType.Unicast && !IsLearned(gone) && gone.Destination.PrefixLength == (gone.IsIPv6 ? 128 : 32)) _abandoned.Add(gone.Destination.BaseAddress);
        }

        IReadOnlyList<RouteFailure> failures = await ChangeAsync(delete, put, cancellationToken).ConfigureAwait(false);
        foreach (Route route in delete) _inKernel.Remove(route.Destination);
        foreach (Route route in put) _inKernel[route.Destination] = route;
        foreach (RouteFailure failure in failures)
        {
            _inKernel.Remove(failure.Route.Destination);
            _failed.Add(failure.Route.Destination);
        }

        return (put.Count, delete.Count, failures);
    }

    private async ValueTask<IReadOnlyList<RouteFailure>> ChangeAsync(List<Route> delete, List<Route> put, CancellationToken cancellationToken)
    {
        if (put.Count + delete.Count == 0) return [];
        try
        {
            return await kernel.ChangeRoutesAsync(delete, put, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Distrust();
            throw;
        }
    }

    private void Compare(bool all, List<Route> put, List<Route> delete)
    {
        IReadOnlyCollection<IPNetwork> changed = planner.TakeChanged();
        IEnumerable<IPNetwork> destinations = all
            ? planner.Wanted.Select(t => t.Destination).Concat(_inKernel.Keys.Where(d => planner.Find(d) is null))
            : changed.Concat(_failed);
        foreach (IPNetwork destination in destinations.Distinct().ToList()) Compare(destination, put, delete);
    }

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        _inKernel.Clear();
        foreach (Route route in await kernel.ReadRoutesAsync(options.DeviceRouteProtocol, cancellationToken).ConfigureAwait(false))
            _inKernel[route.Destination] = route;
    }

    private void Compare(IPNetwork destination, List<Route> put, List<Route> delete)
    {
        bool there = _inKernel.TryGetValue(destination, out Route current);
        Route? wanted = planner.Find(destination) is { } target ? ToRoute(target) : null;
        if (wanted is { } route)
        {
            if (there && Same(current, route)) return;
            if (there && current.Priority != route.Priority) delete.Add(current);
            put.Add(route);
        }
        else if (there && !(KeepStaleLearned && !planner.WasWanted(destination) && IsLearned(current))) delete.Add(current);
    }

    private static bool IsLearned(in Route route) => route.Gateway is not null || route.NextHops.Count > 0;

    /// <returns>Null while the interface is not there or is down.</returns>
    private Route? ToRoute(RouteTarget target)
    {
        KernelInterface? device = null;
        if (target.Interface is { } name && (!_interfaces.TryGetValue(name, out device) || !device.IsUp)) return null;
        Route route = new()
        {
            Destination = target.Destination,
            Protocol = (RouteProtocol)options.DeviceRouteProtocol,
            Priority = options.RoutePriority,
            Type = target.IsBlackhole ? RouteType.Blackhole : RouteType.Unicast,
            InterfaceIndex = target.Gateways.Count > 1 ? 0 : device?.Index ?? 0,
            Flags = target.OnLink && target.Gateways.Count == 1 ? RouteFlags.OnLink : 0,
        };
        if (target.Gateways.Count == 1) return route with { Gateway = target.Gateways[0] };
        return target.Gateways.Count == 0 ? route : route with
        {
            NextHops = [.. target.Gateways.Select(g => new RouteNextHop { Gateway = g, InterfaceIndex = device?.Index ?? 0, Flags = target.OnLink ? RouteFlags.OnLink : 0 })],
        };
    }

    // The kernel fills in the interface of a gateway, and reports link state in the flags.
    private static bool Same(in Route current, in Route wanted)
    {
        if (current.Type != wanted.Type || current.Priority != wanted.Priority || !Equals(current.Gateway, wanted.Gateway)) return false;
        if (wanted.InterfaceIndex != 0 && current.InterfaceIndex != wanted.InterfaceIndex) return false;
        if (((current.Flags ^ wanted.Flags) & RouteFlags.OnLink) != 0 || current.NextHops.Count != wanted.NextHops.Count) return false;
        HashSet<IPAddress?> gateways = [.. current.NextHops.Select(h => h.Gateway)];
        return wanted.NextHops.All(h => gateways.Contains(h.Gateway));
    }
}
