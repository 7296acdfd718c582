using System.Globalization;
using System.Net;

namespace Calico.Netlink;

/// <summary>One of several next hops of a route (<c>struct rtnexthop</c> and its attributes).</summary>
public sealed record RouteNextHop
{
    /// <summary>The next hop's address; null for directly on the link.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Index of the outgoing interface; 0 to let the kernel find it.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>Share of the flows, 1 to 256. Default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Flags; <see cref="RouteFlags.OnLink"/> is the one to set. Only the low 8 bits exist here.</summary>
    public RouteFlags Flags { get; init; }

    /// <summary>Lightweight-tunnel encapsulation; null without.</summary>
    public RouteEncapsulation? Encapsulation { get; init; }

    /// <summary>As <c>ip route</c> would print it, with the interface index for its name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"via {Gateway} dev #{InterfaceIndex} weight {Weight}");
}

/// <summary>The rare parts of a route, out of the way of the common ones.</summary>
internal sealed record RouteDetails
{
    public static readonly RouteDetails Empty = new();

    public IReadOnlyList<RouteNextHop> NextHops { get; init; } = [];
    public IPAddress? PreferredSource { get; init; }
    public IPNetwork? Source { get; init; }
    public RouteMetrics? Metrics { get; init; }
    public RouteEncapsulation? Encapsulation { get; init; }
    public uint? ExpiresInSeconds { get; init; }
    public RoutePreference? Preference { get; init; }

    public bool Equals(RouteDetails? other) =>
        other is not null && Equals(PreferredSource, other.PreferredSource) && Source.Equals(other.Source) && Equals(Metrics, other.Metrics)
        && Equals(Encapsulation, other.Encapsulation) && ExpiresInSeconds == other.ExpiresInSeconds && Preference == other.Preference
        && NextHops.SequenceEqual(other.NextHops);

    public override int GetHashCode() => HashCode.Combine(PreferredSource, Source, NextHops.Count, Encapsulation);
}
