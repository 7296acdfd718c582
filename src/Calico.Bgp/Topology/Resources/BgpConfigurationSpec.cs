using System.Text.Json.Serialization;

namespace Calico.Bgp.Topology;

/// <summary>The <c>spec</c> of a Calico <c>BGPConfiguration</c>: <c>default</c> for the cluster, <c>node.NAME</c> for one node.</summary>
/// <remarks>Of a node's own object only <see cref="PrefixAdvertisements"/>, <see cref="ListenPort"/> and <see cref="LogSeverityScreen"/> count.</remarks>
public sealed record BgpConfigurationSpec
{
    /// <summary>Log level of the speaker; <c>Info</c> when null.</summary>
    public string? LogSeverityScreen { get; init; }

    /// <summary>Whether every node peers with every other one; true when null.</summary>
    public bool? NodeToNodeMeshEnabled { get; init; }

    /// <summary>The cluster's AS; 64512 when null. A node's own wins.</summary>
    [JsonConverter(typeof(AsnJsonConverter))]
    public Asn? AsNumber { get; init; }

    /// <summary>Ranges of cluster IPs to announce.</summary>
    public IReadOnlyList<CidrSpec>? ServiceClusterIPs { get; init; }

    /// <summary>Ranges of which services' external IPs are announced.</summary>
    public IReadOnlyList<CidrSpec>? ServiceExternalIPs { get; init; }

    /// <summary>Ranges of which services' load balancer addresses are announced.</summary>
    public IReadOnlyList<CidrSpec>? ServiceLoadBalancerIPs { get; init; }

    /// <summary><c>Enabled</c> (default): ranges as a whole; <c>Disabled</c>: single addresses for services with external traffic policy Cluster too.</summary>
    public string? ServiceLoadBalancerAggregation { get; init; }

    /// <summary>Names for communities, used in <see cref="PrefixAdvertisements"/>.</summary>
    public IReadOnlyList<NamedCommunitySpec>? Communities { get; init; }

    /// <summary>Communities that routes inside a range carry.</summary>
    public IReadOnlyList<PrefixAdvertisementSpec>? PrefixAdvertisements { get; init; }

    /// <summary>Where the speakers listen; 179 when null.</summary>
    public int? ListenPort { get; init; }

    /// <summary><c>None</c> (default) listens on every address, <c>NodeIP</c> on the node's.</summary>
    public string? BindMode { get; init; }

    /// <summary>The TCP MD5 password of mesh sessions.</summary>
    public PasswordSpec? NodeMeshPassword { get; init; }

    /// <summary>Graceful restart time of mesh sessions, as a Go duration such as <c>90s</c>.</summary>
    public string? NodeMeshMaxRestartTime { get; init; }

    /// <summary>Interfaces whose networks are not taken as directly connected; globs.</summary>
    public IReadOnlyList<string>? IgnoredInterfaces { get; init; }

    /// <summary>The address that local workloads peer with, IPv4.</summary>
    public string? LocalWorkloadPeeringIPV4 { get; init; }

    /// <summary>The address that local workloads peer with, IPv6.</summary>
    public string? LocalWorkloadPeeringIPV6 { get; init; }

    /// <summary>Which pools' routes the speaker writes to the kernel; the rest is the dataplane's. Unset or unknown: <c>EnabledNoEncapOnly</c>.</summary>
    public string? ProgramClusterRoutes { get; init; }

    /// <summary>Kernel metric of ordinary IPv4 routes; 1024 when null.</summary>
    [JsonPropertyName("ipv4NormalRoutePriority")]
    public int? IPv4NormalRoutePriority { get; init; }

    /// <summary>Kernel metric of ordinary IPv6 routes; 1024 when null.</summary>
    [JsonPropertyName("ipv6NormalRoutePriority")]
    public int? IPv6NormalRoutePriority { get; init; }
}

/// <summary>A range, as <c>{cidr: …}</c>.</summary>
/// <param name="Cidr">The range.</param>
public sealed record CidrSpec(string Cidr);

/// <summary>A name for a community.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value"><c>aa:nn</c> or <c>aa:nn:mm</c>.</param>
public sealed record NamedCommunitySpec(string Name, string Value);

/// <summary>Communities for a range.</summary>
/// <param name="Cidr">Routes equal to it or inside it carry the communities.</param>
/// <param name="Communities">Names, or values.</param>
public sealed record PrefixAdvertisementSpec(string Cidr, IReadOnlyList<string>? Communities);

/// <summary>A password, by reference.</summary>
/// <param name="SecretKeyRef">Where it is.</param>
public sealed record PasswordSpec(SecretKeySpec? SecretKeyRef);

/// <summary>A key of a Kubernetes secret in the speaker's own namespace.</summary>
/// <param name="Name">The secret.</param>
/// <param name="Key">The key in it.</param>
public sealed record SecretKeySpec(string Name, string Key);
