using System.Net;
using System.Text;
using Calico.Ipam;

namespace Calico.Datastore.Tests.Ipam;

/// <summary>A node's tunnel addresses follow the pools, and the Node object says what they are.</summary>
public sealed class NodeTunnelsTests : IAsyncLifetime
{
    private readonly MemoryDatastore _store = new();
    private readonly ResourceStore _resources;

    public NodeTunnelsTests() => _resources = new ResourceStore(_store);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await ApplyAsync("""{"apiVersion":"projectcalico.org/v3","kind":"Node","metadata":{"name":"n1"},"spec":{"bgp":{"ipv4Address":"172.16.0.1/24"}}}""");

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Addresses_come_stay_and_go_with_the_pools()
    {
        NodeTunnels tunnels = new(_store, "n1");
        await tunnels.EnsureAsync(Cancelled);
        Assert.Equal((null, null, null), await AddressesAsync());

        await PoolAsync("v4", "10.0.0.0/16", vxlan: "Always");
        await PoolAsync("v6", "fd00::/112", vxlan: "CrossSubnet");
        await tunnels.EnsureAsync(Cancelled);
        (IPAddress? vxlan, IPAddress? vxlanV6, IPAddress? ipip) = await AddressesAsync();
        Assert.True(IPNetwork.Parse("10.0.0.0/16").Contains(vxlan!) && IPNetwork.Parse("fd00::/112").Contains(vxlanV6!));
        Assert.Null(ipip);
        await new NodeTunnels(_store, "n1").EnsureAsync(Cancelled);
        Assert.Equal((vxlan, vxlanV6, null), await AddressesAsync());

        await PoolAsync("v4", "10.0.0.0/16", ipip: "Always");
        await tunnels.EnsureAsync(Cancelled);
        (IPAddress? gone, IPAddress? kept, IPAddress? fresh) = await AddressesAsync();
        Assert.Null(gone);
        Assert.Equal(vxlanV6, kept);
        Assert.True(IPNetwork.Parse("10.0.0.0/16").Contains(fresh!));
        Assert.Equal("172.16.0.1/24", (await NodeAsync()).Spec["bgp"]!["ipv4Address"]!.ToString());
        IpamClient ipam = new(new DatastoreIpamStore(_store));
        Assert.Equal(OwnerAttributes.IpipTunnel, (await ipam.GetAllocationAsync(fresh!, Cancelled))!.Value.Attribute.Owner[OwnerAttributes.Type]);
        if (!vxlan!.Equals(fresh)) Assert.Null(await ipam.GetAllocationAsync(vxlan, Cancelled));
    }

    [Fact]
    public async Task What_held_the_tunnel_address_alone_goes_with_it()
    {
        await ApplyAsync("""{"apiVersion":"projectcalico.org/v3","kind":"Node","metadata":{"name":"n1"},"spec":{}}""");
        NodeTunnels tunnels = new(_store, "n1");
        await PoolAsync("v4", "10.0.0.0/16", ipip: "Always");
        await tunnels.EnsureAsync(Cancelled);
        Assert.NotNull((await AddressesAsync()).Ipip);

        await PoolAsync("v4", "10.0.0.0/16");
        await tunnels.EnsureAsync(Cancelled);
        Assert.Null((await NodeAsync()).Spec["bgp"]);
    }

    [Fact]
    public async Task A_node_that_is_not_there_and_a_pool_that_is_full_are_said()
    {
        ResourceException missing = await Assert.ThrowsAsync<ResourceException>(() => new NodeTunnels(_store, "n2").EnsureAsync(Cancelled));
        Assert.Contains("n2", missing.Message, StringComparison.Ordinal);
        await PoolAsync("tiny", "10.1.0.0/26", vxlan: "Always");
        await ApplyAsync("""{"apiVersion":"projectcalico.org/v3","kind":"IPReservation","metadata":{"name":"all"},"spec":{"reservedCIDRs":["10.1.0.0/26"]}}""");
        await Assert.ThrowsAsync<IpamException>(() => new NodeTunnels(_store, "n1").EnsureAsync(Cancelled));
    }

    private Task PoolAsync(string name, string cidr, string vxlan = "Never", string ipip = "Never") =>
        ApplyAsync($$$"""{"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"{{{name}}}"},"spec":{"cidr":"{{{cidr}}}","vxlanMode":"{{{vxlan}}}","ipipMode":"{{{ipip}}}"}}""");

    private async Task ApplyAsync(string json) => await _resources.ApplyAsync(Resource.Parse(Encoding.UTF8.GetBytes(json)), Cancelled);

    private async Task<Resource> NodeAsync() => (await _resources.GetAsync(new ResourceKey(ResourceKinds.Node, "", "n1"), Cancelled))!;

    private async Task<(IPAddress? Vxlan, IPAddress? VxlanV6, IPAddress? Ipip)> AddressesAsync()
    {
        Resource node = await NodeAsync();
        return (Parse(node.Spec["ipv4VXLANTunnelAddr"]), Parse(node.Spec["ipv6VXLANTunnelAddr"]), Parse(node.Spec["bgp"]?["ipv4IPIPTunnelAddr"]));
    }

    private static IPAddress? Parse(System.Text.Json.Nodes.JsonNode? text) => text is null ? null : IPAddress.Parse(text.ToString());
}
