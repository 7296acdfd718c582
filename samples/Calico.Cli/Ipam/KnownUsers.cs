using System.Net;
using System.Text.Json.Nodes;
using Calico.Datastore;
using Calico.Ipam.GarbageCollection;

namespace Calico.Cli.Ipam;

/// <summary>Who uses addresses by what the datastore says: workload endpoints, pods, nodes' tunnels.</summary>
internal sealed class KnownUsers
{
    private readonly Dictionary<IPAddress, List<string>> _users = [];
    private readonly List<PodFact> _pods = [];
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);
    private bool _anyWorkload;

    public IReadOnlyDictionary<IPAddress, IReadOnlyList<string>> ByAddress => _users.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value);

    /// <summary>A datastore without any workload tells nothing about workloads: then every allocation of one counts as in use.</summary>
    public ClusterFacts Facts => new() { Nodes = _nodes.Count > 0 ? _nodes : null, Pods = _anyWorkload ? _pods : null };

    public static async Task<KnownUsers> ReadAsync(IDatastore store, CancellationToken cancel)
    {
        KnownUsers users = new();
        foreach (Resource node in await ListAsync(store, ResourceKinds.Node, cancel)) users.AddNode(node);
        foreach (Resource endpoint in await ListAsync(store, ResourceKinds.WorkloadEndpoint, cancel)) users.AddEndpoint(endpoint);
        foreach (Resource pod in await ListAsync(store, ResourceKinds.Pod, cancel)) users.AddPod(pod);
        return users;
    }

    private static async Task<IEnumerable<Resource>> ListAsync(IDatastore store, ResourceKind kind, CancellationToken cancel) =>
        (await store.ListAsync(kind.KeyPrefix, cancellationToken: cancel)).Items.Select(Resource.FromStore);

    private void AddNode(Resource node)
    {
        _nodes.Add(node.Name);
        JsonNode? bgp = node.Spec["bgp"], wireguard = node.Spec["wireguard"];
        foreach ((JsonNode? text, string what) in ((JsonNode?, string)[])
            [(bgp?["ipv4IPIPTunnelAddr"], "IPIP tunnel"), (node.Spec["ipv4VXLANTunnelAddr"], "VXLAN tunnel"), (node.Spec["ipv6VXLANTunnelAddr"], "VXLAN tunnel"),
             (wireguard?["interfaceIPv4Address"], "WireGuard"), (wireguard?["interfaceIPv6Address"], "WireGuard")])
            Add(text?.ToString(), $"Node({node.Name}), {what}");
    }

    private void AddEndpoint(Resource endpoint)
    {
        _anyWorkload = true;
        List<IPAddress> addresses = [];
        foreach (JsonNode? network in endpoint.Spec["ipNetworks"] as JsonArray ?? [])
        {
            if (Add(network?.ToString(), $"Workload({endpoint.Namespace}/{endpoint.Name})") is { } address) addresses.Add(address);
        }

        _pods.Add(new PodFact(endpoint.Namespace, endpoint.Spec["pod"]?.ToString() ?? endpoint.Name, endpoint.Spec["node"]?.ToString() ?? "", addresses));
    }

    private void AddPod(Resource pod)
    {
        _anyWorkload = true;
        JsonNode? status = pod.Json["status"];
        List<IPAddress> addresses = [];
        foreach (JsonNode? one in status?["podIPs"] as JsonArray ?? [])
        {
            if (Add(one?["ip"]?.ToString(), $"Pod({pod.Namespace}/{pod.Name})") is { } address) addresses.Add(address);
        }

        if (_pods.Exists(known => known.Namespace == pod.Namespace && known.Name == pod.Name)) return;
        _pods.Add(new PodFact(pod.Namespace, pod.Name, pod.Spec["nodeName"]?.ToString() ?? "", addresses, status?["phase"]?.ToString() == "Failed" && status["reason"]?.ToString() == "Evicted"));
    }

    private IPAddress? Add(string? text, string user)
    {
        if (text is null || !IPAddress.TryParse(text.Split('/')[0], out IPAddress? address)) return null;
        if (!_users.TryGetValue(address, out List<string>? users)) _users[address] = users = [];
        users.Add(user);
        return address;
    }
}
