using Calico.Netlink;

namespace Quickstart;

internal static class ListRoutes
{
    public static async Task RunAsync()
    {
        using RtNetlink netlink = RtNetlink.Open();
        Dictionary<int, string> names = (await netlink.Links.ListAsync()).ToDictionary(link => link.Index, link => link.Name);
        foreach (Route route in await netlink.Routes.ListAsync(new RouteFilter { Table = WellKnownRouteTables.Main }))
            Console.WriteLine($"{route.Destination} via {route.Gateway} dev {names.GetValueOrDefault(route.InterfaceIndex)} proto {route.Protocol}");
    }
}
