namespace Calico.Datastore.Tests.Resources;

public sealed class ClusterInitializerTests
{
    [Fact]
    public async Task A_new_datastore_gets_identity_and_tiers_and_a_second_time_changes_nothing()
    {
        await using MemoryDatastore store = new();
        ResourceStore resources = new(store);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await resources.InitializeAsync("dotnet"))));
        Assert.Equal(["default", "kube-admin", "kube-baseline"], (await resources.ListAsync(ResourceKinds.Tier)).Items.Select(t => t.Name));
        Resource cluster = Assert.Single((await resources.ListAsync(ResourceKinds.ClusterInformation)).Items);
        Assert.Equal((32, "dotnet", true), (((string)cluster.Spec["clusterGUID"]!).Length, (string)cluster.Spec["clusterType"]!, (bool)cluster.Spec["datastoreReady"]!));
        long revision = (await store.ListAsync("")).Revision;
        await resources.InitializeAsync();
        Assert.Equal(revision, (await store.ListAsync("")).Revision);
        await resources.ModifyAsync(cluster.Key, c => c.Spec["datastoreReady"] = false);
        await resources.InitializeAsync();
        Assert.False((bool)(await resources.GetAsync(cluster.Key))!.Spec["datastoreReady"]!);
    }

    [Fact]
    public async Task Tiers_that_are_built_in_or_in_use_stay()
    {
        await using MemoryDatastore store = new();
        ResourceStore resources = new(store);
        await resources.InitializeAsync();
        ResourceException builtIn = await Assert.ThrowsAsync<ResourceException>(async () => await resources.DeleteAsync(new(ResourceKinds.Tier, "default")));
        Assert.Contains("built in", builtIn.Message, StringComparison.Ordinal);
        await resources.CreateAsync(ResourceStoreTests.Parse("""{"apiVersion":"projectcalico.org/v3","kind":"Tier","metadata":{"name":"sec"},"spec":{"order":5}}"""));
        await resources.CreateAsync(ResourceStoreTests.Parse("""{"apiVersion":"projectcalico.org/v3","kind":"GlobalNetworkPolicy","metadata":{"name":"sec.p"},"spec":{"tier":"sec"}}"""));
        ResourceException used = await Assert.ThrowsAsync<ResourceException>(async () => await resources.DeleteAsync(new(ResourceKinds.Tier, "sec")));
        Assert.Contains("while GlobalNetworkPolicy sec.p is in it", used.Message, StringComparison.Ordinal);
        await resources.DeleteAsync(new(ResourceKinds.GlobalNetworkPolicy, "sec.p"));
        await resources.DeleteAsync(new(ResourceKinds.Tier, "sec"));
    }
}
