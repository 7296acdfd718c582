using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Which routes a dump returns; what is null matches any.</summary>
public sealed record RouteFilter
{
    internal static readonly RouteFilter All = new();

    /// <summary>IPv4 or IPv6; null for both.</summary>
    public AddressFamily? Family { get; init; }

    /// <summary>The routing table.</summary>
    public uint? Table { get; init; }

    /// <summary>Who made the routes.</summary>
    public RouteProtocol? Protocol { get; init; }

    /// <summary>What the routes do.</summary>
    public RouteType? Type { get; init; }

    /// <summary>Index of the outgoing interface.</summary>
    public int? InterfaceIndex { get; init; }

    // Kernels before 4.20 dump everything: what the filter asks is checked again here. They also dump cloned IPv6 routes.
    internal bool Matches(in Route route) =>
        (route.Flags & RouteFlags.Cloned) == 0
        && (Family is null || Family == AddressFamily.InterNetworkV6 == route.IsIPv6)
        && (Table is null || Table == route.Table)
        && (Protocol is null || Protocol == route.Protocol)
        && (Type is null || Type == route.Type)
        && (InterfaceIndex is null || InterfaceIndex == route.InterfaceIndex || route.NextHops.Any(h => h.InterfaceIndex == InterfaceIndex));
}
