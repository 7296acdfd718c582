using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>A rule of a Calico policy or profile (projectcalico.org/v3 <c>Rule</c>): every term given must hold.</summary>
public sealed record Rule
{
    /// <summary><c>Allow</c>, <c>Deny</c>, <c>Log</c> (and go on) or <c>Pass</c> (to the next tier).</summary>
    public string? Action { get; init; }

    /// <summary>4 or 6; null is both.</summary>
    public int? IpVersion { get; init; }

    /// <summary>The protocol; null is all.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>ICMP type and code; needs protocol ICMP or ICMPv6.</summary>
    public IcmpFields? Icmp { get; init; }

    /// <summary>Any protocol but this.</summary>
    public Protocol? NotProtocol { get; init; }

    /// <summary>Any ICMP type and code but this pair.</summary>
    [JsonPropertyName("notICMP")]
    public IcmpFields? NotIcmp { get; init; }

    /// <summary>Terms on the sender.</summary>
    public EntityRule Source { get; init => field = value ?? EntityRule.Any; } = EntityRule.Any;

    /// <summary>Terms on the receiver.</summary>
    public EntityRule Destination { get; init => field = value ?? EntityRule.Any; } = EntityRule.Any;

    /// <summary>HTTP terms; ingress Allow rules only.</summary>
    public HttpRule? Http { get; init; }

    /// <summary>Annotations that travel with the rule.</summary>
    public RuleMetadata? Metadata { get; init; }
}

/// <summary>An ICMP type and code.</summary>
public sealed record IcmpFields
{
    /// <summary>0–254; null is every type.</summary>
    public int? Type { get; init; }

    /// <summary>0–255; needs a type; null is every code.</summary>
    public int? Code { get; init; }
}

/// <summary>Metadata of a rule.</summary>
public sealed record RuleMetadata
{
    /// <summary>Key and value pairs, at most 256 KiB together.</summary>
    public LabelMap Annotations { get; init => field = value ?? LabelMap.Empty; } = LabelMap.Empty;
}

/// <summary>Terms on one side of a rule (projectcalico.org/v3 <c>EntityRule</c>): every term given must hold.</summary>
public sealed record EntityRule
{
    /// <summary>No term.</summary>
    public static EntityRule Any { get; } = new();

    /// <summary>CIDRs, one of which must contain the address; at most 256, of one family.</summary>
    public EquatableArray<string> Nets { get; init; }

    /// <summary>Known endpoints and network sets with these labels; in a namespaced policy those of its namespace unless a namespace selector is given.</summary>
    public string? Selector { get; init; }

    /// <summary>Namespaces; <c>all()</c>: endpoints with a namespace; <c>global()</c>, alone: those without.</summary>
    public string? NamespaceSelector { get; init; }

    /// <summary>The endpoints of a service; excludes most other terms.</summary>
    public ServiceMatch? Services { get; init; }

    /// <summary>Ports, one of which must match; at most 50.</summary>
    public EquatableArray<Port> Ports { get; init; }

    /// <summary>Domain names; known to Calico Enterprise, refused by open-source Calico.</summary>
    public EquatableArray<string> Domains { get; init; }

    /// <summary>Nodes with these labels: what a <c>nodes</c> peer of a cluster policy is converted to. Calico has no such field, so validation refuses it in a policy that people write.</summary>
    public string? NodeSelector { get; init; }

    /// <summary>CIDRs, none of which may contain the address.</summary>
    public EquatableArray<string> NotNets { get; init; }

    /// <summary>Not endpoints and network sets with these labels; addresses nobody knows do match.</summary>
    public string? NotSelector { get; init; }

    /// <summary>Ports, none of which may match.</summary>
    public EquatableArray<Port> NotPorts { get; init; }

    /// <summary>Service accounts of the endpoints.</summary>
    public ServiceAccountMatch? ServiceAccounts { get; init; }
}

/// <summary>Names a service.</summary>
public sealed record ServiceMatch
{
    /// <summary>The service's name.</summary>
    public string? Name { get; init; }

    /// <summary>Its namespace; null is the policy's own.</summary>
    public string? Namespace { get; init; }
}

/// <summary>Service accounts by name and labels; both must hold.</summary>
public sealed record ServiceAccountMatch
{
    /// <summary>Names, one of which must match.</summary>
    public EquatableArray<string> Names { get; init; }

    /// <summary>A selector over the labels of the service account.</summary>
    public string? Selector { get; init; }
}

/// <summary>HTTP terms of a rule (projectcalico.org/v3 <c>HTTPMatch</c>).</summary>
public sealed record HttpRule
{
    /// <summary>Methods, one of which must match; at most 20.</summary>
    public EquatableArray<string> Methods { get; init; }

    /// <summary>Paths, one of which must match; at most 20.</summary>
    public EquatableArray<HttpPath> Paths { get; init; }
}

/// <summary>An HTTP path; exactly one field is set.</summary>
public sealed record HttpPath
{
    /// <summary>The whole path.</summary>
    public string? Exact { get; init; }

    /// <summary>The beginning of the path.</summary>
    public string? Prefix { get; init; }
}
