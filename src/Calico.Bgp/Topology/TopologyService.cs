using System.Net;

namespace Calico.Bgp.Topology;

/// <summary>A Kubernetes Service as far as its addresses are announced.</summary>
public sealed record TopologyService
{
    /// <summary>Namespace and name.</summary>
    public required string Name { get; init; }

    /// <summary><c>spec.type</c>; ClusterIP when null.</summary>
    public string? Type { get; init; }

    /// <summary><c>spec.externalTrafficPolicy</c>: <c>Cluster</c> or <c>Local</c>.</summary>
    public string? ExternalTrafficPolicy { get; init; }

    /// <summary><c>spec.clusterIPs</c>; <c>None</c> for headless services.</summary>
    public IReadOnlyList<string> ClusterIPs { get; init; } = [];

    /// <summary><c>spec.externalIPs</c>.</summary>
    public IReadOnlyList<string> ExternalIPs { get; init; } = [];

    /// <summary>Addresses in <c>status.loadBalancer.ingress</c> and <c>spec.loadBalancerIP</c>.</summary>
    public IReadOnlyList<string> LoadBalancerIPs { get; init; } = [];

    /// <summary><c>spec.ipFamilies</c>.</summary>
    public IReadOnlyList<string> IPFamilies { get; init; } = [];

    /// <summary>The endpoints of all its slices.</summary>
    public IReadOnlyList<TopologyServiceEndpoint> Endpoints { get; init; } = [];
}

/// <summary>One endpoint of a service.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Node">The node it runs on.</param>
/// <param name="Ready">Its ready condition; null counts as ready.</param>
public sealed record TopologyServiceEndpoint(IPAddress Address, string? Node, bool? Ready = null);
