using System.Text.Json.Serialization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>projectcalico.org/v3 Node: Calico's own object beside a v1 <see cref="Node"/>. Policy reads its labels and addresses; of two objects for one node the later counts.</summary>
public sealed record CalicoNode : Resource
{
    /// <inheritdoc/>
    public override string ApiVersion => "projectcalico.org/v3";

    /// <inheritdoc/>
    public override string Kind => "Node";

    /// <inheritdoc/>
    public override bool IsNamespaced => false;

    /// <summary>Wanted state.</summary>
    public CalicoNodeSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>The part of projectcalico.org/v3 <c>NodeSpec</c> that matters here.</summary>
public sealed record CalicoNodeSpec
{
    /// <summary>The addresses that BGP uses.</summary>
    public CalicoNodeBgp? Bgp { get; init; }

    /// <summary>All known addresses of the node.</summary>
    public EquatableArray<NodeAddress> Addresses { get; init; }
}

/// <summary>The part of projectcalico.org/v3 <c>NodeBGPSpec</c> that matters here.</summary>
public sealed record CalicoNodeBgp
{
    /// <summary>An IPv4 address, with or without the prefix length of its subnet.</summary>
    [JsonPropertyName("ipv4Address")]
    public string? IPv4Address { get; init; }

    /// <summary>An IPv6 address, with or without the prefix length of its subnet.</summary>
    [JsonPropertyName("ipv6Address")]
    public string? IPv6Address { get; init; }
}
