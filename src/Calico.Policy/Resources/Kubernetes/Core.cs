using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>v1 Namespace.</summary>
public sealed record Namespace : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Namespace";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;
}

/// <summary>v1 ServiceAccount.</summary>
public sealed record ServiceAccount : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "ServiceAccount";
}

/// <summary>v1 Node.</summary>
public sealed record Node : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Node";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>Wanted state.</summary>
    public NodeSpec? Spec { get; init; }

    /// <summary>Observed state.</summary>
    public NodeStatus? Status { get; init; }
}

/// <summary>The part of v1 <c>NodeSpec</c> that matters here.</summary>
public sealed record NodeSpec
{
    /// <summary>CIDRs that the node's pods get addresses from.</summary>
    public EquatableArray<string> PodCIDRs { get; init; }
}

/// <summary>The part of v1 <c>NodeStatus</c> that matters here.</summary>
public sealed record NodeStatus
{
    /// <summary>Addresses of the node.</summary>
    public EquatableArray<NodeAddress> Addresses { get; init; }
}

/// <summary>An address of a node.</summary>
public sealed record NodeAddress
{
    /// <summary><c>InternalIP</c>, <c>ExternalIP</c>, <c>Hostname</c> …</summary>
    public string? Type { get; init; }

    /// <summary>The address or name.</summary>
    public string? Address { get; init; }
}

/// <summary>v1 Service.</summary>
public sealed record Service : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Service";

    /// <summary>Wanted state.</summary>
    public ServiceSpec? Spec { get; init; }
}

/// <summary>The part of v1 <c>ServiceSpec</c> that matters here.</summary>
public sealed record ServiceSpec
{
    /// <summary>ClusterIP, NodePort, LoadBalancer, ExternalName.</summary>
    public string? Type { get; init; }

    /// <summary>Labels of the pods behind it.</summary>
    public LabelMap Selector { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;

    /// <summary>The service address, or <c>None</c>.</summary>
    public string? ClusterIP { get; init; }

    /// <summary>The service addresses of both families.</summary>
    public EquatableArray<string> ClusterIPs { get; init; }

    /// <summary>Addresses from outside that lead to the service.</summary>
    public EquatableArray<string> ExternalIPs { get; init; }

    /// <summary>The ports.</summary>
    public EquatableArray<ServicePortSpec> Ports { get; init; }
}

/// <summary>A port of a service (v1 <c>ServicePort</c>).</summary>
public sealed record ServicePortSpec
{
    /// <summary>The port's name.</summary>
    public string? Name { get; init; }

    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>The service port.</summary>
    public int? Port { get; init; }

    /// <summary>Number or name of the pod's port; null is <see cref="Port"/>.</summary>
    public IntOrString? TargetPort { get; init; }

    /// <summary>The port on every node.</summary>
    public int? NodePort { get; init; }
}

/// <summary>discovery.k8s.io/v1 EndpointSlice: addresses behind a service.</summary>
public sealed record EndpointSlice : Resource
{
    /// <summary>The label that names the service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <inheritdoc/>
    public override string ApiVersion => "discovery.k8s.io/v1";

    /// <inheritdoc/>
    public override string Kind => "EndpointSlice";

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string? AddressType { get; init; }

    /// <summary>The endpoints.</summary>
    public EquatableArray<SliceEndpoint> Endpoints { get; init; }

    /// <summary>Ports, each open on every endpoint.</summary>
    public EquatableArray<SlicePort> Ports { get; init; }
}

/// <summary>An endpoint of a slice.</summary>
public sealed record SliceEndpoint
{
    /// <summary>Its addresses.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary>The node it is on.</summary>
    public string? NodeName { get; init; }
}

/// <summary>A port of a slice.</summary>
public sealed record SlicePort
{
    /// <summary>The port's name.</summary>
    public string? Name { get; init; }

    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>The port; null is every port.</summary>
    public int? Port { get; init; }
}
