using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy: a rule set before (Admin) or after (Baseline) the NetworkPolicies.</summary>
public sealed record ClusterNetworkPolicy : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "policy.networking.k8s.io/v1alpha2";

    /// <inheritdoc/>
    public override string Kind => "ClusterNetworkPolicy";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>What the policy says.</summary>
    public ClusterNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>policy.networking.k8s.io/v1alpha2 <c>ClusterNetworkPolicySpec</c>.</summary>
public sealed record ClusterNetworkPolicySpec
{
    /// <summary><c>Admin</c> or <c>Baseline</c>.</summary>
    public string? Tier { get; init; }

    /// <summary>0–1000, lower first.</summary>
    public int? Priority { get; init; }

    /// <summary>Pods the policy applies to.</summary>
    public ClusterPolicySubject? Subject { get; init; }

    /// <summary>Rules for traffic to the pods, in order.</summary>
    public EquatableArray<ClusterIngressRule> Ingress { get; init; }

    /// <summary>Rules for traffic from the pods, in order.</summary>
    public EquatableArray<ClusterEgressRule> Egress { get; init; }
}

/// <summary>A rule for traffic to the subject's pods.</summary>
public sealed record ClusterIngressRule
{
    /// <summary>A name for people, at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>Accept</c>, <c>Deny</c> or <c>Pass</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Sources, at least one.</summary>
    public EquatableArray<ClusterPolicyPeer> From { get; init; }

    /// <summary>Protocols and ports; empty is everything.</summary>
    public EquatableArray<ClusterProtocol> Protocols { get; init; }
}

/// <summary>A rule for traffic from the subject's pods.</summary>
public sealed record ClusterEgressRule
{
    /// <summary>A name for people, at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>Accept</c>, <c>Deny</c> or <c>Pass</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Destinations, at least one.</summary>
    public EquatableArray<ClusterPolicyEgressPeer> To { get; init; }

    /// <summary>Protocols and ports; empty is everything.</summary>
    public EquatableArray<ClusterProtocol> Protocols { get; init; }
}

/// <summary>A protocol with ports, or a named port; exactly one field is set.</summary>
public sealed record ClusterProtocol
{
    /// <summary>TCP.</summary>
    public ClusterProtocolPorts? Tcp { get; init; }

    /// <summary>UDP.</summary>
    public ClusterProtocolPorts? Udp { get; init; }

    /// <summary>SCTP.</summary>
    public ClusterProtocolPorts? Sctp { get; init; }

    /// <summary>The name of a container port of the destination pod, with its protocol.</summary>
    public string? DestinationNamedPort { get; init; }
}

/// <summary>Ports of one protocol.</summary>
public sealed record ClusterProtocolPorts
{
    /// <summary>The destination port; null is every port of the protocol.</summary>
    public ClusterPort? DestinationPort { get; init; }
}

/// <summary>A port or a range; exactly one field is set.</summary>
public sealed record ClusterPort
{
    /// <summary>1–65535.</summary>
    public int? Number { get; init; }

    /// <summary>From start to end.</summary>
    public ClusterPortRange? Range { get; init; }
}

/// <summary>A range of ports.</summary>
public sealed record ClusterPortRange
{
    /// <summary>The first port, 1–65535.</summary>
    public int? Start { get; init; }

    /// <summary>The last port, not below the first.</summary>
    public int? End { get; init; }
}
