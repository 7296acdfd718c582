using System.Net;
using Calico.Policy.Model;

namespace Calico.Dataplane.Routes;

/// <summary>Who wants a route; where two want the same destination the first in this list wins (felix/routetable/defs.go).</summary>
internal enum RouteClass : byte
{
    LocalWorkload,
    VxlanSameSubnet,
    VxlanTunnel,
    IpIpSameSubnet,
    IpIpTunnel,
    Learned,
    Blackhole,
}

/// <summary>What a route does, by names: indexes are found when it is applied.</summary>
/// <param name="Destination">Where it leads.</param>
/// <param name="Class">Who wants it.</param>
/// <param name="Interface">The outgoing interface, or null for a blackhole or when the kernel is to find it.</param>
/// <param name="Gateways">Next hops; none for what is on the link.</param>
/// <param name="OnLink">Whether gateways need no route of their own.</param>
internal sealed record RouteTarget(IPNetwork Destination, RouteClass Class, string? Interface, EquatableArray<IPAddress> Gateways, bool OnLink = false)
{
    public bool IsBlackhole => Class == RouteClass.Blackhole;
}
