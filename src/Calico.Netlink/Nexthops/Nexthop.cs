using System.Globalization;
using System.Net;

namespace Calico.Netlink;

/// <summary>A member of a nexthop group.</summary>
/// <param name="Id">The id of a nexthop object.</param>
/// <param name="Weight">Share of the flows, 1 to 256.</param>
public readonly record struct NexthopGroupMember(uint Id, int Weight = 1);

/// <summary>A nexthop object that many routes can point to (<c>struct nhmsg</c> and NHA_*; kernel 5.3 and later).</summary>
public sealed record Nexthop
{
    /// <summary>The id; 0 lets the kernel choose.</summary>
    public required uint Id { get; init; }

    /// <summary>Address of the gateway; null for directly on the link, and in groups.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Index of the outgoing interface; 0 without.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>The family when there is no gateway to tell it: true for IPv6.</summary>
    public bool IsIPv6 { get; init; }

    /// <summary>True for an object that drops packets.</summary>
    public bool IsBlackhole { get; init; }

    /// <summary>True for an object that forwarding entries of a VXLAN device point to.</summary>
    public bool IsForwarding { get; init; }

    /// <summary>The members of a group; empty for a single next hop.</summary>
    public IReadOnlyList<NexthopGroupMember> Group { get; init; } = [];

    /// <summary>Who made it. Default <see cref="RouteProtocol.Unspecified"/>.</summary>
    public RouteProtocol Protocol { get; init; }

    /// <summary>Scope. Set by the kernel.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>Flags; <see cref="RouteFlags.OnLink"/> is the one to set.</summary>
    public RouteFlags Flags { get; init; }

    /// <summary>Lightweight-tunnel encapsulation; null without.</summary>
    public RouteEncapsulation? Encapsulation { get; init; }

    /// <inheritdoc/>
    public bool Equals(Nexthop? other) =>
        other is not null && Id == other.Id && Equals(Gateway, other.Gateway) && InterfaceIndex == other.InterfaceIndex && IsIPv6 == other.IsIPv6
        && IsBlackhole == other.IsBlackhole && IsForwarding == other.IsForwarding && Protocol == other.Protocol && Scope == other.Scope && Flags == other.Flags
        && Equals(Encapsulation, other.Encapsulation) && Group.SequenceEqual(other.Group);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Id;

    /// <summary>As <c>ip nexthop</c> would print it, with the interface index for its name.</summary>
    public override string ToString() => Group.Count > 0
        ? string.Create(CultureInfo.InvariantCulture, $"id {Id} group {string.Join('/', Group.Select(m => $"{m.Id},{m.Weight}"))}")
        : string.Create(CultureInfo.InvariantCulture, $"id {Id} via {Gateway} dev #{InterfaceIndex}");

    /// <summary>Decodes RTM_NEWNEXTHOP or RTM_DELNEXTHOP; false for anything else and for bytes that are no nexthop.</summary>
    public static bool TryDecode(in NetlinkMessage message, out Nexthop nexthop) => NexthopMessages.TryDecode(message, out nexthop);
}
