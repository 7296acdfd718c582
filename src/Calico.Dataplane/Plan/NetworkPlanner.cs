using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Calico.Dataplane.Routes;
using Calico.Dataplane.Ruleset;

namespace Calico.Dataplane.Plan;

/// <summary>What follows from pools, nodes and blocks: NAT outgoing, and in encapsulated pools the routes to other nodes' blocks and the tunnels' far ends.</summary>
internal sealed class NetworkPlanner(DataplaneOptions options, RulesetState ruleset, RoutePlanner routes)
{
    public const string VxlanDevice = "vxlan.calico", VxlanDeviceV6 = "vxlan-v6.calico", IpIpDevice = "tunl0";

    private IReadOnlyList<DataplanePool> _pools = [];
    private IReadOnlyList<DataplaneNode> _nodes = [];
    private IReadOnlyList<BlockAffinity> _blocks = [];
    private bool _dirty;

    public IReadOnlyList<DataplanePool> Pools => _pools;

    /// <summary>The tunnel devices this node needs and whom they reach.</summary>
    public IReadOnlyList<TunnelDevice> Tunnels { get; private set; } = [];

    public void SetPools(IReadOnlyList<DataplanePool> pools) => (_pools, _dirty) = (pools, true);

    public void SetNodes(IReadOnlyList<DataplaneNode> nodes) => (_nodes, _dirty) = (nodes, true);

    public void SetBlocks(IReadOnlyList<BlockAffinity> blocks) => (_blocks, _dirty) = (blocks, true);

    /// <returns>Whether anything was planned anew.</returns>
    public bool Plan()
    {
        if (!_dirty) return false;
        _dirty = false;
        NatChain.Write(ruleset, options, _pools, _nodes);
        DataplaneNode? self = _nodes.FirstOrDefault(n => n.Name == options.NodeName);
        List<RouteTarget> targets = self is null ? [] : [.. RemoteRoutes(self)];
        foreach (RouteClass routeClass in (RouteClass[])[RouteClass.VxlanTunnel, RouteClass.VxlanSameSubnet, RouteClass.IpIpTunnel, RouteClass.IpIpSameSubnet])
            routes.Replace(routeClass, targets.Where(t => t.Class == routeClass));
        Tunnels = self is null ? [] : [.. TunnelDevices(self)];
        return true;
    }

    private IEnumerable<RouteTarget> RemoteRoutes(DataplaneNode self)
    {
        foreach (BlockAffinity block in _blocks.DistinctBy(b => b.Cidr))
        {
            if (block.Node == self.Name || PoolOf(block.Cidr) is not { } pool) continue;
            DataplaneNode? node = _nodes.FirstOrDefault(n => n.Name == block.Node);
            if (node is not null && RouteTo(self, node, block.Cidr, pool.Encapsulation) is { } route) yield return route;
        }
    }

    private static RouteTarget? RouteTo(DataplaneNode self, DataplaneNode node, IPNetwork block, Encapsulation encapsulation)
    {
        bool v6 = block.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        IPAddress? address = v6 ? node.IPv6Address : node.IPv4Address;
        bool direct = address is not null && encapsulation is Encapsulation.VxlanCrossSubnet or Encapsulation.IpIpCrossSubnet && (v6 ? self.IPv6Subnet : self.IPv4Subnet) is { } subnet && subnet.Contains(address!);
        switch (encapsulation)
        {
            case Encapsulation.Vxlan or Encapsulation.VxlanCrossSubnet:
                if (direct) return new RouteTarget(block, RouteClass.VxlanSameSubnet, null, [address!]);
                IPAddress? remote = v6 ? node.VxlanAddressV6 : node.VxlanAddress;
                return remote is null ? null : new RouteTarget(block, RouteClass.VxlanTunnel, v6 ? VxlanDeviceV6 : VxlanDevice, [remote], OnLink: true);
            case Encapsulation.IpIp or Encapsulation.IpIpCrossSubnet when !v6 && address is not null:
                return direct
                    ? new RouteTarget(block, RouteClass.IpIpSameSubnet, null, [address])
                    : new RouteTarget(block, RouteClass.IpIpTunnel, IpIpDevice, [address], OnLink: true);
            default:
                return null;
        }
    }

    private IEnumerable<TunnelDevice> TunnelDevices(DataplaneNode self)
    {
        foreach (bool v6 in (bool[])[false, true])
        {
            bool wanted = _pools.Any(p => p.Encapsulation is Encapsulation.Vxlan or Encapsulation.VxlanCrossSubnet && p.Cidr.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 == v6);
            IPAddress? own = v6 ? self.VxlanAddressV6 : self.VxlanAddress, local = v6 ? self.IPv6Address : self.IPv4Address;
            if (!wanted || own is null || local is null) continue;
            List<TunnelPeer> peers = [];
            foreach (DataplaneNode node in _nodes.Where(n => n.Name != self.Name))
            {
                IPAddress? inner = v6 ? node.VxlanAddressV6 : node.VxlanAddress, outer = v6 ? node.IPv6Address : node.IPv4Address;
                if (inner is not null && outer is not null) peers.Add(new TunnelPeer(inner, outer, VtepMac.Of(node.Name, v6)));
            }

            yield return new TunnelDevice(v6 ? VxlanDeviceV6 : VxlanDevice, TunnelKind.Vxlan, own, local, VtepMac.Of(self.Name, v6), peers);
        }

        if (_pools.Any(p => p.Encapsulation is Encapsulation.IpIp or Encapsulation.IpIpCrossSubnet) && self.IPv4Address is { } address && self.IpIpAddress is { } ipIp)
        {
            IEnumerable<DataplaneNode> others = _nodes.Where(n => n.Name != self.Name && n.IPv4Address is not null);
            yield return new TunnelDevice(IpIpDevice, TunnelKind.IpIp, ipIp, address, null, [.. others.Select(n => new TunnelPeer(n.IpIpAddress ?? n.IPv4Address!, n.IPv4Address!, PhysicalAddress.None))]);
        }
    }

    private DataplanePool? PoolOf(IPNetwork block) => _pools.Where(p => p.Cidr.Contains(block.BaseAddress)).MaxBy(p => p.Cidr.PrefixLength);
}
