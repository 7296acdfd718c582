using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>What Calico's policies share (projectcalico.org/v3 <c>NetworkPolicySpec</c>).</summary>
public abstract record PolicySpec
{
    /// <summary>The tier; null is <c>default</c>.</summary>
    public string? Tier { get; init; }

    /// <summary>Position in the tier, lower first; null is last.</summary>
    public double? Order { get; init; }

    /// <summary>Rules for traffic to the endpoints, in order; at most 1,024.</summary>
    public EquatableArray<Rule> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoints, in order; at most 1,024.</summary>
    public EquatableArray<Rule> Egress { get; init; }

    /// <summary>Endpoints the policy applies to; null and empty are all.</summary>
    public string? Selector { get; init; }

    /// <summary><c>Ingress</c>, <c>Egress</c>; empty: those that have rules, and Ingress when neither has.</summary>
    public EquatableArray<string> Types { get; init; }

    /// <summary>Limits the endpoints by labels of their service account.</summary>
    public string? ServiceAccountSelector { get; init; }

    /// <summary>The one hint there is: <c>AssumeNeededOnEveryNode</c>.</summary>
    public EquatableArray<string> PerformanceHints { get; init; }
}

/// <summary>projectcalico.org/v3 <c>NetworkPolicySpec</c>.</summary>
public record NetworkPolicySpec : PolicySpec;

/// <summary>projectcalico.org/v3 <c>GlobalNetworkPolicySpec</c>.</summary>
public record GlobalNetworkPolicySpec : PolicySpec
{
    /// <summary>Limits the endpoints by labels of their namespace.</summary>
    public string? NamespaceSelector { get; init; }

    /// <summary>Host endpoints only: before connection tracking. Needs <see cref="ApplyOnForward"/>.</summary>
    public bool? DoNotTrack { get; init; }

    /// <summary>Host endpoints only: before DNAT; ingress only. Needs <see cref="ApplyOnForward"/>.</summary>
    [JsonPropertyName("preDNAT")]
    public bool? PreDnat { get; init; }

    /// <summary>Host endpoints only: also on forwarded traffic.</summary>
    public bool? ApplyOnForward { get; init; }
}

/// <summary>projectcalico.org/v3 <c>StagedNetworkPolicySpec</c>.</summary>
public sealed record StagedNetworkPolicySpec : NetworkPolicySpec
{
    /// <summary><c>Set</c> (also when null), <c>Delete</c>, <c>Learn</c>, <c>Ignore</c>.</summary>
    public string? StagedAction { get; init; }
}

/// <summary>projectcalico.org/v3 <c>StagedGlobalNetworkPolicySpec</c>.</summary>
public sealed record StagedGlobalNetworkPolicySpec : GlobalNetworkPolicySpec
{
    /// <summary><c>Set</c> (also when null), <c>Delete</c>, <c>Learn</c>, <c>Ignore</c>.</summary>
    public string? StagedAction { get; init; }
}

/// <summary>projectcalico.org/v3 <c>StagedKubernetesNetworkPolicySpec</c>.</summary>
public sealed record StagedKubernetesNetworkPolicySpec : KubernetesNetworkPolicySpec
{
    /// <summary><c>Set</c> (also when null), <c>Delete</c>, <c>Learn</c>, <c>Ignore</c>.</summary>
    public string? StagedAction { get; init; }
}
