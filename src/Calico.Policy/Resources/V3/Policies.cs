namespace Calico.Policy.Resources;

/// <summary>A projectcalico.org/v3 object.</summary>
public abstract record V3Resource : Resource
{
    /// <inheritdoc/>
    public sealed override string ApiVersion => "projectcalico.org/v3";
}

/// <summary>projectcalico.org/v3 NetworkPolicy: policy for the workloads of one namespace.</summary>
public sealed record NetworkPolicy : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "NetworkPolicy";

    /// <summary>What the policy says.</summary>
    public NetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 GlobalNetworkPolicy: policy for any endpoint, host endpoints included.</summary>
public sealed record GlobalNetworkPolicy : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "GlobalNetworkPolicy";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>What the policy says.</summary>
    public GlobalNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 StagedNetworkPolicy: evaluated, never enforced.</summary>
public sealed record StagedNetworkPolicy : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "StagedNetworkPolicy";

    /// <summary>What the policy says.</summary>
    public StagedNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 StagedGlobalNetworkPolicy: evaluated, never enforced.</summary>
public sealed record StagedGlobalNetworkPolicy : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "StagedGlobalNetworkPolicy";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>What the policy says.</summary>
    public StagedGlobalNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 StagedKubernetesNetworkPolicy: a Kubernetes NetworkPolicy that is evaluated, never enforced.</summary>
public sealed record StagedKubernetesNetworkPolicy : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "StagedKubernetesNetworkPolicy";

    /// <summary>What the policy says.</summary>
    public StagedKubernetesNetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 Tier: an ordered group of policies.</summary>
public sealed record Tier : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "Tier";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>Order and default action.</summary>
    public TierSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 <c>TierSpec</c>.</summary>
public sealed record TierSpec
{
    /// <summary>Position among tiers, lower first; null is last.</summary>
    public double? Order { get; init; }

    /// <summary><c>Deny</c> (also when null) or <c>Pass</c>: what happens to a packet of an endpoint with a policy in this tier that none of them decided.</summary>
    public string? DefaultAction { get; init; }
}
