using System.Net;
using Calico.Datastore;
using Calico.Datastore.Sqlite;
using Calico.Ipam;

namespace Quickstart;

internal static class AssignInAFile
{
    public static async Task RunAsync(string path)
    {
        await using IDatastore datastore = new SqliteDatastore(path);
        IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
        await datastore.PutAsync(pool.Key, pool.Encode());

        IpamClient ipam = new(new DatastoreIpamStore(datastore));
        AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
        foreach (AssignedAddress address in result.ThrowIfIncomplete().Addresses) Console.WriteLine(address);
    }
}
