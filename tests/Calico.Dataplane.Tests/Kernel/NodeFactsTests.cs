using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>What a node finds out about itself and tells others: its addresses, the MTU of its workloads.</summary>
public sealed class NodeFactsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("first-found", "172.16.0.1/24", "fd00:cafe::1/64")]
    [InlineData("interface=eth1", "192.168.7.1/16", null)]
    [InlineData("interface=nothing.*, eth[1-9]", "192.168.7.1/16", null)]
    [InlineData("skip-interface=eth0", "192.168.7.1/16", null)]
    [InlineData("cidr=10.0.0.0/8,192.168.0.0/16", "192.168.7.1/16", null)]
    [InlineData("cidr=203.0.113.0/24", null, null)]
    public async Task Addresses_are_found_as_the_method_says(string method, string? v4, string? v6)
    {
        using Fabric fabric = new();
        fabric.Node.Run("ip", "link add cali1 type veth peer name far1");
        fabric.Node.Run("ip", "addr add 10.1.1.1/32 dev cali1");
        fabric.Node.Run("ip", "link set cali1 up");
        fabric.Node.Run("ip", "link add eth1 type veth peer name far2");
        fabric.Node.Run("ip", "addr add 192.168.7.1/16 dev eth1");
        fabric.Node.Run("ip", "link set eth1 up");
        using RtNetlink netlink = RtNetlink.Open(fabric.Node.Handle);
        Assert.Equal((v4, v6), await NodeAddresses.DetectAsync(method, netlink, Cancelled));
    }

    [Theory]
    [InlineData("can-reach=1.1.1.1")]
    [InlineData("cidr=10.0.0.0/8,nonsense")]
    public async Task A_method_that_is_none_is_named(string method)
    {
        using PrivateNetns ns = PrivateNetns.Create("method");
        using RtNetlink netlink = RtNetlink.Open(ns.Handle);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(async () => await NodeAddresses.DetectAsync(method, netlink, Cancelled));
        Assert.Contains(method, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kernel_parameters_are_set_for_host_and_workloads_and_repaired()
    {
        using Fabric fabric = new();
        Policy.Model.WorkloadEndpointModel pod = Pod("prod", "web", "10.0.0.1"), spoofer = Pod("prod", "router", "10.0.0.2") with { AllowedSourcePrefixes = [System.Net.IPNetwork.Parse("10.9.0.0/16")] };
        fabric.AddPod(pod);
        fabric.AddPod(spoofer);
        fabric.Node.Run("sysctl", $"-qw net.ipv4.conf.{spoofer.InterfaceName}.rp_filter=1");
        Cluster cluster = new();
        cluster.Engine.Upsert(pod);
        cluster.Engine.Upsert(spoofer);
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default with { FlowLogs = true }, fabric.Node.Handle);
        dataplane.Apply(cluster.Start());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        string Read(string name) => fabric.Node.Run("sysctl", "-n " + name).Trim();
        (string Name, string Value)[] expected =
        [
            ("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"), ("net.netfilter.nf_conntrack_acct", "1"),
            ($"net.ipv4.conf.{pod.InterfaceName}.proxy_arp", "1"), ($"net.ipv4.conf.{pod.InterfaceName}.route_localnet", "1"), ($"net.ipv4.neigh.{pod.InterfaceName}.proxy_delay", "0"),
            ($"net.ipv6.conf.{pod.InterfaceName}.proxy_ndp", "1"), ($"net.ipv6.conf.{pod.InterfaceName}.accept_ra", "0"), ($"net.ipv4.conf.{spoofer.InterfaceName}.rp_filter", "0"),
        ];
        Assert.Equal(expected, expected.Select(e => (e.Name, Read(e.Name))));
        fabric.Node.Run("sysctl", $"-qw net.ipv4.conf.{pod.InterfaceName}.proxy_arp=0");
        dataplane.Resync();
        await dataplane.FlushAsync(Cancelled);
        Assert.Equal("1", Read($"net.ipv4.conf.{pod.InterfaceName}.proxy_arp"));
    }

    [Fact]
    public async Task The_mtu_file_follows_interfaces_and_pools()
    {
        using Fabric fabric = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("calico-mtu-");
        try
        {
            string path = Path.Combine(folder.FullName, "mtu");
            await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default with { MtuFile = path }, fabric.Node.Handle);
            dataplane.Apply(new Cluster().Start());
            async Task<string> AfterAsync(Action change)
            {
                change();
                Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
                return await File.ReadAllTextAsync(path, Cancelled);
            }

            Assert.Equal("1500", await AfterAsync(() => { }));
            Assert.Equal("1450", await AfterAsync(() => dataplane.SetPools([new DataplanePool(System.Net.IPNetwork.Parse("10.0.0.0/16"), Encapsulation.Vxlan)])));
            Assert.Equal("1350", await AfterAsync(() =>
            {
                fabric.Node.Run("ip", "link set eth0 mtu 1400");
                dataplane.InterfacesChanged();
            }));
            folder.Delete(recursive: true);
            fabric.Node.Run("ip", "link set eth0 mtu 1500");
            dataplane.InterfacesChanged();
            Assert.Contains(path, Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems), StringComparison.Ordinal);
        }
        finally
        {
            if (folder.Exists && Directory.Exists(folder.FullName)) folder.Delete(recursive: true);
        }
    }
}
