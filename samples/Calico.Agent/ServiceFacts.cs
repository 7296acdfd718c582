using System.Net;
using System.Text.Json.Nodes;
using Calico.Bgp.Topology;
using Calico.Datastore;

namespace Calico.Agent;

/// <summary>Services joined with their endpoint slices.</summary>
internal sealed class ServiceFacts
{
    private readonly Dictionary<string, Resource> _services = [];
    private readonly Dictionary<string, Resource> _slices = [];

    public void PutService(ResourceKey key, Resource? service) => Put(_services, key, service);

    public void PutSlice(ResourceKey key, Resource? slice) => Put(_slices, key, slice);

    public IReadOnlyList<TopologyService> ToTopology()
    {
        ILookup<string, Resource> slices = _slices.Values.ToLookup(s => $"{s.Namespace}/{s.Labels.GetValueOrDefault("kubernetes.io/service-name")}");
        return [.. _services.Select(s => ToTopology(s.Key, s.Value, slices[s.Key]))];
    }

    private static void Put(Dictionary<string, Resource> into, ResourceKey key, Resource? resource)
    {
        string name = $"{key.Namespace}/{key.Name}";
        if (resource is null) into.Remove(name);
        else into[name] = resource;
    }

    private static TopologyService ToTopology(string name, Resource service, IEnumerable<Resource> slices) => new()
    {
        Name = name,
        Type = service.Spec["type"]?.ToString(),
        ExternalTrafficPolicy = service.Spec["externalTrafficPolicy"]?.ToString(),
        ClusterIPs = Texts(service.Spec["clusterIPs"]),
        ExternalIPs = Texts(service.Spec["externalIPs"]),
        LoadBalancerIPs = [.. Items(service.Json["status"]?["loadBalancer"]?["ingress"]).Select(i => i?["ip"]?.ToString()).OfType<string>()],
        IPFamilies = Texts(service.Spec["ipFamilies"]),
        Endpoints =
        [
            .. from slice in slices
               from endpoint in Items(slice.Json["endpoints"])
               from text in Texts(endpoint?["addresses"])
               where IPAddress.TryParse(text, out _)
               select new TopologyServiceEndpoint(IPAddress.Parse(text), endpoint?["nodeName"]?.ToString(), (bool?)endpoint?["conditions"]?["ready"]),
        ],
    };

    private static IEnumerable<JsonNode?> Items(JsonNode? array) => array as JsonArray ?? [];

    private static string[] Texts(JsonNode? array) => [.. Items(array).OfType<JsonNode>().Select(n => n.ToString())];
}
