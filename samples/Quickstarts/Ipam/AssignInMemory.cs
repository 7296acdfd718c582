using System.Net;
using Calico.Ipam;

namespace Quickstart;

internal static class AssignInMemory
{
    public static async Task RunAsync()
    {
        InMemoryIpamStore store = new();
        IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
        store.Put(pool.Key, pool.Encode());

        IpamClient ipam = new(store);
        AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
        foreach (AssignedAddress address in result.ThrowIfIncomplete().Addresses) Console.WriteLine(address);
        await ipam.ReleaseByHandleAsync("web-0");
    }
}
