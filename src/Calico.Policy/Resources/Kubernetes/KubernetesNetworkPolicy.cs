using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>networking.k8s.io/v1 NetworkPolicy.</summary>
public sealed record KubernetesNetworkPolicy : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "networking.k8s.io/v1";

    /// <inheritdoc/>
    public override string Kind => "NetworkPolicy";

    /// <summary>What the policy says.</summary>
    public KubernetesNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>networking.k8s.io/v1 <c>NetworkPolicySpec</c>.</summary>
public record KubernetesNetworkPolicySpec
{
    /// <summary>Pods the policy applies to, in its namespace; null and empty select all.</summary>
    public LabelSelector? PodSelector { get; init; }

    /// <summary>What may come in, if <see cref="PolicyTypes"/> say Ingress.</summary>
    public EquatableArray<NetworkPolicyIngressRule> Ingress { get; init; }

    /// <summary>What may go out, if <see cref="PolicyTypes"/> say Egress.</summary>
    public EquatableArray<NetworkPolicyEgressRule> Egress { get; init; }

    /// <summary><c>Ingress</c>, <c>Egress</c>; empty is read as Ingress, and Egress too when there are egress rules.</summary>
    public EquatableArray<string> PolicyTypes { get; init; }
}

/// <summary>Allows traffic that comes from one of the peers to one of the ports.</summary>
public sealed record NetworkPolicyIngressRule
{
    /// <summary>Sources; empty is everyone.</summary>
    public EquatableArray<NetworkPolicyPeer> From { get; init; }

    /// <summary>Ports; empty is every port of every protocol.</summary>
    public EquatableArray<NetworkPolicyPort> Ports { get; init; }
}

/// <summary>Allows traffic that goes to one of the peers on one of the ports.</summary>
public sealed record NetworkPolicyEgressRule
{
    /// <summary>Destinations; empty is everyone.</summary>
    public EquatableArray<NetworkPolicyPeer> To { get; init; }

    /// <summary>Ports; empty is every port of every protocol.</summary>
    public EquatableArray<NetworkPolicyPort> Ports { get; init; }
}

/// <summary>One end of allowed traffic: pods (of this namespace, or of selected ones) or addresses.</summary>
public sealed record NetworkPolicyPeer
{
    /// <summary>Pods; null with a namespace selector means all of them.</summary>
    public LabelSelector? PodSelector { get; init; }

    /// <summary>Namespaces; null means the policy's own.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Addresses; excludes the selectors.</summary>
    public IPBlock? IpBlock { get; init; }
}

/// <summary>A CIDR with holes.</summary>
public sealed record IPBlock
{
    /// <summary>The CIDR; host bits are ignored.</summary>
    public string? Cidr { get; init; }

    /// <summary>Parts of it that the rule does not match.</summary>
    public EquatableArray<string> Except { get; init; }
}

/// <summary>A port of a rule.</summary>
public sealed record NetworkPolicyPort
{
    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>A number, 1–65535, or the name of a container port; null is every port of the protocol.</summary>
    public IntOrString? Port { get; init; }

    /// <summary>The last port of a range that begins at <see cref="Port"/>, which must be a number not above it.</summary>
    public int? EndPort { get; init; }
}
