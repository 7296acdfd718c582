using System.Net;
using Calico.Netlink;

namespace Calico.Agent;

/// <summary>The way to a BGP next hop, as the kernel's own table has it: BGP's next hops may be several hops away (recursive resolution, RFC 4271 section 5.1.3).</summary>
internal sealed class NextHops(RtNetlink netlink)
{
    private readonly Dictionary<IPAddress, IPAddress?> _gateways = [];

    /// <summary>Forgets what was found: links, addresses or routes have changed.</summary>
    public void Forget() => _gateways.Clear();

    /// <summary>The directly connected gateway that leads to <paramref name="nextHop"/>; null when nothing does.</summary>
    public async ValueTask<IPAddress?> GatewayToAsync(IPAddress nextHop, CancellationToken cancellation)
    {
        if (_gateways.TryGetValue(nextHop, out IPAddress? known)) return known;
        try
        {
            Route way = await netlink.Routes.LookupAsync(nextHop, cancellationToken: cancellation);
            return _gateways[nextHop] = way.Type == RouteType.Unicast ? way.Gateway ?? nextHop : null;
        }
        catch (NetlinkException)
        {
            return null;
        }
    }
}
