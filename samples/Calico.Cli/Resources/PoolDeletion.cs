using System.Net;
using System.Text.Json.Nodes;
using Calico.Datastore;
using Calico.Ipam;

namespace Calico.Cli.Resources;

/// <summary>
/// Deletes a pool as Calico does: nothing new comes into it, its blocks lose their owners (what is in use stays in use and can be released), then it goes.
/// </summary>
internal static class PoolDeletion
{
    public static async Task RunAsync(ResourceStore resources, ResourceKey key, CancellationToken cancellation)
    {
        Resource pool = await resources.GetAsync(key, cancellation) ?? throw new ResourceException(ResourceError.NotFound, key, []);
        if (pool.Spec["disabled"] is not JsonValue disabled || !disabled.TryGetValue(out bool isDisabled) || !isDisabled)
            await resources.ModifyAsync(key, one => one.Spec["disabled"] = true, cancellation);
        if (pool.Spec["cidr"]?.ToString() is { } cidr && IPNetwork.TryParse(cidr, out IPNetwork range))
            await new IpamClient(new DatastoreIpamStore(resources.Datastore)).ReleasePoolAffinitiesAsync(range, cancellation);
        await resources.DeleteAsync(key, cancellationToken: cancellation);
    }
}
