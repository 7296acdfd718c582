using System.Text.Json.Serialization;

namespace Calico.Bgp.Status;

/// <summary>A question to a <see cref="BgpStatusServer"/> for routes: one line of JSON on the socket.</summary>
public sealed record BgpRoutesQuery
{
    /// <summary>The family, such as <c>ipv4-unicast</c>; null: that of <see cref="Prefix"/>, and IPv4 unicast without one.</summary>
    public string? Family { get; init; }

    /// <summary>The prefix to match, such as <c>10.0.0.0/8</c>; null: all.</summary>
    public string? Prefix { get; init; }

    /// <summary>How <see cref="Prefix"/> is meant.</summary>
    public RibMatch Match { get; init; }

    /// <summary>Address of a neighbour: only what came from it, or with <see cref="Advertised"/> what it was sent.</summary>
    public string? Neighbor { get; init; }

    /// <summary>Whether to give what <see cref="Neighbor"/> has been sent (Adj-RIB-Out), as it was sent.</summary>
    public bool Advertised { get; init; }

    /// <summary>Whether to give all paths instead of the best of each prefix.</summary>
    public bool AllPaths { get; init; }

    /// <summary>The most routes to give; null: all.</summary>
    public int? Limit { get; init; }
}

/// <summary>A line of a question: neighbours when there is no query for routes.</summary>
internal sealed record StatusRequest
{
    public BgpRoutesQuery? Routes { get; init; }
}

/// <summary>A line of an answer: one neighbour, one route, the end, or why there is none. The connection closes after <see cref="Done"/> and <see cref="Error"/>.</summary>
internal sealed record StatusLine
{
    public BgpNeighborReport? Neighbor { get; init; }

    public BgpRouteReport? Route { get; init; }

    public bool Done { get; init; }

    public string? Error { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(StatusRequest))]
[JsonSerializable(typeof(StatusLine))]
internal sealed partial class StatusJson : JsonSerializerContext;
