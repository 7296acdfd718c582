using System.Net;
using Calico.Netlink;

namespace Quickstart;

internal static class MakeVethPair
{
    public static async Task RunAsync()
    {
        using NetworkNamespace pod = NetworkNamespace.CreateAnonymous();
        using RtNetlink host = RtNetlink.Open();
        using RtNetlink inPod = RtNetlink.Open(pod);
        Link cali = await host.Links.AddVethAsync("cali1", "eth0", pod, new LinkSettings { Up = true }, new LinkSettings { Up = true });
        Link eth0 = await inPod.Links.GetAsync("eth0");
        await inPod.Addresses.AddAsync(eth0.Index, IPAddress.Parse("10.65.0.2"), 32);
        await host.Routes.AddAsync(new Route { Destination = IPNetwork.Parse("10.65.0.2/32"), InterfaceIndex = cali.Index, Protocol = RouteProtocol.Calico });
        Console.WriteLine(await host.Routes.LookupAsync(IPAddress.Parse("10.65.0.2")));
    }
}
