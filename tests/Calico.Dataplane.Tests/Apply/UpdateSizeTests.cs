using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What is sent to the kernel is in proportion to the change, whatever the size of the cluster.</summary>
public sealed class UpdateSizeTests
{
    [Theory]
    [InlineData(PolicyShape.Chains)]
    [InlineData(PolicyShape.Maps)]
    public async Task A_pod_more_or_less_is_as_many_bytes_in_a_large_cluster_as_in_a_small_one(PolicyShape shape)
    {
        List<long> small = await SizesAsync(shape, pods: 50), large = await SizesAsync(shape, pods: 3000);
        Assert.Equal(small, large);
        Assert.All(small, bytes => Assert.InRange(bytes, 1, 700));
    }

    private static async Task<List<long>> SizesAsync(PolicyShape shape, int pods)
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "api", "10.0.0.2", Node, ("app", "api")));
        for (int i = 0; i < 12; i++) cluster.Engine.Upsert(Policy_($"p{i:d2}", "app == 'api'", Allow($"app == 'a{i}'", (ushort)(8000 + i))));
        for (int i = 0; i < pods; i++) cluster.Engine.Upsert(Pod("prod", $"p{i}", $"10.{1 + i / 250}.0.{i % 250}", "n2", ("app", $"a{i % 12}")));
        FakeKernel kernel = new();
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default with { Shape = shape }, kernel);
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);

        List<long> sizes = [];
        for (int i = 0; i < 4; i++)
        {
            WorkloadEndpointModel pod = Pod("prod", "new", "10.200.0.1", "n2", ("app", "a3"));
            if (i % 2 == 0) cluster.Engine.Upsert(pod);
            else cluster.Engine.Remove(pod.Id);
            dataplane.Apply(cluster.Engine.Flush());
            await dataplane.FlushAsync(TestContext.Current.CancellationToken);
            sizes.Add(await SizeAsync(kernel.Last));
        }

        return sizes;
    }

    private static async Task<long> SizeAsync(IReadOnlyList<NftChange> changes)
    {
        SizingTransport transport = new();
        using NftClient nft = new(new NetlinkConnection(NetlinkProtocol.Netfilter, transport));
        await nft.CommitAsync(new NftTransaction().Add(changes), cancellationToken: TestContext.Current.CancellationToken);
        return transport.Bytes;
    }
}
