using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>v1 Pod.</summary>
public sealed record Pod : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "v1";

    /// <inheritdoc/>
    public override string Kind => "Pod";

    /// <summary>Wanted state.</summary>
    public PodSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Observed state.</summary>
    public PodStatus? Status { get; init; }
}

/// <summary>The part of v1 <c>PodSpec</c> that matters to the network.</summary>
public sealed record PodSpec
{
    /// <summary>The node the pod runs on.</summary>
    public string? NodeName { get; init; }

    /// <summary>The service account; null is <c>default</c>.</summary>
    public string? ServiceAccountName { get; init; }

    /// <summary>True when the pod shares its node's network: policy then sees the node, not the pod.</summary>
    public bool? HostNetwork { get; init; }

    /// <summary>Containers; their ports are the pod's named ports.</summary>
    public EquatableArray<Container> Containers { get; init; }

    /// <summary>Init containers; their named ports count too.</summary>
    public EquatableArray<Container> InitContainers { get; init; }
}

/// <summary>The part of v1 <c>Container</c> that matters to the network.</summary>
public sealed record Container
{
    /// <summary>The container's name.</summary>
    public string? Name { get; init; }

    /// <summary>The ports it listens on.</summary>
    public EquatableArray<ContainerPort> Ports { get; init; }
}

/// <summary>A port of a container.</summary>
public sealed record ContainerPort
{
    /// <summary>The name that policies and services may use.</summary>
    public string? Name { get; init; }

    /// <summary>1–65535.</summary>
    [JsonPropertyName("containerPort")]
    public int? Port { get; init; }

    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>The port on the node that leads to it.</summary>
    public int? HostPort { get; init; }

    /// <summary>The node's address for <see cref="HostPort"/>.</summary>
    public string? HostIP { get; init; }
}

/// <summary>The part of v1 <c>PodStatus</c> that matters to the network.</summary>
public sealed record PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed, Unknown. Succeeded and Failed pods own no address any more.</summary>
    public string? Phase { get; init; }

    /// <summary>The pod's address.</summary>
    public string? PodIP { get; init; }

    /// <summary>The pod's addresses of both families.</summary>
    public EquatableArray<PodAddress> PodIPs { get; init; }

    /// <summary>Its node's address.</summary>
    public string? HostIP { get; init; }
}

/// <summary>An address of a pod.</summary>
public sealed record PodAddress
{
    /// <summary>The address.</summary>
    public string? Ip { get; init; }
}
