using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy: asked before every NetworkPolicy.</summary>
public sealed record AdminNetworkPolicy : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "policy.networking.k8s.io/v1alpha1";

    /// <inheritdoc/>
    public override string Kind => "AdminNetworkPolicy";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>What the policy says.</summary>
    public AdminNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy: asked when no NetworkPolicy isolates the pod. There is one, named <c>default</c>.</summary>
public sealed record BaselineAdminNetworkPolicy : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "policy.networking.k8s.io/v1alpha1";

    /// <inheritdoc/>
    public override string Kind => "BaselineAdminNetworkPolicy";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>What the policy says; it has no priority, and no Pass.</summary>
    public BaselineAdminNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>policy.networking.k8s.io/v1alpha1 <c>BaselineAdminNetworkPolicySpec</c>.</summary>
public record BaselineAdminNetworkPolicySpec
{
    /// <summary>Pods the policy applies to.</summary>
    public ClusterPolicySubject? Subject { get; init; }

    /// <summary>Rules for traffic to the pods, in order.</summary>
    public EquatableArray<AdminIngressRule> Ingress { get; init; }

    /// <summary>Rules for traffic from the pods, in order.</summary>
    public EquatableArray<AdminEgressRule> Egress { get; init; }
}

/// <summary>policy.networking.k8s.io/v1alpha1 <c>AdminNetworkPolicySpec</c>.</summary>
public sealed record AdminNetworkPolicySpec : BaselineAdminNetworkPolicySpec
{
    /// <summary>0–1000, lower first.</summary>
    public int? Priority { get; init; }
}

/// <summary>Pods a cluster policy applies to; exactly one field is set.</summary>
public sealed record ClusterPolicySubject
{
    /// <summary>All pods of these namespaces.</summary>
    public LabelSelector? Namespaces { get; init; }

    /// <summary>Some pods of some namespaces.</summary>
    public NamespacedPods? Pods { get; init; }
}

/// <summary>Some pods of some namespaces.</summary>
public sealed record NamespacedPods
{
    /// <summary>The namespaces.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>The pods.</summary>
    public LabelSelector? PodSelector { get; init; }
}

/// <summary>A rule for traffic to the subject's pods.</summary>
public sealed record AdminIngressRule
{
    /// <summary>A name for people, at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>Allow</c>, <c>Deny</c> or, except in a baseline, <c>Pass</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Sources, at least one.</summary>
    public EquatableArray<ClusterPolicyPeer> From { get; init; }

    /// <summary>Ports; null is every port of every protocol.</summary>
    public EquatableArray<AdminPort>? Ports { get; init; }
}

/// <summary>A rule for traffic from the subject's pods.</summary>
public sealed record AdminEgressRule
{
    /// <summary>A name for people, at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>Allow</c>, <c>Deny</c> or, except in a baseline, <c>Pass</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Destinations, at least one.</summary>
    public EquatableArray<ClusterPolicyEgressPeer> To { get; init; }

    /// <summary>Ports; null is every port of every protocol.</summary>
    public EquatableArray<AdminPort>? Ports { get; init; }
}

/// <summary>A source of a cluster policy's rule; exactly one field is set.</summary>
public record ClusterPolicyPeer
{
    /// <summary>All pods of these namespaces.</summary>
    public LabelSelector? Namespaces { get; init; }

    /// <summary>Some pods of some namespaces.</summary>
    public NamespacedPods? Pods { get; init; }
}

/// <summary>A destination of a cluster policy's rule; exactly one field is set.</summary>
public sealed record ClusterPolicyEgressPeer : ClusterPolicyPeer
{
    /// <summary>Nodes by their labels (experimental): their own addresses, and so pods in their network; an empty selector means all. Open-source Calico refuses such a rule.</summary>
    public LabelSelector? Nodes { get; init; }

    /// <summary>CIDRs; pods with such addresses match too.</summary>
    public EquatableArray<string> Networks { get; init; }

    /// <summary>Domain names (experimental).</summary>
    public EquatableArray<string> DomainNames { get; init; }
}

/// <summary>A port of an admin rule; exactly one field is set.</summary>
public sealed record AdminPort
{
    /// <summary>One port.</summary>
    public AdminPortNumber? PortNumber { get; init; }

    /// <summary>The name of a container port of the destination pod, with its protocol.</summary>
    public string? NamedPort { get; init; }

    /// <summary>Ports from start to end.</summary>
    public AdminPortRange? PortRange { get; init; }
}

/// <summary>A port and its protocol.</summary>
public sealed record AdminPortNumber
{
    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>1–65535.</summary>
    public int? Port { get; init; }
}

/// <summary>A range of ports and its protocol.</summary>
public sealed record AdminPortRange
{
    /// <summary>TCP (also when null), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>The first port, 1–65535.</summary>
    public int? Start { get; init; }

    /// <summary>The last port, above the first.</summary>
    public int? End { get; init; }
}
