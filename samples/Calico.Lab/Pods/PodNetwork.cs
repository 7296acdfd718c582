using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Calico.Lab.Fabric;
using Calico.Netlink;
using Calico.Policy.Conversion;
using Calico.Policy.Resources;

namespace Calico.Lab.Pods;

/// <summary>
/// Wires a pod as Calico's CNI plugin does: a veth made in the pod's namespace with its other end in the node's, the gateway 169.254.1.1,
/// host addresses only, proxy ARP and proxy NDP at the host's end. The host's route to the pod is left to the agent, who adds it once policy is in force.
/// </summary>
internal sealed class PodNetwork(Namespaces namespaces, FabricPlan plan)
{
    private static readonly PhysicalAddress HostMac = PhysicalAddress.Parse("EE-EE-EE-EE-EE-EE");
    private static readonly IPAddress Gateway4 = IPAddress.Parse("169.254.1.1");
    private static readonly IPAddress Gateway6 = IPAddress.Parse("fe80::ecee:eeff:feee:eeee");

    public string NamespaceOf(Pod pod) => plan.PodNamespace(pod.Metadata.Namespace!, pod.Metadata.Name!);

    /// <summary>Makes the pod's namespace and link.</summary>
    /// <returns>The pod's hardware address.</returns>
    public async Task<PhysicalAddress> AddAsync(Pod pod, NodePlan node, IReadOnlyList<IPAddress> addresses, CancellationToken cancellation)
    {
        NetworkNamespace podNamespace = namespaces.Create(NamespaceOf(pod)), host = namespaces[node.Namespace];
        using RtNetlink inPod = RtNetlink.Open(podNamespace);
        string hostInterface = PodConverter.InterfaceName(pod.Metadata.Namespace!, pod.Metadata.Name!);
        Link eth0 = await inPod.Links.AddVethAsync(
            LinkPlan.HostInterface, hostInterface, host, new LinkSettings { Up = true }, new LinkSettings { HardwareAddress = HostMac, Up = true }, cancellation);
        SetHostEnd(host, hostInterface);
        await inPod.Links.SetUpAsync((await inPod.Links.GetAsync("lo", cancellation)).Index, cancellation);
        foreach (IPAddress address in addresses)
        {
            bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
            await inPod.Addresses.AddAsync(
                new InterfaceAddress { InterfaceIndex = eth0.Index, Address = address, PrefixLength = v6 ? 128 : 32, Flags = AddressFlags.NoDuplicateDetection }, cancellation);
        }

        if (addresses.Any(a => a.AddressFamily == AddressFamily.InterNetwork))
        {
            await inPod.Routes.AddAsync(new Route { Destination = new IPNetwork(Gateway4, 32), InterfaceIndex = eth0.Index, Scope = RouteScope.Link }, cancellation);
            await inPod.Routes.AddAsync(new Route { Destination = new IPNetwork(IPAddress.Any, 0), Gateway = Gateway4, InterfaceIndex = eth0.Index }, cancellation);
        }

        if (addresses.Any(a => a.AddressFamily == AddressFamily.InterNetworkV6))
            await inPod.Routes.AddAsync(new Route { Destination = new IPNetwork(IPAddress.IPv6Any, 0), Gateway = Gateway6, InterfaceIndex = eth0.Index }, cancellation);
        return eth0.HardwareAddress!;
    }

    public void Remove(Pod pod) => namespaces.Delete(NamespaceOf(pod));

    private static void SetHostEnd(NetworkNamespace host, string name)
    {
        string v4 = $"net/ipv4/conf/{name}/", v6 = $"net/ipv6/conf/{name}/", neighbours = $"net/ipv4/neigh/{name}/";
        new Sysctl(host).Write(
            (v4 + "route_localnet", "1"),
            (neighbours + "proxy_delay", "0"),
            (v4 + "proxy_arp", "1"),
            (v4 + "forwarding", "1"),
            (v6 + "disable_ipv6", "0"),
            (v6 + "accept_dad", "0"),
            (v6 + "proxy_ndp", "1"),
            (v6 + "forwarding", "1"),
            (v6 + "accept_ra", "0"));
    }
}
