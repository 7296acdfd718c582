using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>projectcalico.org/v3 NetworkSet: CIDRs with labels, selected like endpoints of its namespace.</summary>
public sealed record NetworkSet : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "NetworkSet";

    /// <summary>The CIDRs.</summary>
    public NetworkSetSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 GlobalNetworkSet: CIDRs with labels, selected like endpoints without a namespace.</summary>
public sealed record GlobalNetworkSet : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "GlobalNetworkSet";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>The CIDRs.</summary>
    public NetworkSetSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 <c>NetworkSetSpec</c> and <c>GlobalNetworkSetSpec</c>.</summary>
public sealed record NetworkSetSpec
{
    /// <summary>CIDRs or addresses.</summary>
    public EquatableArray<string> Nets { get; init; }
}

/// <summary>projectcalico.org/v3 Profile: labels that endpoints inherit, and rules for what no policy decided.</summary>
public sealed record Profile : V3Resource
{
    /// <inheritdoc/>
    public override string Kind => "Profile";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>Rules and labels.</summary>
    public ProfileSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>projectcalico.org/v3 <c>ProfileSpec</c>.</summary>
public sealed record ProfileSpec
{
    /// <summary>Rules for traffic to the endpoints.</summary>
    public EquatableArray<Rule> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoints.</summary>
    public EquatableArray<Rule> Egress { get; init; }

    /// <summary>Labels that endpoints with this profile inherit.</summary>
    public LabelMap LabelsToApply { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;
}
