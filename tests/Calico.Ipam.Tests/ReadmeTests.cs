using System.Net;
using Calico.Ipam;

namespace Calico.Ipam.Tests;

/// <summary>The programs of the package's README, as they stand there.</summary>
public class ReadmeTests
{
    [Fact]
    public async Task An_address_in_memory()
    {
        InMemoryIpamStore store = new();
        IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
        store.Put(pool.Key, pool.Encode());

        IpamClient ipam = new(store);
        AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
        AssignedAddress address = Assert.Single(result.ThrowIfIncomplete().Addresses);
        Assert.True(pool.Cidr.Contains(address.Address));

        ReleaseResult released = await ipam.ReleaseByHandleAsync("web-0");
        Assert.Equal([address.Address], released.Released);
        Assert.Null(await store.GetAsync(IpamKeys.Handle("web-0")));
    }
}
