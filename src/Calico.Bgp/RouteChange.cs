using System.Net;

namespace Calico.Bgp;

/// <summary>What happened to the best route of a prefix.</summary>
public enum RouteChangeKind
{
    /// <summary>There was none before.</summary>
    Add,

    /// <summary>It has other next hops or attributes.</summary>
    Replace,

    /// <summary>There is none any more.</summary>
    Withdraw,
}

/// <summary>One next hop of a best route.</summary>
/// <param name="Address">Where to send; a link-local IPv6 address carries its scope id.</param>
/// <param name="Weight">Share among the next hops of the route (from the link bandwidth community when all have one); else 1.</param>
/// <param name="Interface">The interface of the neighbour's session, for link-local next hops; null otherwise.</param>
public readonly record struct RouteNextHop(IPAddress Address, int Weight = 1, string? Interface = null);

/// <summary>One change of the Loc-RIB.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Family">The address family.</param>
/// <param name="Prefix">The destination.</param>
/// <param name="NextHops">The best route's next hops, best first; empty for a withdrawal.</param>
/// <param name="Attributes">The best route's attributes; null for a withdrawal.</param>
/// <param name="Neighbor">Address of the neighbour the best route came from; null for a withdrawal or a local route.</param>
public readonly record struct RouteChange(
    RouteChangeKind Kind, Family Family, IPNetwork Prefix, IReadOnlyList<RouteNextHop> NextHops, PathAttributes? Attributes, IPAddress? Neighbor);

/// <summary>Changes in order.</summary>
/// <param name="Changes">At most one per prefix.</param>
/// <param name="Synchronized">True from the batch on with which the stream holds everything neighbours had to say at start:
/// every established neighbour has sent its End-of-RIB, or the wait for it is over. What a FIB holds beyond that is stale.</param>
public sealed record RouteChangeBatch(IReadOnlyList<RouteChange> Changes, bool Synchronized);

/// <summary>What a subscriber to route changes wants.</summary>
public sealed record RouteSubscriptionOptions
{
    /// <summary>Families to watch. Default IPv4 and IPv6 unicast.</summary>
    public IReadOnlyList<Family> Families { get; init; } = [Family.Ipv4Unicast, Family.Ipv6Unicast];

    /// <summary>Only routes that this filter accepts, as it edits them; null: all.</summary>
    public RouteFilter? Filter { get; init; }

    /// <summary>Whether prefixes whose best route is a <see cref="LocalRoute"/> are told. Default false.</summary>
    public bool IncludeLocal { get; init; }

    /// <summary>The most changes in one batch; 1 to 65536. Default 4096.</summary>
    public int BatchSize { get; init; } = 4096;
}
