using Calico.Datastore.Tests.Stores;

namespace Calico.Datastore.Tests.Etcd;

public sealed class OneEtcd : IAsyncLifetime
{
    public EtcdServer? Server { get; private set; }

    public async ValueTask InitializeAsync() => Server = await EtcdServer.StartAsync();

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public sealed class EtcdDatastoreTests(OneEtcd etcd) : DatastoreContract, IClassFixture<OneEtcd>
{
    protected override async ValueTask<IDatastore> OpenAsync()
    {
        // One server for all cases: each begins with an empty one.
        Calico.Datastore.Etcd.EtcdDatastore store = etcd.Server!.Open();
        foreach (KeyValue item in (await store.ListAsync("", keysOnly: true)).Items) await store.DeleteAsync(item.Key);
        return store;
    }

    [Fact]
    public async Task A_list_of_many_pages_is_one_picture()
    {
        for (int i = 0; i < 4100; i += 100)
        {
            Transaction many = new();
            for (int j = i; j < i + 100; j++) many.Put($"/many/{j:d5}", Bytes($"{j}"));
            await Store.CommitAsync(many, Bound);
        }

        KeyValueList list = await Store.ListAsync("/many/", cancellationToken: Bound);
        Assert.Equal(4100, list.Items.Count);
        Assert.Equal(Enumerable.Range(0, 4100).Select(i => $"/many/{i:d5}"), list.Items.Select(i => i.Key));
    }

    [Fact]
    public async Task A_transaction_over_the_limit_is_refused_before_it_is_sent()
    {
        Transaction many = new();
        for (int i = 0; i <= Store.MaximumWrites; i++) many.Put($"/m/{i}", default);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(many, Bound));
    }

    [Fact]
    public async Task A_value_over_etcds_limit_is_refused_by_name()
    {
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () => await Store.PutAsync("/big", new byte[3_000_000], cancellationToken: Bound));
        Assert.Equal(DatastoreError.Rejected, error.Error);
    }
}
