using System.Net;
using Calico.Dataplane.Tests.Support;
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
    };

    private static async Task<CalicoDataplane> StartAsync(PrivateNetns ns, string node, WorkloadEndpointModel pod, Encapsulation encapsulation)
    {
        Cluster cluster = new(node);
        cluster.Engine.Upsert(pod);
        CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default with { NodeName = node }, ns.Handle);
        dataplane.Apply(cluster.Start());
        dataplane.SetNodes(Nodes);
        dataplane.SetPools([new DataplanePool(IPNetwork.Parse("10.0.0.0/16"), encapsulation, NatOutgoing: true), new DataplanePool(IPNetwork.Parse("fd00:0::/30"), encapsulation)]);
        dataplane.SetBlockAffinities([.. new[] { 1, 2 }.SelectMany(i => new[] { new BlockAffinity(IPNetwork.Parse($"10.0.{i}.0/26"), $"n{i}"), new BlockAffinity(IPNetwork.Parse($"fd00:{i}::/122"), $"n{i}") })]);
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        return dataplane;
    }

    [Theory]
    [InlineData(Encapsulation.Vxlan)]
    [InlineData(Encapsulation.VxlanCrossSubnet)]
    public async Task Pods_on_two_nodes_reach_each_other(Encapsulation encapsulation)
    {
        using PrivateNetns one = PrivateNetns.Create("n1"), two = PrivateNetns.Create("n2");
        using Fabric first = new(one), second = new(two);
        one.Run("ip", $"link add eth0 type veth peer name eth0 netns {two.Name}");
        Address(one, "eth0", "172.16.0.1/24", "fd00:cafe::1/64");
        Address(two, "eth0", "172.16.0.2/24", "fd00:cafe::2/64");
        one.Run("ip", "route add default via 172.16.0.2");
        two.Run("ip", "route add default via 172.16.0.1");
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
}
