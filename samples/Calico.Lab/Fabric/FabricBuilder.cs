using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Calico.Netlink;

namespace Calico.Lab.Fabric;

/// <summary>Makes the fabric: router, nodes and server with their links, addresses and default routes.</summary>
internal sealed class FabricBuilder(Namespaces namespaces, FabricPlan plan)
{
    public async Task BuildAsync(CancellationToken cancellation)
    {
        NetworkNamespace router = namespaces.Create(plan.RouterNamespace);
        using RtNetlink atRouter = RtNetlink.Open(router);
        new Sysctl(router).Write(("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"));
        Link loopback = await atRouter.Links.GetAsync("lo", cancellation);
        await atRouter.Links.SetUpAsync(loopback.Index, cancellation);
        await AddAddressAsync(atRouter, loopback.Index, (FabricPlan.RouterLoopback4, 32), cancellation);
        await AddAddressAsync(atRouter, loopback.Index, (FabricPlan.RouterLoopback6, 128), cancellation);

        foreach (NodePlan node in plan.Nodes) await ConnectAsync(atRouter, node.Namespace, node.Link, [], cancellation);
        await ConnectAsync(atRouter, plan.ServerNamespace, FabricPlan.ServerLink, FabricPlan.ServerExtraAddresses, cancellation);
    }

    private async Task ConnectAsync(RtNetlink atRouter, string name, LinkPlan link, IReadOnlyList<(IPAddress, int)> extra, CancellationToken cancellation)
    {
        NetworkNamespace host = namespaces.Create(name);
        using RtNetlink atHost = RtNetlink.Open(host);
        Link near = await atRouter.Links.AddVethAsync(link.RouterInterface, LinkPlan.HostInterface, host, new LinkSettings { Up = true }, new LinkSettings { Up = true }, cancellation);
        await AddAddressAsync(atRouter, near.Index, link.Near4, cancellation);
        await AddAddressAsync(atRouter, near.Index, link.Near6, cancellation);

        Link loopback = await atHost.Links.GetAsync("lo", cancellation);
        await atHost.Links.SetUpAsync(loopback.Index, cancellation);
        Link far = await atHost.Links.GetAsync(LinkPlan.HostInterface, cancellation);
        foreach ((IPAddress, int) address in new[] { link.Far4, link.Far6 }.Concat(extra)) await AddAddressAsync(atHost, far.Index, address, cancellation);
        await atHost.Routes.AddAsync(DefaultRoute(link.Near4.Address, far.Index), cancellation);
        await atHost.Routes.AddAsync(DefaultRoute(link.Near6.Address, far.Index), cancellation);
    }

    private static Route DefaultRoute(IPAddress gateway, int interfaceIndex) => new()
    {
        Destination = new IPNetwork(gateway.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0),
        Gateway = gateway,
        InterfaceIndex = interfaceIndex,
        Protocol = RouteProtocol.Static,
    };

    private static ValueTask AddAddressAsync(RtNetlink netlink, int interfaceIndex, (IPAddress Address, int PrefixLength) address, CancellationToken cancellation) =>
        netlink.Addresses.AddAsync(
            new InterfaceAddress { InterfaceIndex = interfaceIndex, Address = address.Address, PrefixLength = address.PrefixLength, Flags = AddressFlags.NoDuplicateDetection },
            cancellation);
}
