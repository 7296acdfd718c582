using System.Net;

namespace Calico.Bgp;

/// <summary>How a prefix in a query is meant.</summary>
public enum RibMatch
{
    /// <summary>The prefix itself.</summary>
    Exact,

    /// <summary>The longest prefix that contains it.</summary>
    Longest,

    /// <summary>The prefix and all inside it.</summary>
    Longer,
}

/// <summary>Which routes to look up.</summary>
public sealed record RibQuery
{
    /// <summary>The family. Default IPv4 unicast.</summary>
    public Family Family { get; init; } = Family.Ipv4Unicast;

    /// <summary>The prefix to match; null: all.</summary>
    public IPNetwork? Prefix { get; init; }

    /// <summary>How <see cref="Prefix"/> is meant.</summary>
    public RibMatch Match { get; init; }

    /// <summary>Whether to give all paths instead of the best of each prefix.</summary>
    public bool AllPaths { get; init; }

    /// <summary>Only paths from this neighbour (its Adj-RIB-In after import policy); null: from all.</summary>
    public IPAddress? Neighbor { get; init; }

    /// <summary>The most routes to give. Default all.</summary>
    public int Limit { get; init; } = int.MaxValue;
}

/// <summary>One path of the table.</summary>
/// <param name="Family">The family.</param>
/// <param name="Prefix">The destination.</param>
/// <param name="PathId">The path identifier received (RFC 7911); 0 without.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Neighbor">Where it came from; null for a local route.</param>
/// <param name="IsBest">Whether it is the one in use.</param>
/// <param name="IsStale">Whether its neighbour is away (RFC 4724).</param>
public sealed record RibRoute(Family Family, IPNetwork Prefix, uint PathId, PathAttributes Attributes, IPAddress? Neighbor, bool IsBest, bool IsStale);
