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
