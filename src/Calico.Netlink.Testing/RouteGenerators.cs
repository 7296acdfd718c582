using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Netlink.Testing;

/// <summary>FsCheck generators for routing: values that a kernel would take, over few destinations so that they collide often.</summary>
public static class RouteGenerators
{
    /// <summary>IPv4 and IPv6 prefixes of every length.</summary>
    public static Gen<IPNetwork> Prefix =>
        from six in Gen.Elements(false, false, true)
        from octets in Gen.ArrayOf(Gen.Choose(0, 255), six ? 16 : 4)
        from length in Gen.Choose(0, six ? 128 : 32)
        select Masked([.. octets.Select(o => (byte)o)], length);

    /// <summary>A few prefixes of both families, so that routes meet.</summary>
    public static Gen<IPNetwork> CrowdedPrefix =>
        from six in Gen.Elements(false, true)
        from number in Gen.Choose(0, 9)
        from whole in Gen.Elements(false, true)
        select six
            ? Masked([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)number], whole ? 128 : 122)
            : Masked([10, 0, 0, (byte)number], whole ? 32 : 26);

    /// <summary>Routes to any prefix: unicast with gateway, several next hops or link only, and those that drop.</summary>
    public static Gen<Route> Route => RouteTo(Prefix);

    /// <summary>Routes to few prefixes.</summary>
    public static Gen<Route> CrowdedRoute => RouteTo(CrowdedPrefix);

    /// <summary>Arbitrary routes, for <c>[Property(Arbitrary = [typeof(RouteGenerators)])]</c>.</summary>
    public static Arbitrary<Route> Routes() => Route.ToArbitrary();

    /// <summary>Routes to prefixes of the given kind.</summary>
    public static Gen<Route> RouteTo(Gen<IPNetwork> prefix) =>
        from destination in prefix
        from shape in Gen.Choose(0, 5)
        from gateway in Gen.Choose(1, 3)
        from device in Gen.Choose(2, 3)
        from priority in Gen.Elements(0u, 0u, 7u, 1024u)
        from table in Gen.Elements(254u, 254u, 250u, 4096u)
        from protocol in Gen.Elements(RouteProtocol.Calico, RouteProtocol.Boot, RouteProtocol.Bird)
        from weight in Gen.Choose(1, 256)
        from mtu in Gen.Elements(0, 0, 1400)
        select Shape(new Route { Destination = destination, Priority = priority, Table = table, Protocol = protocol }, shape, gateway, device, weight, mtu);

    private static Route Shape(Route route, int shape, int gateway, int device, int weight, int mtu)
    {
        IPAddress via = Gateway(route.Destination, gateway);
        Route shaped = shape switch
        {
            0 => route with { InterfaceIndex = device },
            1 => route with { Type = RouteType.Blackhole },
            2 => route with { Type = RouteType.Unreachable },
            3 => route with { NextHops = [new() { Gateway = via, InterfaceIndex = device, Weight = weight }, new() { Gateway = Gateway(route.Destination, gateway + 1), InterfaceIndex = device }] },
            _ => route with { Gateway = via, InterfaceIndex = device, Flags = RouteFlags.OnLink },
        };
        return mtu == 0 ? shaped : shaped with { Metrics = new RouteMetrics { Mtu = (uint)mtu } };
    }

    private static IPAddress Gateway(IPNetwork destination, int number) =>
        destination.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.Parse($"fe80::{number}") : new IPAddress([172, 31, 0, (byte)number]);

    private static IPNetwork Masked(byte[] octets, int length)
    {
        for (int bit = length; bit < octets.Length * 8; bit++) octets[bit >> 3] &= (byte)~(0x80 >> (bit & 7));
        return new IPNetwork(new IPAddress(octets), length);
    }
}
