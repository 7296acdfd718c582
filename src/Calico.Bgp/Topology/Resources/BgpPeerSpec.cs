using System.Text.Json.Serialization;

namespace Calico.Bgp.Topology;

/// <summary>The <c>spec</c> of a Calico <c>BGPPeer</c>: which nodes peer with whom.</summary>
public sealed record BgpPeerSpec
{
    /// <summary>The one node that peers; together with <see cref="NodeSelector"/> null: every node.</summary>
    public string? Node { get; init; }

    /// <summary>The nodes that peer, by selector over nodes' labels.</summary>
    public string? NodeSelector { get; init; }

    /// <summary>The remote address, with <c>:port</c> or, for IPv6, <c>[address]:port</c>.</summary>
    public string? PeerIP { get; init; }

    /// <summary>The remote side as nodes of the cluster, by selector.</summary>
    public string? PeerSelector { get; init; }

    /// <summary>The remote AS; needed with <see cref="PeerIP"/>.</summary>
    [JsonConverter(typeof(AsnJsonConverter))]
    public Asn? AsNumber { get; init; }

    /// <summary>The own AS towards this peer.</summary>
    [JsonConverter(typeof(AsnJsonConverter))]
    [JsonPropertyName("localASNumber")]
    public Asn? LocalAsNumber { get; init; }

    /// <summary>Deprecated form of <see cref="NextHopMode"/> <c>Keep</c>.</summary>
    public bool? KeepOriginalNextHop { get; init; }

    /// <summary><c>Auto</c> (default), <c>Self</c> or <c>Keep</c>.</summary>
    public string? NextHopMode { get; init; }

    /// <summary>The TCP MD5 password.</summary>
    public PasswordSpec? Password { get; init; }

    /// <summary><c>UseNodeIP</c> (default) or <c>None</c>.</summary>
    public string? SourceAddress { get; init; }

    /// <summary>Graceful restart time, as a Go duration.</summary>
    public string? MaxRestartTime { get; init; }

    /// <summary>Between keepalives, as a Go duration; unset: a third of the hold time.</summary>
    public string? KeepaliveTime { get; init; }

    /// <summary>How often the own AS may stand in a received path.</summary>
    [JsonPropertyName("numAllowedLocalASNumbers")]
    public int? NumAllowedLocalAsNumbers { get; init; }

    /// <summary>Hops for generalized TTL security; 0 or unset: off.</summary>
    public int? TtlSecurity { get; init; }

    /// <summary>A gateway to the peer: a static host route to it.</summary>
    public string? ReachableBy { get; init; }

    /// <summary>Names of BGPFilters, applied in order.</summary>
    public IReadOnlyList<string>? Filters { get; init; }

    /// <summary>The peers are workloads of the node, by selector.</summary>
    public string? LocalWorkloadSelector { get; init; }

    /// <summary><c>Auto</c> (default): the selected remote nodes get the mirrored session; <c>Manual</c>: they do not.</summary>
    public string? ReversePeering { get; init; }
}
