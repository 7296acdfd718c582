using System.Net;

namespace Calico.Policy.Model;

/// <summary>What a rule does with a packet it matches.</summary>
public enum RuleAction : byte
{
    /// <summary>Accept; the walk ends. Also what an empty backend action means.</summary>
    Allow,

    /// <summary>Drop (or reject, as the dataplane is told); the walk ends.</summary>
    Deny,

    /// <summary>Leave this tier and go on with the next, after the last one with the profiles.</summary>
    Pass,

    /// <summary>Record and go on with the next rule.</summary>
    Log,
}

/// <summary>The IP family a rule is limited to.</summary>
public enum IpVersion : byte
{
    /// <summary>Both families.</summary>
    Any = 0,

    /// <summary>IPv4 only.</summary>
    IPv4 = 4,

    /// <summary>IPv6 only.</summary>
    IPv6 = 6,
}

/// <summary>
/// A rule in backend form: every term must hold for it to match. Selectors are text with namespace and service-account terms already folded in
/// (libcalico-go <c>model.Rule</c>).
/// </summary>
public sealed record RuleModel
{
    /// <summary>What happens to a matching packet.</summary>
    public RuleAction Action { get; init; }

    /// <summary>The family the rule is limited to.</summary>
    public IpVersion IpVersion { get; init; }

    /// <summary>The protocol to match; null for all.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary>The protocol not to match.</summary>
    public IpProtocol? NotProtocol { get; init; }

    /// <summary>ICMP type and code to match.</summary>
    public IcmpMatch? Icmp { get; init; }

    /// <summary>ICMP type and code not to match: the pair is negated, other codes of the same type do match.</summary>
    public IcmpMatch? NotIcmp { get; init; }

    /// <summary>Terms on the sender.</summary>
    public EntityMatch Source { get; init; } = EntityMatch.Any;

    /// <summary>Terms on the receiver.</summary>
    public EntityMatch Destination { get; init; } = EntityMatch.Any;

    /// <summary>HTTP terms. Enforced by a layer 7 proxy, not by a packet filter; a packet filter must treat the rule as matching on the other terms.</summary>
    public HttpMatch? Http { get; init; }

    /// <summary>Annotations that travel with the rule, for comments and logs.</summary>
    public LabelMap Annotations { get; init; } = LabelMap.Empty;
}

/// <summary>Terms on one side of a packet; every term given must hold.</summary>
public sealed record EntityMatch
{
    /// <summary>No term: matches everyone.</summary>
    public static EntityMatch Any { get; } = new();

    /// <summary>The address must lie in one of these; empty for no restriction.</summary>
    public EquatableArray<IPNetwork> Nets { get; init; }

    /// <summary>The address must lie in none of these.</summary>
    public EquatableArray<IPNetwork> NotNets { get; init; }

    /// <summary>The address must be one of an endpoint or network set that this selector matches; null or empty for no restriction.</summary>
    public string? Selector { get; init; }

    /// <summary>The address must not be one of an endpoint or network set that this selector matches; unknown addresses pass.</summary>
    public string? NotSelector { get; init; }

    /// <summary>The address must be one of a node that this selector matches; null or empty for no restriction. From <c>nodes</c> peers of cluster policies, for egress destinations.</summary>
    public string? NodeSelector { get; init; }

    /// <summary>Ports, one of which must match; together with <see cref="NamedPorts"/> an OR. Empty for no restriction.</summary>
    public EquatableArray<PortRange> Ports { get; init; }

    /// <summary>Named ports of the endpoint that has the address.</summary>
    public EquatableArray<string> NamedPorts { get; init; }

    /// <summary>Ports, none of which may match.</summary>
    public EquatableArray<PortRange> NotPorts { get; init; }

    /// <summary>Named ports, none of which may match.</summary>
    public EquatableArray<string> NotNamedPorts { get; init; }

    /// <summary>The address (and on a destination the port) must be one of this service's endpoints.</summary>
    public NamespacedName? Service { get; init; }

    /// <summary>Domain names (<c>example.com</c>, <c>*.example.com</c>) of which the address must be one; an extension over open-source Calico, for egress destinations.</summary>
    public EquatableArray<string> Domains { get; init; }
}

/// <summary>HTTP terms of a rule (projectcalico.org/v3 <c>HTTPMatch</c>).</summary>
public sealed record HttpMatch
{
    /// <summary>Methods, one of which must match; empty for all.</summary>
    public EquatableArray<string> Methods { get; init; }

    /// <summary>Paths, one of which must match; empty for all.</summary>
    public EquatableArray<HttpPathMatch> Paths { get; init; }
}

/// <summary>An HTTP path to match.</summary>
/// <param name="Path">The path, starting with a slash.</param>
/// <param name="IsPrefix">True for a prefix, false for the exact path.</param>
public readonly record struct HttpPathMatch(string Path, bool IsPrefix);
