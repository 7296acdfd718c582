using Calico.Datastore;
using Calico.Datastore.Etcd;

namespace Quickstart;

internal static class ListPools
{
    public static async Task RunAsync(params string[] endpoints)
    {
        await using EtcdDatastore store = new(endpoints);   // "http://10.0.0.1:2379", "http://10.0.0.2:2379", ...
        ResourceStore resources = new(store);
        foreach (Resource pool in (await resources.ListAsync(ResourceKinds.IPPool)).Items)
            Console.WriteLine($"{pool.Name} {pool.Spec["cidr"]}");
    }
}
