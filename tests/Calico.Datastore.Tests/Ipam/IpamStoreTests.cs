using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Datastore.Tests.Etcd;
using Calico.Ipam.Testing;

namespace Calico.Datastore.Tests.Ipam;

/// <summary>IPAM's own demands on a store, on every datastore.</summary>
public sealed class IpamStoreTests(OneEtcd etcd) : IClassFixture<OneEtcd>
{
    public static IEnumerable<TheoryDataRow<string>> Checks => IpamStoreConformance.Checks.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task In_memory(string check)
    {
        await using MemoryDatastore store = new();
        await IpamStoreConformance.Checks[check](new DatastoreIpamStore(store));
    }

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task On_sqlite(string check)
    {
        using TemporaryFolder folder = new();
        await using SqliteDatastore store = new(folder.File("store.db"));
        await IpamStoreConformance.Checks[check](new DatastoreIpamStore(store));
    }

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task On_etcd(string check)
    {
        await using EtcdDatastore store = etcd.Server!.Open();
        foreach (KeyValue item in (await store.ListAsync("", keysOnly: true)).Items) await store.DeleteAsync(item.Key);
        await IpamStoreConformance.Checks[check](new DatastoreIpamStore(store));
    }
}
