using System.Net;
using System.Text.Json.Nodes;
using Calico.Ipam;

namespace Calico.Datastore;

/// <summary>
/// A node's tunnel addresses, from the pools into its Node object, where the other nodes read them: VXLAN of both families, and IPIP (Calico's <c>allocateip</c>).
/// </summary>
/// <param name="store">The datastore; not disposed with this.</param>
/// <param name="node">The node's name.</param>
public sealed class NodeTunnels(IDatastore store, string node)
{
    private static readonly (TunnelKind Kind, string[] Path)[] Fields =
    [
        (TunnelKind.Vxlan, ["ipv4VXLANTunnelAddr"]),
        (TunnelKind.VxlanV6, ["ipv6VXLANTunnelAddr"]),
        (TunnelKind.Ipip, ["bgp", "ipv4IPIPTunnelAddr"]),
    ];

    private readonly ResourceStore _resources = new(store);
    private readonly TunnelAddresses _addresses = new(new IpamClient(new DatastoreIpamStore(store)));
    private readonly ResourceKey _key = new(ResourceKinds.Node, "", node);

    /// <summary>Allocates what encapsulated pools ask for and the node lacks, releases what none asks for any more, and writes the Node object when that changed it.</summary>
    /// <exception cref="IpamException">Pools want a tunnel to have an address and have none left; those before it are done.</exception>
    /// <exception cref="ResourceException">There is no such Node object.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken = default)
    {
        Resource present = await _resources.GetAsync(_key, cancellationToken).ConfigureAwait(false) ?? throw new ResourceException(ResourceError.NotFound, _key, []);
        foreach ((TunnelKind kind, string[] path) in Fields)
        {
            IPAddress? before = IPAddress.TryParse(Find(present.Spec, path)?.ToString(), out IPAddress? address) ? address : null;
            IPAddress? after = await _addresses.EnsureAsync(kind, node, before, cancellationToken).ConfigureAwait(false);
            if (!Equals(before, after)) await _resources.ModifyAsync(_key, resource => Set(resource.Spec, path, after?.ToString()), cancellationToken).ConfigureAwait(false);
        }
    }

    private static JsonNode? Find(JsonObject spec, string[] path) => path.Aggregate((JsonNode?)spec, static (at, name) => (at as JsonObject)?[name]);

    private static void Set(JsonObject spec, string[] path, string? value)
    {
        JsonObject holder = spec;
        foreach (string name in path.AsSpan(0, path.Length - 1))
        {
            if (holder[name] is not JsonObject below) holder[name] = below = [];
            holder = below;
        }

        if (value is not null) holder[path[^1]] = value;
        else holder.Remove(path[^1]);
        if (holder.Count == 0 && holder != spec) spec.Remove(path[0]);
    }
}
