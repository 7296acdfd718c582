namespace Calico.Netlink.Testing;

/// <summary>What a namespace holds, and the rules by which Linux lets it change.</summary>
internal sealed class FakeNamespace
{
    public SortedDictionary<int, Link> Links { get; } = [];
    public List<InterfaceAddress> Addresses { get; } = [];
    public List<Route> Routes { get; } = [];
    public List<RoutingRule> Rules { get; } = [];
    public List<Neighbour> Neighbours { get; } = [];
    public SortedDictionary<uint, Nexthop> Nexthops { get; } = [];

    public int NextIndex => Links.Count == 0 ? 1 : Links.Keys.Max() + 1;

    public void AddLink(Link link) => Links[link.Index] = link;

    public Link? FindLink(int index, string name) =>
        index != 0 ? Links.GetValueOrDefault(index) : Links.Values.FirstOrDefault(l => l.Name == name || l.AlternativeNames.Contains(name));

    /// <summary>Adds a route by the flags of RTM_NEWROUTE. Keys are destination, service type and priority within a table.</summary>
    public (Errno Error, bool Replaced) AddRoute(Route route, NetlinkFlags flags)
    {
        if (Unreachable(route) is not Errno.None and Errno error) return (error, false);
        route = Completed(route);
        int existing = Routes.FindIndex(r => SamePlace(r, route));
        if (existing < 0)
        {
            if ((flags & NetlinkFlags.Create) == 0) return (Errno.NoEntry, false);
            Routes.Add(route);
            return (Errno.None, false);
        }

        if ((flags & NetlinkFlags.Exclusive) != 0) return (Errno.Exists, false);
        if ((flags & NetlinkFlags.Replace) != 0)
        {
            Routes[existing] = route;
            return (Errno.None, true);
        }

        if (Routes.Contains(route)) return (Errno.Exists, false);
        Routes.Insert((flags & NetlinkFlags.Append) != 0 ? Routes.FindLastIndex(r => SamePlace(r, route)) + 1 : existing, route);
        return (Errno.None, false);
    }

    /// <summary>Removes the first route that the given one matches; null when there is none.</summary>
    public Route? RemoveRoute(Route pattern)
    {
        int index = Routes.FindIndex(r => SamePlace(r, Prioritized(pattern))
            && (pattern.Protocol == RouteProtocol.Unspecified || pattern.Protocol == r.Protocol)
            && (pattern.Type == RouteType.Unspecified || pattern.Type == r.Type)
            && (pattern.Gateway is null || pattern.Gateway.Equals(r.Gateway))
            && (pattern.InterfaceIndex == 0 || pattern.InterfaceIndex == r.InterfaceIndex));
        if (index < 0) return null;
        Route removed = Routes[index];
        Routes.RemoveAt(index);
        return removed;
    }

    /// <summary>The main table's route to an address: the longest prefix, then the lowest priority.</summary>
    public Route? Lookup(System.Net.IPAddress? destination)
    {
        if (destination is null) return null;
        IEnumerable<Route> matching = Routes.Where(r => r.Table == WellKnownRouteTables.Main && r.Type == RouteType.Unicast
            && r.Destination.BaseAddress.AddressFamily == destination.AddressFamily && r.Destination.Contains(destination));
        return matching.OrderByDescending(r => r.Destination.PrefixLength).ThenBy(r => r.Priority).Select(r => (Route?)r).FirstOrDefault();
    }

    /// <summary>Removes what depends on an interface that went down or away; what is returned is also announced.</summary>
    public IReadOnlyList<Route> DropRoutesOf(int index)
    {
        List<Route> gone = Routes.FindAll(r => r.InterfaceIndex == index || r.NextHops.Any(h => h.InterfaceIndex == index));
        Routes.RemoveAll(gone.Contains);
        // IPv4 routes go without a word.
        return gone.FindAll(r => r.IsIPv6);
    }

    private Errno Unreachable(in Route route)
    {
        foreach (int index in route.NextHops.Select(h => h.InterfaceIndex).Append(route.InterfaceIndex).Where(i => i != 0))
        {
            if (!Links.TryGetValue(index, out Link? link)) return Errno.NoDevice;
            if (!link.IsUp) return Errno.NetworkDown;
        }

        return route.NexthopId != 0 && !Nexthops.ContainsKey(route.NexthopId) ? Errno.Invalid : Errno.None;
    }

    private Route Completed(in Route route)
    {
        Route completed = Prioritized(route);
        return route.NexthopId != 0 && Nexthops[route.NexthopId] is { } nexthop
            ? completed with { Gateway = nexthop.Gateway, InterfaceIndex = nexthop.InterfaceIndex, Flags = completed.Flags | nexthop.Flags & RouteFlags.OnLink }
            : completed;
    }

    private static Route Prioritized(in Route route) => route.IsIPv6 && route.Priority == 0 ? route with { Priority = 1024 } : route;

    private static bool SamePlace(in Route left, in Route right) => left.Table == right.Table && new RouteKey(left) == new RouteKey(right);
}
