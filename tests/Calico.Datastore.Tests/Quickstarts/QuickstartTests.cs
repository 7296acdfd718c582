using Calico.Datastore.Etcd;
using Calico.Datastore.Tests.Etcd;
using Quickstart;

namespace Calico.Datastore.Tests.Quickstarts;

/// <summary>The programs of the READMEs run.</summary>
public sealed class QuickstartTests(OneEtcd etcd) : IClassFixture<OneEtcd>
{
    [Fact]
    public Task A_syncer_follows_the_store() => FollowPools.RunAsync();

    [Fact]
    public async Task A_file_keeps_a_counter()
    {
        using TemporaryFolder folder = new();
        await CountInAFile.RunAsync(folder.File("store.db"));
    }

    [Fact]
    public async Task Pools_are_listed_from_etcd()
    {
        await using (EtcdDatastore store = new(etcd.Server!.Endpoints))
        {
            await new ResourceStore(store).ApplyAsync(Resource.Parse("""
                {"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"pool-of-the-readme"},"spec":{"cidr":"10.250.0.0/16"}}
                """u8));
        }

        await ListPools.RunAsync(etcd.Server!.Endpoints);
    }
}
