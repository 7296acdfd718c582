using System.Net;
using Calico.Ipam;

// One address of each family for a pod of node-1, from pools in memory.
IpamCluster cluster = new(
[
    new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.244.0.0/16") },
    new IPPool { Name = "v6", Cidr = IPNetwork.Parse("fd00:10:244::/48") },
]);
IpamClient ipam = new(new InMemoryIpamStore(), new FixedClusterSource(cluster));
AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { IPv4 = 1, IPv6 = 1, Node = "node-1", Handle = "pod-a" });
Console.WriteLine(string.Join('\n', result.ThrowIfIncomplete().Addresses));
await ipam.ReleaseByHandleAsync("pod-a");
