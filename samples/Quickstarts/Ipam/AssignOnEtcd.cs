using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Ipam;

namespace Quickstart;

internal static class AssignOnEtcd
{
    public static async Task RunAsync(params string[] endpoints)
    {
        await using IDatastore datastore = new EtcdDatastore(endpoints);
        await using WatchedClusterSource pools = new(datastore);
        IpamClient ipam = new(new DatastoreIpamStore(datastore), pools);
        AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
        foreach (AssignedAddress address in result.ThrowIfIncomplete().Addresses) Console.WriteLine(address);
    }
}
