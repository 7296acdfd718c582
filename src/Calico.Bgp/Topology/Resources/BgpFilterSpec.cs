namespace Calico.Bgp.Topology;

/// <summary>The <c>spec</c> of a Calico <c>BGPFilter</c>: ordered rules for each direction and family; the first that matches decides.</summary>
public sealed record BgpFilterSpec
{
    /// <summary>Rules for routes sent, IPv4. No match: Calico's own export rules decide.</summary>
    public IReadOnlyList<BgpFilterRuleSpec>? ExportV4 { get; init; }

    /// <summary>Rules for routes received, IPv4. No match: accepted.</summary>
    public IReadOnlyList<BgpFilterRuleSpec>? ImportV4 { get; init; }

    /// <summary>Rules for routes sent, IPv6.</summary>
    public IReadOnlyList<BgpFilterRuleSpec>? ExportV6 { get; init; }

    /// <summary>Rules for routes received, IPv6.</summary>
    public IReadOnlyList<BgpFilterRuleSpec>? ImportV6 { get; init; }
}

/// <summary>One rule: all its conditions must hold.</summary>
public sealed record BgpFilterRuleSpec
{
    /// <summary>The range to compare with, as <see cref="MatchOperator"/> says.</summary>
    public string? Cidr { get; init; }

    /// <summary><c>Equal</c>, <c>NotEqual</c>, <c>In</c> (inside or equal) or <c>NotIn</c>.</summary>
    public string? MatchOperator { get; init; }

    /// <summary>Lengths that count as inside the range; only with <see cref="Cidr"/>.</summary>
    public PrefixLengthSpec? PrefixLength { get; init; }

    /// <summary><c>RemotePeers</c>: the route came by BGP.</summary>
    public string? Source { get; init; }

    /// <summary>Glob over the name of the outgoing interface.</summary>
    public string? Interface { get; init; }

    /// <summary><c>eBGP</c> or <c>iBGP</c>: the rule holds on such sessions only.</summary>
    public string? PeerType { get; init; }

    /// <summary>The community that the route must carry.</summary>
    public CommunityMatchSpec? Communities { get; init; }

    /// <summary>AS numbers that the path must begin with.</summary>
    public IReadOnlyList<uint>? AsPathPrefix { get; init; }

    /// <summary>The route's priority: 2147483647 less its LOCAL_PREF.</summary>
    public int? Priority { get; init; }

    /// <summary><c>Accept</c> or <c>Reject</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Changes made when the rule accepts, in order.</summary>
    public IReadOnlyList<BgpFilterOperationSpec>? Operations { get; init; }
}

/// <summary>Bounds of a prefix length in bits.</summary>
/// <param name="Min">The shortest; the range's own length when null.</param>
/// <param name="Max">The longest; 32 or 128 when null.</param>
public sealed record PrefixLengthSpec(int? Min, int? Max);

/// <summary>Communities to match.</summary>
/// <param name="Values">Exactly one, <c>aa:nn</c> or <c>aa:nn:mm</c>.</param>
public sealed record CommunityMatchSpec(IReadOnlyList<string>? Values);

/// <summary>One change; exactly one member is set.</summary>
public sealed record BgpFilterOperationSpec
{
    /// <summary>Adds a community unless it is there.</summary>
    public AddCommunitySpec? AddCommunity { get; init; }

    /// <summary>Puts AS numbers before the path, in the order given.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("prependASPath")]
    public PrependAsPathSpec? PrependAsPath { get; init; }

    /// <summary>Sets the route's priority.</summary>
    public SetPrioritySpec? SetPriority { get; init; }
}

/// <summary>The community to add.</summary>
/// <param name="Value"><c>aa:nn</c> or <c>aa:nn:mm</c>.</param>
public sealed record AddCommunitySpec(string Value);

/// <summary>The AS numbers to prepend.</summary>
/// <param name="Prefix">In the order they stand in the path.</param>
public sealed record PrependAsPathSpec(IReadOnlyList<uint> Prefix);

/// <summary>The priority to set.</summary>
/// <param name="Value">Lower is better; LOCAL_PREF becomes 2147483647 less this.</param>
public sealed record SetPrioritySpec(int Value);
