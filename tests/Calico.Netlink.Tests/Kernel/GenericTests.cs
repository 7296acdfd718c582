namespace Calico.Netlink.Tests;

public sealed class GenericTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Families_are_found_by_name()
    {
        using GenericNetlink generic = GenericNetlink.Open();
        GenericFamily control = await generic.ResolveAsync("nlctrl", Cancel);
        Assert.Equal((16, 2u), (control.Id, control.Version));
        Assert.Contains("notify", control.MulticastGroups.Keys);
        Assert.Contains(await generic.ListAsync(Cancel), f => f.Name == "nlctrl" && f.Id == 16);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await generic.ResolveAsync("no-such-family", Cancel))).IsNotFound);
    }

    [Fact]
    public async Task Features_are_probed_without_a_trace()
    {
        using NetworkNamespace probe = Lab.NewNamespace();
        KernelFeatures features = await KernelFeatures.ProbeAsync(Cancel);
        Assert.Contains("veth", features.LinkKinds);
        Assert.True(features.IPv6);
    }

    [Fact]
    public async Task A_tun_interface_carries_packets()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        using TunDevice tun = OpenTun(network);
        Link link = await netlink.Links.GetAsync("tun7", Cancel);
        Assert.Equal(new TunLink(IsTap: false, IsPersistent: false), link.Kind);
        await netlink.Addresses.AddAsync(link.Index, System.Net.IPAddress.Parse("10.5.0.1"), 24, Cancel);
        new Sysctl(network).Write("net.ipv6.conf.tun7.disable_ipv6", "1");
        await netlink.Links.SetUpAsync(link.Index, Cancel);
        using System.Net.Sockets.Socket socket = network.Run(() => new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp));
        await socket.SendToAsync(new byte[] { 42 }, new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.5.0.2"), 9));
        byte[] packet = new byte[2000];
        int length = tun.Packets.Read(packet);
        Assert.Equal((29, (byte)42, (byte)0x45), (length, packet[28], packet[0]));
        tun.Dispose();
        Assert.Null(await netlink.Links.FindAsync("tun7", Cancel));
    }

    // In a user namespace the device node may belong to someone else.
    private static TunDevice OpenTun(NetworkNamespace network)
    {
        try
        {
            return TunDevice.Open("tun7", network: network);
        }
        catch (NetlinkException e) when (e.Errno is Errno.AccessDenied or Errno.NoEntry && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"No TUN device here: {e.Message}");
            throw;
        }
    }
}
