using System.Net;

namespace Calico.Dataplane;

/// <summary>An endpoint as the kernel's table has it.</summary>
/// <param name="Endpoint">The workload endpoint as <c>orchestrator/namespace/name/interface</c>, or the host endpoint's name.</param>
/// <param name="Interface">Its interface on the host; <c>*</c> for all that have no endpoint of their own.</param>
/// <param name="IsHost">Whether it is a host endpoint.</param>
/// <param name="Walks">What its packets are held against, direction by direction.</param>
public sealed record EndpointRules(string Endpoint, string Interface, bool IsHost, IReadOnlyList<WalkRules> Walks)
{
    /// <summary>The addresses a workload may send from.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Whether the endpoint is administratively down: everything is dropped.</summary>
    public bool IsDown { get; init; }
}

/// <summary>A list of policies in one direction, as it is in the kernel. Endpoints with the same list share it, and its counters.</summary>
/// <param name="Direction"><c>ingress</c> or <c>egress</c>, of host endpoints also <c>forward ingress</c>, <c>preDNAT ingress</c>, <c>doNotTrack egress</c>….</param>
/// <param name="Chain">The chain it begins at.</param>
/// <param name="Shape">Chains or maps.</param>
/// <param name="Why">What speaks for the shape, in numbers.</param>
/// <param name="Policies">Tiers with their policies, then the profiles, in order.</param>
/// <param name="Rules">The rules in the kernel with what they counted.</param>
public sealed record WalkRules(string Direction, string Chain, PolicyShape Shape, string Why, IReadOnlyList<TierPolicies> Policies, IReadOnlyList<RuleCounter> Rules)
{
    /// <summary>How many endpoints have this list.</summary>
    public int SharedBy { get; init; } = 1;
}

/// <summary>The policies of a tier.</summary>
/// <param name="Tier">The tier; <c>profiles</c> for the profiles, which come last.</param>
/// <param name="DefaultAction">What becomes of packets that its policies say nothing about; empty for profiles.</param>
/// <param name="Policies">Their names, in order.</param>
public sealed record TierPolicies(string Tier, string DefaultAction, IReadOnlyList<string> Policies);

/// <summary>A rule with what it counted.</summary>
/// <param name="Rule">The rule as its comment says: <c>GlobalNetworkPolicy web ingress[2] allow</c>.</param>
/// <param name="Staged">Whether it belongs to a staged policy: counted, not enforced.</param>
/// <param name="Packets">Packets, the first of each connection.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record RuleCounter(string Rule, bool Staged, ulong Packets, ulong Bytes);
