using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>A Kubernetes label selector (meta/v1 <c>LabelSelector</c>): every term must hold; no term selects everything.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must have exactly these values.</summary>
    public LabelMap MatchLabels { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;

    /// <summary>Further terms.</summary>
    public EquatableArray<LabelSelectorRequirement> MatchExpressions { get; init; }
}

/// <summary>One term of a label selector.</summary>
public sealed record LabelSelectorRequirement
{
    /// <summary>The label.</summary>
    public string? Key { get; init; }

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string? Operator { get; init; }

    /// <summary>Values for <c>In</c> and <c>NotIn</c>; none for the others.</summary>
    public EquatableArray<string> Values { get; init; }
}
