using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>projectcalico.org/v3 HostEndpoint: the interfaces of a host, as endpoints of policy.</summary>
public sealed record HostEndpoint : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "HostEndpoint";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>Which interfaces.</summary>
    public HostEndpointSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 <c>HostEndpointSpec</c>.</summary>
public sealed record HostEndpointSpec
{
    /// <summary>The node; required.</summary>
    public string? Node { get; init; }

    /// <summary>The interface, or <c>*</c> for all; at most 15 characters.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>Addresses by which the interface is found when it is not named.</summary>
    public EquatableArray<string> ExpectedIPs { get; init; }

    /// <summary>Profiles, in order.</summary>
    public EquatableArray<string> Profiles { get; init; }

    /// <summary>Named ports.</summary>
    public EquatableArray<EndpointPortSpec> Ports { get; init; }
}

/// <summary>A named port of an endpoint (projectcalico.org/v3 <c>EndpointPort</c>).</summary>
public sealed record EndpointPortSpec
{
    /// <summary>The name.</summary>
    public string? Name { get; init; }

    /// <summary>The protocol.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>1–65535.</summary>
    public int? Port { get; init; }

    /// <summary>Workload endpoints only: the port on the node that leads to it.</summary>
    public int? HostPort { get; init; }

    /// <summary>Workload endpoints only: the node's address for <see cref="HostPort"/>.</summary>
    public string? HostIP { get; init; }
}

/// <summary>projectcalico.org/v3 WorkloadEndpoint: the interface of a pod or virtual machine.</summary>
public sealed record WorkloadEndpoint : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "WorkloadEndpoint";

    /// <summary>Addresses, interface, profiles.</summary>
    public WorkloadEndpointSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>Calico's internal <c>WorkloadEndpointSpec</c>.</summary>
public sealed record WorkloadEndpointSpec
{
    /// <summary>The orchestrator, <c>k8s</c>.</summary>
    public string? Orchestrator { get; init; }

    /// <summary>The workload, for orchestrators other than Kubernetes.</summary>
    public string? Workload { get; init; }

    /// <summary>The node.</summary>
    public string? Node { get; init; }

    /// <summary>The container, letters, digits and <c>-</c>.</summary>
    public string? ContainerID { get; init; }

    /// <summary>The pod.</summary>
    public string? Pod { get; init; }

    /// <summary>The endpoint within the pod, usually <c>eth0</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The service account.</summary>
    public string? ServiceAccountName { get; init; }

    /// <summary>Addresses as /32 and /128.</summary>
    public EquatableArray<string> IPNetworks { get; init; }

    /// <summary>Floating addresses.</summary>
    [JsonPropertyName("ipNATs")]
    public EquatableArray<IPNatSpec> IPNats { get; init; }

    /// <summary>The gateway of its IPv4 addresses.</summary>
    [JsonPropertyName("ipv4Gateway")]
    public string? IPv4Gateway { get; init; }

    /// <summary>The gateway of its IPv6 addresses.</summary>
    [JsonPropertyName("ipv6Gateway")]
    public string? IPv6Gateway { get; init; }

    /// <summary>Profiles, in order.</summary>
    public EquatableArray<string> Profiles { get; init; }

    /// <summary>The interface on the host's side; required.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>The MAC address.</summary>
    public string? Mac { get; init; }

    /// <summary>Named ports and host ports.</summary>
    public EquatableArray<EndpointPortSpec> Ports { get; init; }

    /// <summary>Prefixes besides its own addresses that it may send from.</summary>
    public EquatableArray<string> AllowSpoofedSourcePrefixes { get; init; }

    /// <summary>Limits.</summary>
    public QosControls? QosControls { get; init; }
}

/// <summary>A one-to-one NAT (projectcalico.org/v3 <c>IPNAT</c>).</summary>
public sealed record IPNatSpec
{
    /// <summary>The endpoint's address.</summary>
    public string? InternalIP { get; init; }

    /// <summary>The address it is reached by.</summary>
    public string? ExternalIP { get; init; }
}

/// <summary>Limits on a workload's traffic (projectcalico.org/v3 <c>QoSControls</c>); null is no limit.</summary>
public sealed record QosControls
{
    /// <summary>Bits per second.</summary>
    public long? IngressBandwidth { get; init; }

    /// <summary>Bits per second.</summary>
    public long? EgressBandwidth { get; init; }

    /// <summary>Bits.</summary>
    public long? IngressBurst { get; init; }

    /// <summary>Bits.</summary>
    public long? EgressBurst { get; init; }

    /// <summary>Bits per second.</summary>
    public long? IngressPeakrate { get; init; }

    /// <summary>Bits per second.</summary>
    public long? EgressPeakrate { get; init; }

    /// <summary>Bytes.</summary>
    public long? IngressMinburst { get; init; }

    /// <summary>Bytes.</summary>
    public long? EgressMinburst { get; init; }

    /// <summary>Packets per second.</summary>
    public long? IngressPacketRate { get; init; }

    /// <summary>Packets per second.</summary>
    public long? EgressPacketRate { get; init; }

    /// <summary>Packets.</summary>
    public long? IngressPacketBurst { get; init; }

    /// <summary>Packets.</summary>
    public long? EgressPacketBurst { get; init; }

    /// <summary>Connections.</summary>
    public long? IngressMaxConnections { get; init; }

    /// <summary>Connections.</summary>
    public long? EgressMaxConnections { get; init; }

    /// <summary>0–63, or a name such as <c>AF11</c>.</summary>
    [JsonPropertyName("dscp")]
    public Dscp? Dscp { get; init; }
}
