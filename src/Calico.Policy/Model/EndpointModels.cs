using System.Net;

namespace Calico.Policy.Model;

/// <summary>A named port of an endpoint.</summary>
/// <param name="Name">The name rules refer to.</param>
/// <param name="Protocol">The protocol: TCP, UDP or SCTP.</param>
/// <param name="Port">The port, 1–65535, host byte order.</param>
public readonly record struct EndpointPort(string Name, IpProtocol Protocol, ushort Port);

/// <summary>A one-to-one NAT mapping of an endpoint (floating IP).</summary>
/// <param name="Internal">The endpoint's own address.</param>
/// <param name="External">The address it is reached by.</param>
public readonly record struct EndpointNat(IPAddress Internal, IPAddress External);

/// <summary>What endpoints of all kinds share.</summary>
public abstract record EndpointModel : ModelObject
{
    /// <summary>The endpoint's own labels. They win over inherited ones.</summary>
    public LabelMap Labels { get; init; } = LabelMap.Empty;

    /// <summary>Names of profiles, in order: their labels are inherited (the first wins) and their rules come after all tiers.</summary>
    public EquatableArray<string> Profiles { get; init; }

    /// <summary>Named ports. One name may stand for several ports.</summary>
    public EquatableArray<EndpointPort> Ports { get; init; }
}

/// <summary>A workload's interface (libcalico-go <c>model.WorkloadEndpoint</c>).</summary>
public sealed record WorkloadEndpointModel : EndpointModel
{
    /// <summary>The endpoint's identity; its node decides whether it is local.</summary>
    public required WorkloadEndpointId Id { get; init; }

    /// <summary>False when the endpoint is administratively down: all its traffic is dropped.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>The host side interface, for example <c>cali1234567890a</c>.</summary>
    public string InterfaceName { get; init; } = "";

    /// <summary>The MAC address as text, <c>01:02:03:04:05:06</c>; null when unknown.</summary>
    public string? Mac { get; init; }

    /// <summary>The endpoint's addresses as /32 and /128.</summary>
    public EquatableArray<IPNetwork> Nets { get; init; }

    /// <summary>Floating addresses.</summary>
    public EquatableArray<EndpointNat> Nats { get; init; }

    /// <summary>Gateway of its IPv4 addresses.</summary>
    public IPAddress? IPv4Gateway { get; init; }

    /// <summary>Gateway of its IPv6 addresses.</summary>
    public IPAddress? IPv6Gateway { get; init; }

    /// <summary>Prefixes other than its own addresses that it may send from.</summary>
    public EquatableArray<IPNetwork> AllowedSourcePrefixes { get; init; }

    /// <summary>Limits on rate, connections and bandwidth; null for none.</summary>
    public QosModel? Qos { get; init; }
}

/// <summary>A host's interface or interfaces (libcalico-go <c>model.HostEndpoint</c>).</summary>
public sealed record HostEndpointModel : EndpointModel
{
    /// <summary>The endpoint's identity.</summary>
    public required HostEndpointId Id { get; init; }

    /// <summary>The interface; <c>*</c> for every interface; empty to find it by <see cref="ExpectedIPs"/>.</summary>
    public string InterfaceName { get; init; } = "";

    /// <summary>True for an endpoint on every interface.</summary>
    public bool IsAllInterfaces => InterfaceName == "*";

    /// <summary>Addresses the interface has; used to find the interface when no name is given, and as the endpoint's addresses in selectors.</summary>
    public EquatableArray<IPAddress> ExpectedIPs { get; init; }
}

/// <summary>A labelled list of CIDRs that selectors match like an endpoint (libcalico-go <c>model.NetworkSet</c>).</summary>
public sealed record NetworkSetModel : ModelObject
{
    /// <summary>The namespace; empty for a GlobalNetworkSet.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The set's own labels.</summary>
    public LabelMap Labels { get; init; } = LabelMap.Empty;

    /// <summary>Profiles whose labels it inherits: <c>kns.NAMESPACE</c> for a namespaced set.</summary>
    public EquatableArray<string> Profiles { get; init; }

    /// <summary>The CIDRs; duplicates and overlaps are allowed.</summary>
    public EquatableArray<IPNetwork> Nets { get; init; }

    /// <summary>The set's identity.</summary>
    public NamespacedName Id => new(Namespace, Name);
}

/// <summary>Part of a service's endpoints (discovery.k8s.io/v1 EndpointSlice).</summary>
public sealed record EndpointSliceModel : ModelObject
{
    /// <summary>The slice's identity.</summary>
    public required NamespacedName Id { get; init; }

    /// <summary>The service it belongs to: same namespace, name from the label <c>kubernetes.io/service-name</c>.</summary>
    public required NamespacedName Service { get; init; }

    /// <summary>The addresses of the endpoints.</summary>
    public EquatableArray<IPAddress> Addresses { get; init; }

    /// <summary>The ports, each of every address. A slice without ports offers none to port-matching rules.</summary>
    public EquatableArray<ServicePort> Ports { get; init; }
}

/// <summary>A port of a service's endpoints.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port, host byte order.</param>
public readonly record struct ServicePort(IpProtocol Protocol, ushort Port);

/// <summary>Quality-of-service limits of a workload endpoint (projectcalico.org/v3 <c>QoSControls</c>); null is unlimited.</summary>
public sealed record QosModel
{
    /// <summary>Ingress bandwidth in bits per second.</summary>
    public long? IngressBandwidth { get; init; }

    /// <summary>Egress bandwidth in bits per second.</summary>
    public long? EgressBandwidth { get; init; }

    /// <summary>Ingress burst in bits.</summary>
    public long? IngressBurst { get; init; }

    /// <summary>Egress burst in bits.</summary>
    public long? EgressBurst { get; init; }

    /// <summary>Ingress peak rate in bits per second.</summary>
    public long? IngressPeakRate { get; init; }

    /// <summary>Egress peak rate in bits per second.</summary>
    public long? EgressPeakRate { get; init; }

    /// <summary>Ingress minburst in bytes.</summary>
    public long? IngressMinBurst { get; init; }

    /// <summary>Egress minburst in bytes.</summary>
    public long? EgressMinBurst { get; init; }

    /// <summary>Ingress packets per second.</summary>
    public long? IngressPacketRate { get; init; }

    /// <summary>Egress packets per second.</summary>
    public long? EgressPacketRate { get; init; }

    /// <summary>Ingress burst in packets; Calico's default is 5.</summary>
    public long? IngressPacketBurst { get; init; }

    /// <summary>Egress burst in packets; Calico's default is 5.</summary>
    public long? EgressPacketBurst { get; init; }

    /// <summary>Simultaneous connections to the endpoint.</summary>
    public long? IngressMaxConnections { get; init; }

    /// <summary>Simultaneous connections from the endpoint.</summary>
    public long? EgressMaxConnections { get; init; }

    /// <summary>DSCP, 0–63, set on packets the endpoint sends out of the cluster.</summary>
    public byte? Dscp { get; init; }
}

/// <summary>A node: the <c>nodes</c> peers of cluster policies mean its addresses, and the evaluator tells by it which traffic is a host's own.</summary>
public sealed record NodeModel : ModelObject
{
    /// <summary>The node's name, as in the ids of its endpoints.</summary>
    public required string Name { get; init; }

    /// <summary>The node's labels. Only node selectors see them: to other selectors a node is no endpoint.</summary>
    public LabelMap Labels { get; init; } = LabelMap.Empty;

    /// <summary>The node's addresses.</summary>
    public EquatableArray<IPAddress> Addresses { get; init; }
}
