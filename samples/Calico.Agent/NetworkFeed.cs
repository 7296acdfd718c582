using System.Net;
using System.Text.Json.Nodes;
using Calico.Datastore;
using Calico.Dataplane;
using Calico.Ipam;

namespace Calico.Agent;

/// <summary>Pools, nodes and all nodes' blocks → dataplane: what leaves the cluster under the node's address, and what travels in VXLAN.</summary>
internal sealed class NetworkFeed(CalicoDataplane dataplane)
{
    private readonly Dictionary<string, DataplanePool> _pools = [];
    private readonly Dictionary<string, DataplaneNode> _nodes = [];
    private readonly Dictionary<string, Dataplane.BlockAffinity> _blocks = [];
    private bool _changed;

    /// <summary>Whether pools or nodes have changed since the tunnels' addresses were seen to.</summary>
    public bool TunnelsMayChange { get; set; } = true;

    public void Take(SyncUpdate update)
    {
        if (IpamKeys.TryParseAffinity(update.Key, out AffinityOwner? owner, out IPNetwork block)) Put(_blocks, update.Key, update.Item is null ? null : new(block, owner.Name));
        else if (update.ResourceKey?.Kind is { } kind && (kind == ResourceKinds.IPPool || kind == ResourceKinds.Node)) TunnelsMayChange = true;
        if (update.ResourceKey?.Kind == ResourceKinds.IPPool) Put(_pools, update.Key, update.ReadResource() is { } pool ? ToPool(pool.Spec) : null);
        else if (update.ResourceKey?.Kind == ResourceKinds.Node) Put(_nodes, update.Key, update.ReadResource() is { } node ? ToNode(node) : null);
    }

    public void Flush()
    {
        if (!_changed) return;
        _changed = false;
        dataplane.SetPools(_pools.Values);
        dataplane.SetNodes(_nodes.Values);
        dataplane.SetBlockAffinities(_blocks.Values);
    }

    private void Put<T>(Dictionary<string, T> into, string key, T? value)
        where T : class
    {
        _changed = true;
        if (value is null) into.Remove(key);
        else into[key] = value;
    }

    private static DataplanePool? ToPool(JsonObject spec) => !IPNetwork.TryParse(spec["cidr"]?.ToString(), out IPNetwork cidr) ? null : new(
        cidr,
        (spec["vxlanMode"]?.ToString(), spec["ipipMode"]?.ToString()) switch
        {
            ("Always", _) => Encapsulation.Vxlan,
            ("CrossSubnet", _) => Encapsulation.VxlanCrossSubnet,
            (_, "Always") => Encapsulation.IpIp,
            (_, "CrossSubnet") => Encapsulation.IpIpCrossSubnet,
            _ => Encapsulation.None,
        },
        spec["natOutgoing"]?.ToString() == "true");

    private static DataplaneNode ToNode(Resource node)
    {
        (IPAddress? v4, IPNetwork? subnet4) = TopologyFacts.Address(node.Spec["bgp"]?["ipv4Address"]);
        (IPAddress? v6, IPNetwork? subnet6) = TopologyFacts.Address(node.Spec["bgp"]?["ipv6Address"]);
        return new DataplaneNode(node.Name)
        {
            IPv4Address = v4, IPv4Subnet = subnet4,
            IPv6Address = v6, IPv6Subnet = subnet6,
            VxlanAddress = TopologyFacts.Address(node.Spec["ipv4VXLANTunnelAddr"]).Item1,
            VxlanAddressV6 = TopologyFacts.Address(node.Spec["ipv6VXLANTunnelAddr"]).Item1,
            IpIpAddress = TopologyFacts.Address(node.Spec["bgp"]?["ipv4IPIPTunnelAddr"]).Item1,
        };
    }
}
