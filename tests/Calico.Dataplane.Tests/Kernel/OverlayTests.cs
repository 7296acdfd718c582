using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using static Calico.Dataplane.Tests.Support.Fabric;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>Two nodes whose pods reach each other through VXLAN, IPv4 and IPv6, with real packets; and NAT outgoing.</summary>
public sealed class OverlayTests
{
    private static readonly DataplaneNode[] Nodes = [NodeAt(1), NodeAt(2)];
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static DataplaneNode NodeAt(int i) => new($"n{i}")
    {
        IPv4Address = IPAddress.Parse($"172.16.0.{i}"),
        IPv4Subnet = IPNetwork.Parse("172.16.0.0/24"),
        IPv6Address = IPAddress.Parse($"fd00:cafe::{i}"),
        IPv6Subnet = IPNetwork.Parse("fd00:cafe::/64"),
        VxlanAddress = IPAddress.Parse($"10.0.{i}.0"),
        VxlanAddressV6 = IPAddress.Parse($"fd00:{i}::"),
        IpIpAddress = IPAddress.Parse($"10.0.{i}.1"),
    };

    private static async Task<CalicoDataplane> StartAsync(PrivateNetns ns, string node, WorkloadEndpointModel pod, Encapsulation encapsulation, DataplaneOptions? options = null, params ModelObject[] more)
    {
        Cluster cluster = new(node);
        cluster.Engine.Upsert(pod);
        foreach (ModelObject model in more) cluster.Engine.Upsert(model);
        CalicoDataplane dataplane = CalicoDataplane.Open((options ?? DataplaneOptions.Default) with { NodeName = node }, ns.Handle);
        dataplane.Apply(cluster.Start());
        dataplane.SetNodes(Nodes);
        dataplane.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), encapsulation, NatOutgoing: true), new DataplanePool(IPNetwork.Parse("fd00:0::/30"), encapsulation)]);
        dataplane.SetBlockAffinities([.. new[] { 1, 2 }.SelectMany(i => new[] { new BlockAffinity(IPNetwork.Parse($"10.0.{i}.0/26"), $"n{i}"), new BlockAffinity(IPNetwork.Parse($"fd00:{i}::/122"), $"n{i}") })]);
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        return dataplane;
    }

    /// <summary>Two nodes with a link between them.</summary>
    private static void Wire(PrivateNetns one, PrivateNetns two)
    {
        one.Run("ip", $"link add eth0 type veth peer name eth0 netns {two.Name}");
        Address(one, "eth0", "172.16.0.1/24", "fd00:cafe::1/64");
        Address(two, "eth0", "172.16.0.2/24", "fd00:cafe::2/64");
        one.Run("ip", "route add default via 172.16.0.2");
        two.Run("ip", "route add default via 172.16.0.1");
    }

    [Theory]
    [InlineData(Encapsulation.Vxlan)]
    [InlineData(Encapsulation.VxlanCrossSubnet)]
    public async Task Pods_on_two_nodes_reach_each_other(Encapsulation encapsulation)
    {
        using PrivateNetns one = PrivateNetns.Create("n1"), two = PrivateNetns.Create("n2");
        using Fabric first = new(one), second = new(two);
        Wire(one, two);
        WorkloadEndpointModel a = Pod("prod", "a", "10.0.1.5,fd00:1::5", "n1"), b = Pod("prod", "b", "10.0.2.5,fd00:2::5", "n2");
        PrivateNetns podA = first.AddPod(a), podB = second.AddPod(b);
        await using CalicoDataplane left = await StartAsync(one, "n1", a, encapsulation), right = await StartAsync(two, "n2", b, encapsulation);

        Assert.True(Connects(podA, podB, "10.0.2.5", 80));
        Assert.True(Connects(podB, podA, "fd00:1::5", 80));
        string routes = one.Run("ip", "route show proto 80");
        Assert.Contains(encapsulation == Encapsulation.Vxlan ? "10.0.2.0/26 via 10.0.2.0 dev vxlan.calico" : "10.0.2.0/26 via 172.16.0.2 dev eth0", routes, StringComparison.Ordinal);
        Assert.Contains("mtu 1450", one.Run("ip", "link show vxlan.calico"), StringComparison.Ordinal);
        Assert.Contains("mtu 1430", one.Run("ip", "link show vxlan-v6.calico"), StringComparison.Ordinal);

        left.Resync();
        FlushReport again = await left.FlushAsync(Cancelled);
        Assert.True(again.IsNothing, $"{again}");
        left.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"))]);
        await left.FlushAsync(Cancelled);
        Assert.DoesNotContain("vxlan", one.Run("ip", "link show"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outgoing_packets_get_the_nodes_address_and_those_between_pools_do_not()
    {
        using Fabric fabric = new();
        WorkloadEndpointModel pod = Pod("prod", "a", "10.0.1.5", "n1");
        PrivateNetns ns = fabric.AddPod(pod);
        await using CalicoDataplane dataplane = await StartAsync(fabric.Node, "n1", pod, Encapsulation.None);
        Assert.Equal(IPAddress.Parse("172.16.0.1"), Delivers(ns, fabric.Outside, "172.16.0.9", 9)?.Address);
        dataplane.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), NatOutgoing: true), new DataplanePool(IPNetwork.Parse("172.16.0.8/29"))]);
        await dataplane.FlushAsync(Cancelled);
        Assert.Equal(IPAddress.Parse("10.0.1.5"), Delivers(ns, fabric.Outside, "172.16.0.9", 10)?.Address);
    }

    [Fact]
    public async Task Pods_reach_each_other_through_ipip_where_the_kernel_has_it()
    {
        using PrivateNetns one = PrivateNetns.Create("n1"), two = PrivateNetns.Create("n2");
        one.Run("ip", "link add probe0 type ipip local 127.0.0.1", mayFail: true);
        if (!one.Run("ip", "link show", mayFail: true).Contains("probe0", StringComparison.Ordinal)) Assert.Skip("This kernel has no IP in IP (CONFIG_NET_IPIP).");
        one.Run("ip", "link del probe0");
        using Fabric first = new(one), second = new(two);
        Wire(one, two);
        WorkloadEndpointModel a = Pod("prod", "a", "10.0.1.5", "n1"), b = Pod("prod", "b", "10.0.2.5", "n2");
        PrivateNetns podA = first.AddPod(a), podB = second.AddPod(b);
        // With a host endpoint that lets nothing in: the tunnel's packets between nodes pass all the same.
        HostEndpointModel host = new() { Id = new HostEndpointId("n2", "h"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "two")) };
        await using CalicoDataplane left = await StartAsync(one, "n1", a, Encapsulation.IpIp), right = await StartAsync(two, "n2", b, Encapsulation.IpIp, null, host, Policy_("closed", "host == 'two'"));
        Assert.True(Connects(podA, podB, "10.0.2.5", 80));
        Assert.Contains("10.0.2.0/26 via 172.16.0.2 dev tunl0", one.Run("ip", "route show proto 80"), StringComparison.Ordinal);
        Assert.Contains("mtu 1480", one.Run("ip", "link show tunl0"), StringComparison.Ordinal);
        left.Resync();
        Assert.True((await left.FlushAsync(Cancelled)).IsNothing);
    }

    [Fact]
    public async Task Ipip_is_planned_and_asked_of_the_kernel_message_by_message()
    {
        Calico.Netlink.Testing.FakeKernel kernel = new();
        int eth0 = kernel.AddLink("eth0");
        using RtNetlink netlink = kernel.OpenRoute();
        await netlink.Links.SetAsync(eth0, new LinkSettings { Up = true, Mtu = 1400 }, Cancelled);
        await netlink.Addresses.AddAsync(eth0, IPAddress.Parse("172.16.0.1"), 24, Cancelled);
        Routes.RoutePlanner routes = new();
        Ruleset.RulesetState ruleset = new();
        Plan.NetworkPlanner planner = new(DataplaneOptions.Default with { NodeName = "n1" }, ruleset, routes);
        planner.SetNodes(Nodes);
        planner.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), Encapsulation.IpIp)]);
        planner.SetBlocks([new BlockAffinity(IPNetwork.Parse("10.0.2.0/26"), "n2"), new BlockAffinity(IPNetwork.Parse("10.0.1.0/26"), "n1")]);
        Assert.True(planner.Plan());

        TunnelDevice tunnel = Assert.Single(planner.Tunnels);
        Assert.Equal(("tunl0", TunnelKind.IpIp, IPAddress.Parse("10.0.1.1"), IPAddress.Parse("172.16.0.2")), (tunnel.Name, tunnel.Kind, tunnel.Address, Assert.Single(tunnel.Peers).Outer));
        Assert.Equal(new Routes.RouteTarget(IPNetwork.Parse("10.0.2.0/26"), Routes.RouteClass.IpIpTunnel, "tunl0", [IPAddress.Parse("172.16.0.2")], OnLink: true), Assert.Single(routes.Wanted));
        Dataplane.Kernel.TunnelApplier applier = new(netlink);
        Assert.True(await applier.EnsureAsync(tunnel, DataplaneOptions.Default, Cancelled));
        Link made = Assert.Single(kernel.Links, l => l.Name == "tunl0");
        IpTunnelLink kind = Assert.IsType<IpTunnelLink>(made.Kind);
        Assert.Equal(("ipip", IPAddress.Parse("172.16.0.1"), 1380u, true), (kind.Name, kind.Local, made.Mtu, made.IsUp));
        Assert.Contains(kernel.Addresses, a => a.InterfaceIndex == made.Index && a.Address.Equals(tunnel.Address) && a.PrefixLength == 32);
        int requests = kernel.RequestCount;
        Assert.False(await applier.EnsureAsync(tunnel, DataplaneOptions.Default, Cancelled));
        Assert.Equal(1, kernel.Links.Count(l => l.Name == "tunl0"));
        Assert.InRange(kernel.RequestCount - requests, 1, 6);
        Assert.True(await applier.EnsureAsync(tunnel, DataplaneOptions.Default with { IpIpMtu = 1300 }, Cancelled));
        Assert.Equal(1300u, kernel.Links.Single(l => l.Name == "tunl0").Mtu);
    }

    [Fact]
    public async Task Ipip_is_taken_from_nodes_and_from_nobody_else()
    {
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default with { NodeName = "n1" }, new FakeKernel());
        dataplane.Apply(new Cluster("n1").Start());
        dataplane.SetNodes(Nodes);
        dataplane.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), Encapsulation.IpIp)]);
        await dataplane.FlushAsync(Cancelled);
        NodeRuleset ruleset = new(dataplane.WantedTable);
        NodeExplanation Ask(string from) => ruleset.Explain(new NodeFlow(IPAddress.Parse(from), IPAddress.Parse("172.16.0.1"), 4) { Input = "eth0" });
        Assert.True(Ask("172.16.0.2").IsAllowed);
        Assert.Equal((false, "tunl0 from elsewhere ingress deny"), (Ask("172.16.0.9").IsAllowed, Ask("172.16.0.9").Deciders.Single().Comment));
    }

    [Fact]
    public async Task Outgoing_ports_addresses_and_exclusions_are_as_configured()
    {
        using Fabric fabric = new();
        fabric.Node.Run("ip", "addr add 172.16.0.77/24 dev eth0");
        WorkloadEndpointModel pod = Pod("prod", "a", "10.0.1.5", "n1");
        PrivateNetns ns = fabric.AddPod(pod);
        DataplaneOptions options = DataplaneOptions.Default with { NatPortRange = (40_000, 40_010), NatOutgoingAddress = IPAddress.Parse("172.16.0.77") };
        await using (await StartAsync(fabric.Node, "n1", pod, Encapsulation.None, options))
        {
            IPEndPoint seen = Assert.IsType<IPEndPoint>(Delivers(ns, fabric.Outside, "172.16.0.9", 9));
            Assert.Equal(options.NatOutgoingAddress, seen.Address);
            Assert.InRange(seen.Port, 40_000, 40_010);
        }

        // The far end is a node now: left alone only when nodes are excluded.
        fabric.Outside.Run("ip", "addr add 172.16.0.2/24 dev eth0");
        await using (await StartAsync(fabric.Node, "n1", pod, Encapsulation.None)) Assert.Equal(IPAddress.Parse("172.16.0.1"), Delivers(ns, fabric.Outside, "172.16.0.2", 10)?.Address);
        await using (await StartAsync(fabric.Node, "n1", pod, Encapsulation.None, DataplaneOptions.Default with { NatOutgoingExclusions = NatOutgoingExclusions.IPPoolsAndHostIPs }))
        {
            Assert.Equal(IPAddress.Parse("10.0.1.5"), Delivers(ns, fabric.Outside, "172.16.0.2", 11)?.Address);
            Assert.Equal(IPAddress.Parse("172.16.0.1"), Delivers(ns, fabric.Outside, "172.16.0.9", 12)?.Address);
        }
    }
}
