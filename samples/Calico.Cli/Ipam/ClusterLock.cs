using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Datastore;

namespace Calico.Cli.Ipam;

/// <summary>ClusterInformation's <c>datastoreReady</c>: false while the datastore is locked.</summary>
internal static class ClusterLock
{
    public static async Task<bool> IsLockedAsync(IDatastore store, CancellationToken cancel) =>
        await ReadAsync(store, cancel) is { } cluster && cluster.Spec["datastoreReady"] is JsonValue ready && ready.GetValueKind() == JsonValueKind.False;

    public static async Task<Resource?> ReadAsync(IDatastore store, CancellationToken cancel) =>
        await store.GetAsync(new ResourceKey(ResourceKinds.ClusterInformation, "default").StoreKey, cancel) is { } item ? Resource.FromStore(item) : null;
}
