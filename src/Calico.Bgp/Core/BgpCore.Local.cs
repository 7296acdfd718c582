using System.Net;
using Calico.Net;

namespace Calico.Bgp;

// Routes of the speaker's own.
public sealed partial class BgpCore
{
    /// <summary>Adds a local route, or replaces the one to the same prefix.</summary>
    /// <param name="route">The route.</param>
    public void Announce(LocalRoute route)
    {
        IpPrefix prefix = IpPrefix.From(route.Prefix);
        Rib rib = RibOf(prefix.IsIPv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast);
        PathAttributes attributes = route.Attributes ?? PathAttributes.LocalDefault;
        if (route.NextHop is { } nextHop) attributes = new PathAttributesBuilder(attributes).SetNextHop(nextHop).Build();
        else if (!attributes.NextHopWire.IsEmpty) attributes = new PathAttributesBuilder(attributes).SetNextHop([]).Build();
        attributes = _attributes.Intern(attributes);
        int slot = rib.FindOrAdd(prefix);
        bool known = rib.LocalRoutes.TryGetValue(prefix, out LocalRoute? before);
        rib.LocalRoutes[prefix] = route;
        rib.SetPath(slot, PathSource.LocalIndex, 0, attributes, route.Preference);
        // Filters may look at what no attribute shows.
        if (known && (before!.Interface != route.Interface || before.Metric != route.Metric || before.Tag != route.Tag)) rib.Note(slot);
        _attributes.ReleaseIfUnused(attributes);
    }

    /// <summary>Takes a local route back.</summary>
    /// <param name="prefix">Its prefix.</param>
    /// <returns>False when there is none.</returns>
    public bool Withdraw(IPNetwork prefix)
    {
        IpPrefix key = IpPrefix.From(prefix);
        Rib rib = RibOf(key.IsIPv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast);
        if (!rib.LocalRoutes.Remove(key)) return false;
        rib.RemovePath(rib.Find(key), PathSource.LocalIndex, 0);
        return true;
    }

    /// <summary>Makes the local routes exactly these.</summary>
    /// <param name="routes">The routes; of two to one prefix the last counts.</param>
    public void SetLocalRoutes(IEnumerable<LocalRoute> routes)
    {
        var wanted = new Dictionary<IpPrefix, LocalRoute>();
        foreach (LocalRoute route in routes) wanted[IpPrefix.From(route.Prefix)] = route;
        foreach (Rib rib in _ribs.Values)
        {
            foreach (IpPrefix prefix in rib.LocalRoutes.Keys.Where(p => !wanted.ContainsKey(p)).ToArray()) Withdraw(prefix.ToIPNetwork());
        }

        foreach ((IpPrefix prefix, LocalRoute route) in wanted)
        {
            Rib rib = RibOf(prefix.IsIPv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast);
            if (!rib.LocalRoutes.TryGetValue(prefix, out LocalRoute? known) || known != route) Announce(route);
        }
    }

    /// <summary>Looks up all next hops again, because <see cref="INextHopResolver"/> has other answers.</summary>
    public void NextHopsChanged()
    {
        bool changed = false;
        foreach (PathAttributes attributes in _attributes.All())
        {
            (uint metric, bool unreachable) = (attributes.Metric, attributes.Unreachable);
            Resolve(attributes);
            changed |= metric != attributes.Metric || unreachable != attributes.Unreachable;
        }

        if (!changed) return;
        foreach (Rib rib in _ribs.Values) rib.ReselectAll();
    }
}
