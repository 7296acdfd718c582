using System.Text.Json.Nodes;
using Calico.Dataplane;
using Calico.Datastore;
using Calico.Netlink;

namespace Calico.Agent;

/// <summary>Finds the node's own addresses and writes them into its Node object, as calico-node does at start.</summary>
internal static class NodeIdentity
{
    public static async Task RegisterAsync(AgentOptions options, ResourceStore store, RtNetlink netlink, CancellationToken cancellation)
    {
        (string? v4, string? v6) = await NodeAddresses.DetectAsync(options.AddressDetection, netlink, cancellation);
        if (v4 is null && v6 is null) throw new InvalidOperationException($"No address found on any interface (detection: {options.AddressDetection}).");
        ResourceKey key = new(ResourceKinds.Node, "", options.Node);
        if (await store.GetAsync(key, cancellation) is null)
        {
            try
            {
                Resource created = new(key);
                created.SetLabel("kubernetes.io/hostname", options.Node);
                SetAddresses(created, v4, v6);
                await store.CreateAsync(created, cancellation);
                return;
            }
            catch (ResourceException)
            {
                // Somebody else made it meanwhile: change what is there.
            }
        }

        await store.ModifyAsync(key, node => SetAddresses(node, v4, v6), cancellation);
    }

    private static void SetAddresses(Resource node, string? v4, string? v6)
    {
        if (v4 is null && v6 is null) return;
        if (node.Spec["bgp"] is not JsonObject bgp) node.Spec["bgp"] = bgp = [];
        if (v4 is not null) bgp["ipv4Address"] = v4;
        if (v6 is not null) bgp["ipv6Address"] = v6;
    }
}
