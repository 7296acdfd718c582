using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Ipam.Testing;

/// <summary>FsCheck generators of valid IPAM documents and requests. Register with <c>Arbitrary = [typeof(IpamGenerators)]</c>.</summary>
public static class IpamGenerators
{
    /// <summary>Pools of both families, small enough to fill.</summary>
    public static Arbitrary<IPPool> Pool()
    {
        Gen<IPPool> v4 = from length in Gen.Choose(24, 30)
                         from block in Gen.Choose(length, 32)
                         from third in Gen.Choose(0, 255)
                         select new IPPool { Name = $"v4-{third}", Cidr = new IPNetwork(new IPAddress([10, 0, (byte)third, 0]), length), BlockSize = block };
        Gen<IPPool> v6 = from length in Gen.Choose(116, 126)
                         from block in Gen.Choose(length, 128)
                         from site in Gen.Choose(0, 0xffff)
                         select new IPPool { Name = $"v6-{site}", Cidr = IPNetwork.Parse($"fd00:{site:x}::/{length}"), BlockSize = block };
        return Gen.OneOf(v4, v6).ToArbitrary();
    }

    /// <summary>Requests of up to four addresses of each family.</summary>
    public static Arbitrary<AutoAssignRequest> Request() =>
        (from node in Gen.Choose(1, 4)
         from four in Gen.Choose(0, 4)
         from six in Gen.Choose(0, 4)
         from handle in Gen.Choose(0, 1000)
         select new AutoAssignRequest { Node = $"node-{node}", IPv4 = four, IPv6 = six, Handle = $"handle-{handle}" }).ToArbitrary();

    /// <summary>Blocks with some addresses in use, some released and used again, as an allocator makes them.</summary>
    public static Arbitrary<IpamBlock> Block() =>
        (from pool in Pool().Generator
         from counts in Gen.Choose(0, 5).ArrayOf(6)
         select Make(pool, counts)).ToArbitrary();

    private static IpamBlock Make(IPPool pool, int[] counts)
    {
        IpamClient client = new(new InMemoryIpamStore(), new FixedClusterSource(new IpamCluster([pool])), time: new ManualTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        bool v6 = pool.IpVersion == 6;
        for (int i = 0; i < counts.Length; i++)
        {
            // The store is in memory: everything below ends before it returns.
            AutoAssignRequest request = new() { Node = "node-1", IPv4 = v6 ? 0 : counts[i], IPv6 = v6 ? counts[i] : 0, Handle = $"h{i}", Attributes = new Dictionary<string, string> { [OwnerAttributes.Pod] = $"pod-{i / 2}" } };
            AutoAssignResult result = client.AutoAssignAsync(request).GetAwaiter().GetResult();
            if (i % 3 == 2 && result.Addresses.Any()) client.ReleaseByHandleAsync($"h{i}").GetAwaiter().GetResult();
        }

        client.ClaimAffinityAsync(pool.BlocksFor("node-1").First(), "node-1").GetAwaiter().GetResult();
        return client.GetBlocksAsync().GetAwaiter().GetResult()[0];
    }
}
