using System.Net;
using System.Text;
using Calico.Datastore.Etcd;
using Calico.Datastore.Tests.Etcd;
using Calico.Ipam;
using Microsoft.Extensions.DependencyInjection;

namespace Calico.Datastore.Tests.Ipam;

public sealed class WatchedClusterTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_read_nothing_and_changes_arrive()
    {
        await using MemoryDatastore store = new();
        await store.PutAsync(IpamKeys.Pool("a"), Pool("a", "10.0.0.0/24").Encode(), cancellationToken: Bound);
        await using WatchedClusterSource source = new(store);
        await Until(() => source.IsFollowing);
        IpamCluster first = await source.GetAsync(Bound);
        Assert.Same(first, await source.GetAsync(Bound));
        Assert.Equal(["a"], first.Pools.Select(pool => pool.Name));

        await store.PutAsync(IpamKeys.Pool("b"), Pool("b", "10.1.0.0/24").Encode(), cancellationToken: Bound);
        await store.PutAsync(IpamKeys.Config, (IpamConfig.Default with { StrictAffinity = true }).Encode(), cancellationToken: Bound);
        await Until(() => source.GetAsync().AsTask().Result is { Pools.Count: 2, Config.StrictAffinity: true });
        await store.DeleteAsync(IpamKeys.Pool("a"), cancellationToken: Bound);
        await store.DeleteAsync(IpamKeys.Config, cancellationToken: Bound);
        await Until(() => source.GetAsync().AsTask().Result is { Pools.Count: 1, Config.StrictAffinity: false });
    }

    [Fact]
    public async Task A_node_whose_labels_change_comes_under_another_pool()
    {
        await using MemoryDatastore store = new();
        foreach (string rack in (string[])["r1", "r2"])
            await store.PutAsync(IpamKeys.Pool(rack), (Pool(rack, $"10.{rack[1]}.0.0/24") with { NodeSelector = $"rack == '{rack}'" }).Encode(), cancellationToken: Bound);
        await LabelAsync(store, "r1");
        await using WatchedClusterSource source = new(store);
        IpamClient ipam = new(new DatastoreIpamStore(store), source);
        await Until(() => source.IsFollowing);
        Assert.StartsWith("10.1.", await AssignAsync(ipam), StringComparison.Ordinal);
        await LabelAsync(store, "r2");
        IpamCluster before = await source.GetAsync(Bound);
        await Until(() => !ReferenceEquals(source.GetAsync().AsTask().Result, before));
        Assert.StartsWith("10.2.", await AssignAsync(ipam), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_is_left_out_and_named()
    {
        await using MemoryDatastore store = new();
        await store.PutAsync(IpamKeys.Pool("good"), Pool("good", "10.0.0.0/24").Encode(), cancellationToken: Bound);
        await store.PutAsync(IpamKeys.Pool("bad"), "{"u8.ToArray(), cancellationToken: Bound);
        await using WatchedClusterSource source = new(store);
        await Until(() => source.IsFollowing);
        Assert.Equal(["good"], (await source.GetAsync(Bound)).Pools.Select(pool => pool.Name));
        Assert.Contains("ippools/bad", Assert.Single(source.Problems), StringComparison.Ordinal);
        await store.PutAsync(IpamKeys.Pool("bad"), Pool("bad", "10.1.0.0/24").Encode(), cancellationToken: Bound);
        await Until(() => source.Problems.Count == 0 && source.GetAsync().AsTask().Result.Pools.Count == 2);
    }

    [Fact]
    public async Task While_the_store_is_away_nothing_is_given_and_afterwards_changes_arrive()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open(options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await store.PutAsync(IpamKeys.Pool("a"), Pool("a", "10.0.0.0/24").Encode(), cancellationToken: Bound);
        await using WatchedClusterSource source = new(store);
        IpamClient ipam = new(new DatastoreIpamStore(store), source);
        await Until(() => source.IsFollowing);
        await AssignAsync(ipam);
        await server.Members[0].KillAsync();
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => AssignAsync(ipam));
        Assert.True(error is DatastoreException or IpamException, error.ToString());
        server.Members[0].Start();
        for (int i = 0; i < 600 && !await IsUpAsync(); i++) await Task.Delay(100, Bound);
        await store.PutAsync(IpamKeys.Pool("b"), Pool("b", "10.1.0.0/24").Encode(), cancellationToken: Bound);
        await Until(() => source.IsFollowing && source.GetAsync().AsTask().Result.Pools.Count == 2);
        await AssignAsync(ipam);

        async Task<bool> IsUpAsync()
        {
            try
            {
                await store.GetAsync("/up", Bound);
                return true;
            }
            catch (DatastoreException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Registered_it_is_what_the_client_decides_by()
    {
        await using ServiceProvider services = new ServiceCollection().AddCalicoMemoryDatastore().AddCalicoIpamClusterWatch().AddCalicoIpam().BuildServiceProvider();
        await services.GetRequiredService<IDatastore>().PutAsync(IpamKeys.Pool("a"), Pool("a", "10.0.0.0/24").Encode(), cancellationToken: Bound);
        Assert.StartsWith("10.0.", await AssignAsync(services.GetRequiredService<IpamClient>()), StringComparison.Ordinal);
        await Until(() => services.GetRequiredService<IIpamClusterSource>() is WatchedClusterSource { IsFollowing: true });
    }

    private static IPPool Pool(string name, string cidr) => new() { Name = name, Cidr = IPNetwork.Parse(cidr) };

    private static async Task LabelAsync(MemoryDatastore store, string rack) =>
        await store.PutAsync(IpamKeys.Node("n"), Encoding.UTF8.GetBytes($$$"""{"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"n","labels":{"rack":"{{{rack}}}"}},"spec":{}}"""), cancellationToken: Bound);

    private static async Task<string> AssignAsync(IpamClient ipam) =>
        (await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "n", IPv4 = 1, Handle = Guid.NewGuid().ToString() }, Bound)).ThrowIfIncomplete().Addresses.First().Address.ToString();

    private static async Task Until(Func<bool> condition)
    {
        for (int i = 0; i < 1200 && !condition(); i++) await Task.Delay(50, Bound);
        Assert.True(condition());
    }
}
