using System.Net;

namespace Calico.Bgp;

/// <summary>A route of this speaker's own: goes into the Loc-RIB and from there to neighbours.</summary>
/// <param name="Prefix">The destination; host bits must be zero.</param>
public sealed record LocalRoute(IPNetwork Prefix)
{
    /// <summary>The next hop told to neighbours; null: the speaker's own address on each session.</summary>
    public IPAddress? NextHop { get; init; }

    /// <summary>Attributes; null: ORIGIN IGP and an empty AS path. A next hop in them is not used.</summary>
    public PathAttributes? Attributes { get; init; }

    /// <summary>Against routes to the same prefix from neighbours (which have 100): the higher wins. Default 200.</summary>
    public ushort Preference { get; init; } = 200;

    /// <summary>The outgoing interface, for filters.</summary>
    public string? Interface { get; init; }

    /// <summary>The kernel's metric, for filters.</summary>
    public uint Metric { get; init; }

    /// <summary>Anything the embedder's own filters want to know.</summary>
    public int Tag { get; init; }
}
