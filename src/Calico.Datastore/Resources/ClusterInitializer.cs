namespace Calico.Datastore;

/// <summary>What every Calico datastore holds before anything else: the cluster's identity and the built-in tiers (clientv3 <c>EnsureInitialized</c>).</summary>
public static class ClusterInitializer
{
    private static readonly (string Name, string Action, double Order)[] Tiers = [("kube-admin", "Pass", 1_000), ("default", "Deny", 1_000_000), ("kube-baseline", "Pass", 10_000_000)];

    /// <summary>Writes what is missing of ClusterInformation <c>default</c> and the tiers <c>kube-admin</c>, <c>default</c> and <c>kube-baseline</c>; what is there stays, a lock too.</summary>
    /// <param name="resources">The datastore's objects.</param>
    /// <param name="clusterType">A new cluster's type, for example <c>dotnet</c>.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async ValueTask InitializeAsync(this ResourceStore resources, string clusterType = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resources);
        ResourceKey cluster = new(ResourceKinds.ClusterInformation, "default");
        if (!await TryCreateAsync(resources, cluster, spec => spec["clusterType"] = clusterType.Length > 0 ? clusterType : null, cancellationToken).ConfigureAwait(false))
            await resources.ModifyAsync(cluster, Complete, cancellationToken).ConfigureAwait(false);
        foreach ((string name, string action, double order) in Tiers)
        {
            await TryCreateAsync(resources, new(ResourceKinds.Tier, name), spec =>
            {
                spec["order"] = order;
                spec["defaultAction"] = action;
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<bool> TryCreateAsync(ResourceStore resources, ResourceKey key, Action<System.Text.Json.Nodes.JsonObject> fill, CancellationToken cancellationToken)
    {
        Resource fresh = new(key);
        fill(fresh.Spec);
        if (key.Kind == ResourceKinds.ClusterInformation) Complete(fresh);
        try
        {
            await resources.CreateAsync(fresh, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ResourceException error) when (error.Error == ResourceError.AlreadyExists)
        {
            return false;
        }
    }

    private static void Complete(Resource cluster)
    {
        if (Resource.Text(cluster.Spec, "clusterType") is null) cluster.Spec.Remove("clusterType");
        if (Resource.Text(cluster.Spec, "clusterGUID") is null or "") cluster.Spec["clusterGUID"] = Guid.NewGuid().ToString("N");
        cluster.Spec["datastoreReady"] ??= true;
    }
}
