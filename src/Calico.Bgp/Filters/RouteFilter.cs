namespace Calico.Bgp;

/// <summary>What a filter decides.</summary>
public enum FilterVerdict
{
    /// <summary>Nothing: the next filter, or the default, decides.</summary>
    Pass,

    /// <summary>The route goes on, as edited.</summary>
    Accept,

    /// <summary>The route stops here.</summary>
    Reject,
}

/// <summary>Decides on, and edits, one route on its way in, out, or to a subscriber.</summary>
/// <remarks>Filters must be pure: the same route gives the same answer, and nothing is remembered. They run on the speaker's own thread of work.
/// An exception counts as a rejection and is counted in <c>bgp.filter.failures</c>. A <see cref="FilterVerdict.Pass"/> at the end means reject.</remarks>
public abstract class RouteFilter
{
    /// <summary>Accepts everything.</summary>
    public static RouteFilter AcceptAll { get; } = new ConstantFilter(FilterVerdict.Accept);

    /// <summary>Rejects everything.</summary>
    public static RouteFilter RejectAll { get; } = new ConstantFilter(FilterVerdict.Reject);

    /// <summary>Decides on a route.</summary>
    /// <param name="route">The route; may be edited when the answer is <see cref="FilterVerdict.Accept"/>.</param>
    /// <returns>The verdict.</returns>
    public abstract FilterVerdict Apply(ref RouteContext route);

    /// <summary>Decides, and takes an exception for a rejection: a faulty filter must not take sessions down.</summary>
    internal FilterVerdict Decide(ref RouteContext route)
    {
        try
        {
            return Apply(ref route);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            BgpTelemetry.FilterFailed(ToString() ?? GetType().Name, error);
            return FilterVerdict.Reject;
        }
    }

    /// <summary>Whether the answer depends on the prefix. When false, routes with equal attributes are decided together.</summary>
    public virtual bool DependsOnPrefix => true;

    /// <summary>Whether the answer depends on which neighbour of a kind is on the other end. When false, neighbours with this filter share encoded updates.</summary>
    public virtual bool DependsOnNeighbor => true;

    /// <summary>Filters one after the other: the first that does not pass decides.</summary>
    /// <param name="filters">In order.</param>
    /// <returns>The chain.</returns>
    public static RouteFilter Chain(params IReadOnlyList<RouteFilter> filters) => new ChainFilter([.. filters]);

    private sealed class ConstantFilter(FilterVerdict verdict) : RouteFilter
    {
        public override bool DependsOnPrefix => false;
        public override bool DependsOnNeighbor => false;
        public override FilterVerdict Apply(ref RouteContext route) => verdict;
        public override string ToString() => verdict == FilterVerdict.Accept ? "accept" : "reject";
    }

    private sealed class ChainFilter(RouteFilter[] filters) : RouteFilter
    {
        public override bool DependsOnPrefix { get; } = Array.Exists(filters, f => f.DependsOnPrefix);
        public override bool DependsOnNeighbor { get; } = Array.Exists(filters, f => f.DependsOnNeighbor);

        public override FilterVerdict Apply(ref RouteContext route)
        {
            foreach (RouteFilter filter in filters)
            {
                FilterVerdict verdict = filter.Apply(ref route);
                if (verdict != FilterVerdict.Pass) return verdict;
            }

            return FilterVerdict.Pass;
        }

        public override string ToString() => string.Join(", ", (object[])filters);
    }
}
