using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Calico.Bgp;
using Calico.Datastore;

namespace Calico.Agent;

/// <summary>Host routes of this node's workloads. Most stay inside their block; those of borrowed addresses and pending blocks go out by themselves.</summary>
internal sealed class WorkloadRoutes(string node)
{
    private readonly Dictionary<string, LocalRoute[]> _routes = [];

    public IEnumerable<LocalRoute> Routes => _routes.Values.SelectMany(r => r);

    public bool Take(SyncUpdate update)
    {
        if (update.ResourceKey?.Kind != ResourceKinds.WorkloadEndpoint) return false;
        if (update.ReadResource() is not { } endpoint || endpoint.Spec["node"]?.ToString() != node) return _routes.Remove(update.Key);
        string? @interface = endpoint.Spec["interfaceName"]?.ToString();
        _routes[update.Key] =
        [
            .. from text in endpoint.Spec["ipNetworks"] as JsonArray ?? []
               where IPNetwork.TryParse(text?.ToString(), out _)
               select new LocalRoute(IPNetwork.Parse(text!.ToString())) { Interface = @interface },
        ];
        return true;
    }
}
