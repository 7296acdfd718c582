using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Bgp;
using Calico.Bgp.Topology;
using Calico.Datastore;
using Calico.Ipam;

namespace Calico.Agent;

/// <summary>The objects of the datastore that BGP's topology is made of.</summary>
internal sealed class TopologyFacts(string node, string? routerId)
{
    private readonly Dictionary<string, TopologyNode> _nodes = [];
    private readonly Dictionary<string, BgpConfigurationSpec> _configurations = [];
    private readonly Dictionary<string, BgpPeerSpec> _peers = [];
    private readonly Dictionary<string, BgpFilterSpec> _filters = [];
    private readonly Dictionary<string, TopologyPool> _pools = [];
    private readonly Dictionary<string, TopologyBlock> _blocks = [];
    private readonly ServiceFacts _services = new();

    public static IReadOnlyList<ResourceKind> Kinds { get; } =
    [
        ResourceKinds.Node, ResourceKinds.BGPConfiguration, ResourceKinds.BGPPeer, ResourceKinds.BGPFilter, ResourceKinds.IPPool,
        ResourceKinds.Service, ResourceKinds.EndpointSlice,
    ];

    public IReadOnlyDictionary<string, BgpFilterSpec> Filters => _filters;

    public IEnumerable<IPNetwork> ConfirmedBlocks => _blocks.Values.Where(b => !b.IsPending).Select(b => b.Cidr);

    public TopologyInput ToInput() => new()
    {
        Node = node,
        RouterId = routerId,
        Nodes = [.. _nodes.Values],
        Configuration = _configurations.GetValueOrDefault("default"),
        NodeConfigurations = _configurations.Where(c => c.Key.StartsWith("node.", StringComparison.Ordinal)).ToDictionary(c => c.Key[5..], c => c.Value),
        Peers = _peers,
        Filters = _filters,
        Pools = [.. _pools.Values],
        Blocks = [.. _blocks.Values],
        Services = _services.ToTopology(),
    };

    /// <summary>Takes one change.</summary>
    /// <returns>Whether the topology may be another one now.</returns>
    public bool Take(SyncUpdate update)
    {
        if (IpamKeys.TryParseAffinity(update.Key, out AffinityOwner? owner, out IPNetwork block)) return TakeAffinity(update, owner, block);
        if (update.ResourceKey is not { } key || !Kinds.Contains(key.Kind)) return false;
        Resource? resource = update.ReadResource();
        switch (key.Kind.Kind)
        {
            case "Node": Put(_nodes, key.Name, resource, ToNode); break;
            case "BGPConfiguration": Put(_configurations, key.Name, resource, r => Spec(r, TopologyJson.Default.BgpConfigurationSpec)); break;
            case "BGPPeer": Put(_peers, key.Name, resource, r => Spec(r, TopologyJson.Default.BgpPeerSpec)); break;
            case "BGPFilter": Put(_filters, key.Name, resource, r => Spec(r, TopologyJson.Default.BgpFilterSpec)); break;
            case "IPPool": Put(_pools, key.Name, resource, ToPool); break;
            case "Service": _services.PutService(key, resource); break;
            case "EndpointSlice": _services.PutSlice(key, resource); break;
        }

        return true;
    }

    private bool TakeAffinity(SyncUpdate update, AffinityOwner owner, IPNetwork block)
    {
        if (owner.Type != "host" || owner.Name != node) return false;
        if (update.Item is null) return _blocks.Remove(update.Key);
        Calico.Ipam.BlockAffinity affinity = Calico.Ipam.BlockAffinity.Decode(update.Key, update.Item.Value);
        if (affinity.State == AffinityState.PendingDeletion) return _blocks.Remove(update.Key);
        _blocks[update.Key] = new TopologyBlock(block, affinity.State == AffinityState.Pending);
        return true;
    }

    private static void Put<T>(Dictionary<string, T> into, string name, Resource? resource, Func<Resource, T?> convert)
        where T : class
    {
        if (resource is not null && convert(resource) is { } value) into[name] = value;
        else into.Remove(name);
    }

    private static T Spec<T>(Resource resource, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => resource.Spec.Deserialize(type)!;

    private static TopologyNode ToNode(Resource resource)
    {
        JsonNode? bgp = resource.Spec["bgp"];
        (IPAddress? v4, IPNetwork? subnet4) = Address(bgp?["ipv4Address"]);
        (IPAddress? v6, IPNetwork? subnet6) = Address(bgp?["ipv6Address"]);
        return new TopologyNode
        {
            Name = resource.Name,
            Labels = resource.Labels,
            AsNumber = Asn.TryParse(bgp?["asNumber"]?.ToString(), null, out Asn asn) ? asn : null,
            IPv4Address = v4,
            IPv4Subnet = subnet4,
            IPv6Address = v6,
            IPv6Subnet = subnet6,
            RouteReflectorClusterId = bgp?["routeReflectorClusterID"]?.ToString(),
        };
    }

    public static (IPAddress?, IPNetwork?) Address(JsonNode? text)
    {
        string[] parts = text?.ToString().Split('/') ?? [];
        if (parts.Length == 0 || !IPAddress.TryParse(parts[0], out IPAddress? address)) return (null, null);
        if (parts.Length != 2 || !int.TryParse(parts[1], out int length)) return (address, null);
        byte[] octets = address.GetAddressBytes();
        for (int bit = length; bit < octets.Length * 8; bit++) octets[bit / 8] &= (byte)~(0x80 >> bit % 8);
        return (address, new IPNetwork(new IPAddress(octets), length));
    }

    private static TopologyPool? ToPool(Resource resource) => IPNetwork.TryParse(resource.Spec["cidr"]?.ToString(), out IPNetwork cidr)
        ? new TopologyPool(cidr, resource.Spec["disableBGPExport"]?.ToString() == "true", Mode(resource, "ipipMode"), Mode(resource, "vxlanMode"))
        : null;

    private static Calico.Bgp.Topology.EncapsulationMode Mode(Resource resource, string field) =>
        Enum.TryParse(resource.Spec[field]?.ToString(), out Calico.Bgp.Topology.EncapsulationMode mode) ? mode : Calico.Bgp.Topology.EncapsulationMode.Never;
}
