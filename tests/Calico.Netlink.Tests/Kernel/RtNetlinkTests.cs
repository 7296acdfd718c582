using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

public sealed class RtNetlinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_veth_pair_spans_two_namespaces_and_carries_routes()
    {
        using NetworkNamespace host = Lab.NewNamespace();
        using NetworkNamespace pod = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(host);
        using RtNetlink inPod = RtNetlink.Open(pod);

        Link cali = await netlink.Links.AddVethAsync("cali1", "eth0", pod,
            new LinkSettings { HardwareAddress = PhysicalAddress.Parse("EE-EE-EE-EE-EE-EE"), Mtu = 1450, Up = true, Alias = "pod eth0" },
            new LinkSettings { Mtu = 1450, Up = true }, Cancel);
        Link eth0 = await inPod.Links.GetAsync("eth0", Cancel);
        Assert.True(cali.IsUp && eth0.IsUp);
        Assert.Equal((1450u, 1450u, "pod eth0"), (cali.Mtu, eth0.Mtu, cali.Alias));
        Assert.IsType<VethLink>(cali.Kind);
        Assert.Equal(eth0.Index, cali.ParentIndex);
        Assert.NotNull(cali.LinkNamespaceId);
        Assert.NotNull(cali.Statistics);

        await inPod.Addresses.AddAsync(eth0.Index, IPAddress.Parse("10.65.0.2"), 32, Cancel);
        IPAddress gateway = IPAddress.Parse("169.254.1.1");
        await inPod.Routes.AddAsync(new Route { Destination = IPNetwork.Parse("169.254.1.1/32"), InterfaceIndex = eth0.Index }, Cancel);
        await inPod.Routes.AddAsync(new Route { Destination = IPNetwork.Parse("0.0.0.0/0"), Gateway = gateway, InterfaceIndex = eth0.Index }, Cancel);
        await inPod.Neighbours.AddPermanentAsync(eth0.Index, gateway, PhysicalAddress.Parse("EE-EE-EE-EE-EE-EE"), Cancel);
        Route pod32 = new() { Destination = IPNetwork.Parse("10.65.0.2/32"), InterfaceIndex = cali.Index, Protocol = RouteProtocol.Calico };
        await netlink.Routes.AddAsync(pod32, Cancel);

        IReadOnlyList<Route> routes = await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Calico, Table = 254 }, Cancel);
        Assert.Equal(pod32 with { Scope = RouteScope.Link }, Assert.Single(routes));
        Route found = await inPod.Routes.LookupAsync(IPAddress.Parse("1.2.3.4"), cancellationToken: Cancel);
        Assert.Equal(gateway, found.Gateway);
        await inPod.Addresses.AddAsync(new InterfaceAddress { InterfaceIndex = eth0.Index, Address = IPAddress.Parse("fd00:65::2"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection }, Cancel);
        Assert.Equal(eth0.Index, (await inPod.Routes.LookupAsync(IPAddress.Parse("fd00:65::1"), cancellationToken: Cancel)).InterfaceIndex);
        Assert.Equal(NeighbourState.Permanent, Assert.Single(await inPod.Neighbours.ListAsync(eth0.Index, cancellationToken: Cancel), n => n.Address!.Equals(gateway)).State);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await netlink.Routes.AddAsync(pod32, Cancel))).IsAlreadyExists);
        await netlink.Links.DeleteAsync(cali.Index, Cancel);
        Assert.Null(await inPod.Links.FindAsync("eth0", Cancel));
    }

    [Fact]
    public async Task Bridge_vxlan_macvlan_and_forwarding_entries()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        Link v0 = await netlink.Links.AddVethAsync("v0", "v1", cancellationToken: Cancel);
        Link bridge = (await netlink.Links.AddAsync("br0", new BridgeLink { SpanningTree = false, AgeingTime = 1000 }, cancellationToken: Cancel))!;
        Assert.Equal(1000u, ((BridgeLink)bridge.Kind!).AgeingTime);
        await netlink.Links.SetKindAsync(bridge.Index, new BridgeLink { AgeingTime = 2000 }, Cancel);
        Assert.Equal(2000u, ((BridgeLink)(await netlink.Links.GetAsync("br0", Cancel)).Kind!).AgeingTime);
        await netlink.Links.SetAsync(v0.Index, new LinkSettings { MasterIndex = bridge.Index, Group = 7, TransmitQueueLength = 100 }, Cancel);
        v0 = await netlink.Links.GetAsync("v0", Cancel);
        Assert.Equal((bridge.Index, 7u, 100u), (v0.MasterIndex, v0.Group, v0.TransmitQueueLength));
        Assert.Equal("v0", Assert.Single(await netlink.Links.ListAsync(masterIndex: bridge.Index, cancellationToken: Cancel)).Name);
        await netlink.Links.SetAsync(v0.Index, new LinkSettings { MasterIndex = 0 }, Cancel);

        VxlanLink wanted = new() { Id = 4096, LinkIndex = v0.Index, Local = IPAddress.Parse("10.0.0.1"), Port = 4789, Learning = false };
        Link vxlan = (await netlink.Links.AddAsync("vxlan.calico", wanted, new LinkSettings { HardwareAddress = PhysicalAddress.Parse("66-00-00-00-00-01") }, cancellationToken: Cancel))!;
        VxlanLink got = Assert.IsType<VxlanLink>(vxlan.Kind);
        Assert.Equal((wanted.Id, wanted.LinkIndex, wanted.Local, wanted.Port, wanted.Learning), (got.Id, got.LinkIndex, got.Local, got.Port, got.Learning));

        Neighbour entry = Neighbour.Forwarding(vxlan.Index, PhysicalAddress.Parse("66-00-00-00-00-02"), IPAddress.Parse("10.0.0.2"));
        await netlink.Neighbours.AddAsync(entry, Cancel);
        Assert.Equal(entry.Address, Assert.Single(await netlink.Neighbours.ListForwardingAsync(vxlan.Index, Cancel)).Address);
        await netlink.Neighbours.DeleteAsync(entry, Cancel);
        Assert.Empty(await netlink.Neighbours.ListForwardingAsync(vxlan.Index, Cancel));

        Link macvlan = (await netlink.Links.AddAsync("mv0", new MacvlanLink(), parentIndex: v0.Index, cancellationToken: Cancel))!;
        Assert.Equal(new MacvlanLink(MacvlanMode.Bridge), macvlan.Kind);
        await netlink.Links.AddAlternativeNameAsync(macvlan.Index, "a-rather-long-alternative-name", Cancel);
        Assert.Equal(["a-rather-long-alternative-name"], (await netlink.Links.GetAsync("a-rather-long-alternative-name", Cancel)).AlternativeNames);
        await netlink.Links.DeleteAlternativeNameAsync(macvlan.Index, "a-rather-long-alternative-name", Cancel);
        Assert.Empty((await netlink.Links.GetAsync("mv0", Cancel)).AlternativeNames);
    }

    [Fact]
    public async Task Kinds_the_kernel_lacks_are_refused_with_its_text()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        NetlinkException e = await Assert.ThrowsAsync<NetlinkException>(async () => await netlink.Links.AddAsync("x0", new OtherLink("no-such-kind", default), cancellationToken: Cancel));
        Assert.Equal((Errno.NotSupported, "Unknown device type"), (e.Errno, e.KernelMessage));
    }

    [Fact]
    public async Task Routes_of_every_shape_come_back_as_they_were_given()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int v0 = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await netlink.Addresses.AddAsync(v0, IPAddress.Parse("10.0.0.1"), 24, Cancel);
        await netlink.Addresses.AddAsync(new InterfaceAddress { InterfaceIndex = v0, Address = IPAddress.Parse("fd00::1"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection }, Cancel);
        IPAddress gateway = IPAddress.Parse("10.0.0.254"), gateway6 = IPAddress.Parse("fd00::2");
        Route[] routes =
        [
            new() { Destination = IPNetwork.Parse("10.1.0.0/16"), Gateway = gateway, InterfaceIndex = v0 },
            new() { Destination = IPNetwork.Parse("10.3.0.0/26"), Gateway = IPAddress.Parse("10.65.0.1"), InterfaceIndex = v0, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico },
            new() { Destination = IPNetwork.Parse("10.4.0.0/26"), Type = RouteType.Blackhole, Protocol = RouteProtocol.Calico },
            new() { Destination = IPNetwork.Parse("10.4.1.0/26"), Type = RouteType.Unreachable, Priority = 100 },
            new() { Destination = IPNetwork.Parse("10.4.2.0/26"), Type = RouteType.Prohibit },
            new() { Destination = IPNetwork.Parse("10.4.3.0/26"), Type = RouteType.Throw, Table = 250 },
            new() { Destination = IPNetwork.Parse("10.7.0.0/16"), InterfaceIndex = v0, Table = 1000, PreferredSource = IPAddress.Parse("10.0.0.1"), Metrics = new RouteMetrics { Mtu = 1400, AdvertisedMss = 1360 } },
            new() { Destination = IPNetwork.Parse("10.8.0.0/16"), Gateway = gateway6, InterfaceIndex = v0 },
            new() { Destination = IPNetwork.Parse("10.6.0.0/16"), NextHops = [new() { Gateway = IPAddress.Parse("10.0.0.2"), InterfaceIndex = v0 }, new() { Gateway = IPAddress.Parse("10.0.0.3"), InterfaceIndex = v0, Weight = 2 }] },
            new() { Destination = IPNetwork.Parse("0.0.0.0/0"), Gateway = gateway, InterfaceIndex = v0, Priority = 50, TypeOfService = 0x10 },
            new() { Destination = IPNetwork.Parse("fd01::/64"), Gateway = gateway6, InterfaceIndex = v0, Priority = 1024 },
            new() { Destination = IPNetwork.Parse("fd02::/64"), InterfaceIndex = v0, Priority = 7, Preference = RoutePreference.High },
            new() { Destination = IPNetwork.Parse("fd03::/64"), Priority = 1024, Table = 300, NextHops = [new() { Gateway = gateway6, InterfaceIndex = v0 }, new() { Gateway = IPAddress.Parse("fd00::3"), InterfaceIndex = v0, Weight = 3 }] },
        ];
        NetlinkBatch batch = new();
        foreach (Route route in routes) batch.AddRoute(route);
        await netlink.Connection.RequestAsync(batch, Cancel);

        IReadOnlyList<Route> listed = await netlink.Routes.ListAsync(cancellationToken: Cancel);
        foreach (Route route in routes)
        {
            Route explicitScope = route with { Scope = route.Scope };
            Assert.Contains(explicitScope, listed);
        }

        foreach (uint table in new uint[] { 250, 1000, 300 })
            Assert.Equal(routes.Count(r => r.Table == table), (await netlink.Routes.ListAsync(new RouteFilter { Table = table }, Cancel)).Count);
        Assert.Empty(await netlink.Routes.ListAsync(new RouteFilter { Table = 4711 }, Cancel));
        batch.Clear();
        foreach (Route route in routes) batch.DeleteRoute(route);
        await netlink.Connection.RequestAsync(batch, Cancel);
        Assert.DoesNotContain(await netlink.Routes.ListAsync(cancellationToken: Cancel), r => r.Protocol is RouteProtocol.Calico or RouteProtocol.Boot);
    }

    [Fact]
    public async Task Nexthop_objects_carry_routes()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int v0 = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, peerSettings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        await netlink.Links.SetUpAsync(1, Cancel);
        await netlink.Addresses.AddAsync(v0, IPAddress.Parse("192.0.2.1"), 32, Cancel);
        await netlink.Nexthops.AddAsync(new Nexthop { Id = 10, Gateway = IPAddress.Parse("10.0.0.2"), InterfaceIndex = v0, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Calico }, Cancel);
        await netlink.Nexthops.AddAsync(new Nexthop { Id = 11, Gateway = IPAddress.Parse("10.0.0.3"), InterfaceIndex = v0, Flags = RouteFlags.OnLink }, Cancel);
        await netlink.Nexthops.AddAsync(new Nexthop { Id = 12, IsBlackhole = true }, Cancel);
        await netlink.Nexthops.AddAsync(new Nexthop { Id = 20, Group = [new(10), new(11, 3)] }, Cancel);
        IReadOnlyList<Nexthop> listed = await netlink.Nexthops.ListAsync(Cancel);
        Assert.Equal([10, 11, 12, 20], listed.Select(n => n.Id));
        Assert.Equal((RouteProtocol.Calico, IPAddress.Parse("10.0.0.2"), RouteFlags.OnLink), (listed[0].Protocol, listed[0].Gateway, listed[0].Flags & RouteFlags.OnLink));
        Assert.True(listed[2].IsBlackhole);
        Assert.Equal([new NexthopGroupMember(10), new NexthopGroupMember(11, 3)], listed[3].Group);
        await netlink.Routes.AddAsync(new Route { Destination = IPNetwork.Parse("10.9.0.0/16"), NexthopId = 20 }, Cancel);
        Route route = Assert.Single(await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Boot }, Cancel));
        Assert.Equal((20u, 2), (route.NexthopId, route.NextHops.Count));
        await netlink.Nexthops.DeleteAsync(10, Cancel);
        await netlink.Nexthops.DeleteAsync(11, Cancel);
        Assert.Empty(await netlink.Routes.ListAsync(new RouteFilter { Protocol = RouteProtocol.Boot }, Cancel));
    }

    [Fact]
    public async Task Rules_come_back_as_they_were_given()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        RoutingRule[] rules =
        [
            new() { Family = AddressFamily.InterNetwork, From = IPNetwork.Parse("10.0.0.0/24"), Table = 100, Priority = 1000 },
            new() { Family = AddressFamily.InterNetwork, Mark = 0x80000, MarkMask = 0x80000, Table = 250, Priority = 90 },
            new() { Family = AddressFamily.InterNetwork, Mark = 0x100000, MarkMask = 0x100000, Invert = true, Table = 1, Priority = 99 },
            new() { Family = AddressFamily.InterNetwork, IncomingInterface = "lo", To = IPNetwork.Parse("10.9.0.0/16"), Action = RuleAction.Prohibit, Priority = 200 },
            new() { Family = AddressFamily.InterNetwork, OutgoingInterface = "lo", IpProtocol = 6, DestinationPorts = new(80, 90), SourcePorts = new(1000, 2000), Table = 300, Priority = 300 },
            new() { Family = AddressFamily.InterNetworkV6, SuppressPrefixLength = 0, Table = 254, Priority = 400, Protocol = RouteProtocol.Calico },
            new() { Family = AddressFamily.InterNetworkV6, From = IPNetwork.Parse("fd00::/64"), UserIds = new(0, 0), Table = 5, Priority = 500 },
        ];
        foreach (RoutingRule rule in rules) await netlink.Rules.AddAsync(rule, Cancel);
        IReadOnlyList<RoutingRule> listed = await netlink.Rules.ListAsync(cancellationToken: Cancel);
        foreach (RoutingRule rule in rules) Assert.Equal(rule with { Protocol = 0 }, Assert.Single(listed, r => r.Priority == rule.Priority) with { Protocol = 0 });
        foreach (RoutingRule rule in rules) await netlink.Rules.DeleteAsync(rule, Cancel);
        Assert.Equal(5, (await netlink.Rules.ListAsync(cancellationToken: Cancel)).Count);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await netlink.Rules.DeleteAsync(rules[0], Cancel))).IsNotFound);
    }

    [Fact]
    public async Task Neighbours_and_proxies()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(network);
        int v0 = (await netlink.Links.AddVethAsync("v0", "v1", settings: new LinkSettings { Up = true }, cancellationToken: Cancel)).Index;
        Neighbour neighbour = new() { InterfaceIndex = v0, Address = IPAddress.Parse("10.0.0.7"), LinkAddress = PhysicalAddress.Parse("02-AA-BB-CC-DD-EE") };
        await netlink.Neighbours.AddAsync(neighbour, Cancel);
        await netlink.Neighbours.AddProxyAsync(v0, IPAddress.Parse("169.254.1.1"), Cancel);
        await netlink.Neighbours.AddProxyAsync(v0, IPAddress.Parse("fe80::1"), Cancel);
        Assert.Equal(neighbour, Assert.Single(await netlink.Neighbours.ListAsync(v0, AddressFamily.InterNetwork, Cancel)));
        Assert.Equal([IPAddress.Parse("169.254.1.1"), IPAddress.Parse("fe80::1")], (await netlink.Neighbours.ListProxiesAsync(v0, cancellationToken: Cancel)).Select(n => n.Address));
        await netlink.Neighbours.DeleteAsync(neighbour, Cancel);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await netlink.Neighbours.DeleteAsync(neighbour, Cancel))).IsNotFound);
    }

    [Fact]
    public void Sysctls_are_those_of_the_namespace()
    {
        using NetworkNamespace one = Lab.NewNamespace();
        using NetworkNamespace other = Lab.NewNamespace();
        Sysctl sysctl = new(one);
        sysctl.Write(("net.ipv4.ip_forward", "1"), ("net/ipv4/conf/lo/rp_filter", "2"));
        Assert.Equal(("1", 2L), (sysctl.Read("net.ipv4.ip_forward"), sysctl.ReadInteger("net.ipv4.conf.lo.rp_filter")));
        Assert.Equal(0, new Sysctl(other).ReadInteger("net.ipv4.ip_forward"));
        Assert.True(Assert.Throws<NetlinkException>(() => sysctl.Read("net.ipv4.no_such_thing")).IsNotFound);
        Assert.Equal(Errno.Invalid, Assert.Throws<NetlinkException>(() => sysctl.Write("net.ipv4.ip_forward", "many")).Errno);
        Assert.Throws<ArgumentException>(() => sysctl.Read("net/../kernel/hostname"));
        Assert.Throws<ArgumentException>(() => sysctl.Read("kernel.hostname"));
    }

    [Fact]
    public async Task Links_move_between_namespaces()
    {
        using NetworkNamespace one = Lab.NewNamespace();
        using NetworkNamespace other = Lab.NewNamespace();
        using RtNetlink netlink = RtNetlink.Open(one);
        using RtNetlink there = RtNetlink.Open(other);
        await netlink.Links.AddVethAsync("v0", "v1", cancellationToken: Cancel);
        await netlink.Links.MoveAsync((await netlink.Links.GetAsync("v1", Cancel)).Index, other, Cancel);
        Assert.Null(await netlink.Links.FindAsync("v1", Cancel));
        await there.Links.SetAsync((await there.Links.GetAsync("v1", Cancel)).Index, new LinkSettings { Name = "renamed" }, Cancel);
        Assert.NotNull(await there.Links.FindAsync("renamed", Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await netlink.Links.AddVethAsync("a name", "v2", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await netlink.Links.AddVethAsync("sixteen-letters-", "v2", cancellationToken: Cancel));
    }
}
