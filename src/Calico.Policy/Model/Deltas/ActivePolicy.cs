using System.Net;

namespace Calico.Policy.Model.Deltas;

/// <summary>What the members of a set are.</summary>
public enum IpSetKind : byte
{
    /// <summary>Prefixes; they may overlap.</summary>
    Net,

    /// <summary>Single addresses, each with protocol and port.</summary>
    AddressAndPort,
}

/// <summary>A policy's rules with selectors resolved to sets (Felix <c>proto.Policy</c>).</summary>
public sealed record ActivePolicy
{
    /// <summary>The policy's identity.</summary>
    public required PolicyId Id { get; init; }

    /// <summary>The tier it belongs to.</summary>
    public required string Tier { get; init; }

    /// <summary>Rules for traffic to the endpoint; empty when the policy does not govern that direction.</summary>
    public EquatableArray<ActiveRule> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoint; empty when the policy does not govern that direction.</summary>
    public EquatableArray<ActiveRule> Egress { get; init; }

    /// <summary>The directions it governs.</summary>
    public PolicyTypes Types { get; init; }

    /// <summary>Before connection tracking (doNotTrack).</summary>
    public bool Untracked { get; init; }

    /// <summary>Before DNAT.</summary>
    public bool PreDnat { get; init; }

    /// <summary>Also on traffic a host endpoint forwards.</summary>
    public bool ApplyOnForward { get; init; }

    /// <summary>The selector of the policy in canonical form, for people.</summary>
    public string Selector { get; init; } = "";
}

/// <summary>A profile's rules with selectors resolved to sets (Felix <c>proto.Profile</c>).</summary>
public sealed record ActiveProfile
{
    /// <summary>The profile's name.</summary>
    public required string Name { get; init; }

    /// <summary>True for the stand-in of a profile that endpoints name but that does not exist: it denies both ways.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Rules for traffic to the endpoint.</summary>
    public EquatableArray<ActiveRule> Ingress { get; init; }

    /// <summary>Rules for traffic from the endpoint.</summary>
    public EquatableArray<ActiveRule> Egress { get; init; }
}

/// <summary>A rule whose terms a packet filter can test: every term given must hold (Felix <c>proto.Rule</c>).</summary>
/// <remarks>
/// Rules of an active policy stay at the index they have in the source object, so a verdict can name the rule a person wrote.
/// A term list that the source gave but that came out empty is never "no restriction": such a rule has <see cref="NeverMatches"/> set.
/// </remarks>
public sealed record ActiveRule
{
    /// <summary>What happens to a matching packet.</summary>
    public RuleAction Action { get; init; }

    /// <summary>True when no packet can match; the other terms are then for people only.</summary>
    public bool NeverMatches { get; init; }

    /// <summary>The family the rule is limited to: by itself, by its nets, or by ICMP's family.</summary>
    public IpVersion IpVersion { get; init; }

    /// <summary>The protocol to match; null for all.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary>The protocol not to match.</summary>
    public IpProtocol? NotProtocol { get; init; }

    /// <summary>ICMP type and code to match.</summary>
    public IcmpMatch? Icmp { get; init; }

    /// <summary>ICMP type and code not to match, as a pair.</summary>
    public IcmpMatch? NotIcmp { get; init; }

    /// <summary>Terms on the sender.</summary>
    public ActiveMatch Source { get; init; } = ActiveMatch.Any;

    /// <summary>Terms on the receiver.</summary>
    public ActiveMatch Destination { get; init; } = ActiveMatch.Any;

    /// <summary>HTTP terms, for a layer 7 proxy.</summary>
    public HttpMatch? Http { get; init; }

    /// <summary>Annotations of the rule.</summary>
    public LabelMap Annotations { get; init; } = LabelMap.Empty;

    /// <summary>The ids of all sets that the rule tests.</summary>
    internal IEnumerable<string> SetIds() => Source.SetIds().Concat(Destination.SetIds());
}

/// <summary>Terms on one side of a packet, selectors resolved to sets; every term given must hold.</summary>
public sealed record ActiveMatch
{
    /// <summary>No term.</summary>
    public static ActiveMatch Any { get; } = new();

    /// <summary>The address must lie in one of these; empty for no restriction.</summary>
    public EquatableArray<IPNetwork> Nets { get; init; }

    /// <summary>The address must lie in none of these.</summary>
    public EquatableArray<IPNetwork> NotNets { get; init; }

    /// <summary>Ids of sets of nets, all of which must contain the address.</summary>
    public EquatableArray<string> IpSets { get; init; }

    /// <summary>Ids of sets of nets, none of which may contain the address.</summary>
    public EquatableArray<string> NotIpSets { get; init; }

    /// <summary>Ids of sets of addresses and ports (services), all of which must contain address, protocol and port.</summary>
    public EquatableArray<string> AddressPortSets { get; init; }

    /// <summary>Ports; the port must be in one of them or be found in one of <see cref="NamedPortSets"/>. Both empty: no restriction.</summary>
    public EquatableArray<PortRange> Ports { get; init; }

    /// <summary>Ids of sets of addresses and ports, one of which must contain address, protocol and port unless <see cref="Ports"/> matches.</summary>
    public EquatableArray<string> NamedPortSets { get; init; }

    /// <summary>Ports, none of which may match.</summary>
    public EquatableArray<PortRange> NotPorts { get; init; }

    /// <summary>Ids of sets of addresses and ports, none of which may contain address, protocol and port.</summary>
    public EquatableArray<string> NotNamedPortSets { get; init; }

    /// <summary>Domain names, one of which must have resolved to the address. A dataplane that cannot tell must not match an allowing rule.</summary>
    public EquatableArray<string> Domains { get; init; }

    /// <summary>The selector the sets stand for, canonical, for people.</summary>
    public string Selector { get; init; } = "";

    /// <summary>The negated selector the sets stand for, canonical, for people.</summary>
    public string NotSelector { get; init; } = "";

    /// <summary>The ids of all sets.</summary>
    internal IEnumerable<string> SetIds() => IpSets.Concat(NotIpSets).Concat(AddressPortSets).Concat(NamedPortSets).Concat(NotNamedPortSets);
}
