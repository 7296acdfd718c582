using Calico.Collections;
using System.Net;

namespace Calico.Dataplane.Routes;

/// <summary>
/// The routes that should be in the kernel: for each destination those who want it, of whom the strongest class wins, and which destinations changed.
/// </summary>
internal sealed class RoutePlanner
{
    private readonly Dictionary<IPNetwork, SortedDictionary<RouteClass, RouteTarget>> _wanted = [];
    private readonly HashSet<IPNetwork> _changed = [];
    private readonly HashSet<IPNetwork> _seen = [];

    public IEnumerable<RouteTarget> Wanted => _wanted.Values.Select(c => c.Values.First());

    public int Count => _wanted.Count;

    public void Set(RouteTarget target)
    {
        if (!_wanted.TryGetValue(target.Destination, out SortedDictionary<RouteClass, RouteTarget>? classes))
            _wanted[target.Destination] = classes = [];
        if (classes.TryGetValue(target.Class, out RouteTarget? old) && old == target) return;
        classes[target.Class] = target;
        _seen.Add(target.Destination);
        _changed.Add(target.Destination);
    }

    public void Remove(IPNetwork destination, RouteClass routeClass)
    {
        if (!_wanted.TryGetValue(destination, out SortedDictionary<RouteClass, RouteTarget>? classes) || !classes.Remove(routeClass)) return;
        if (classes.Count == 0) _wanted.Remove(destination);
        _changed.Add(destination);
    }

    /// <summary>All routes of a class, replaced as a whole.</summary>
    public void Replace(RouteClass routeClass, IEnumerable<RouteTarget> targets)
    {
        Dictionary<IPNetwork, RouteTarget> wanted = targets.ToDictionary(t => t.Destination);
        foreach (IPNetwork old in _wanted.Where(w => w.Value.ContainsKey(routeClass)).Select(w => w.Key).ToList())
        {
            if (!wanted.ContainsKey(old)) Remove(old, routeClass);
        }

        foreach (RouteTarget target in wanted.Values) Set(target);
    }

    /// <summary>Whether anyone has ever wanted a route there: if so, its absence is a decision, else perhaps ignorance.</summary>
    public bool WasWanted(IPNetwork destination) => _seen.Contains(destination);

    public RouteTarget? Find(IPNetwork destination) => _wanted.TryGetValue(destination, out SortedDictionary<RouteClass, RouteTarget>? classes) ? classes.Values.First() : null;

    /// <summary>Destinations whose route may differ from what was taken last.</summary>
    public IReadOnlyCollection<IPNetwork> TakeChanged()
    {
        IPNetwork[] changed = [.. _changed];
        _changed.Empty();
        return changed;
    }
}
