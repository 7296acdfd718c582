using System.Net;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Ipam.Testing;
using Calico.Ipam.Tests.Crashes;
using FsCheck.Xunit;
using Quickstart;

namespace Calico.Ipam.Tests;

/// <summary>The programs of the READMEs, as they stand there, run.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("calico-ipam-readme-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task An_address_in_memory() => AssignInMemory.RunAsync();

    [Fact]
    public Task An_address_in_a_file() => AssignInAFile.RunAsync(Path.Combine(_folder.FullName, "calico.db"));

    [Fact]
    public async Task An_address_on_etcd()
    {
        using EtcdProcess etcd = await EtcdProcess.StartAsync(_folder.FullName);
        await using (EtcdDatastore datastore = new(etcd.Endpoint))
        {
            IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
            await datastore.PutAsync(pool.Key, pool.Encode());
        }

        await AssignOnEtcd.RunAsync(etcd.Endpoint);
    }

    // Your own store: one test per check.
    public static IEnumerable<TheoryDataRow<string>> Names => IpamStoreConformance.Checks.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Names))]
    public Task My_store(string name) => IpamStoreConformance.Checks[name](new MyStore());

    // Any interleaving, crashes between any two writes, lost replies, clock jumps.
    [Property]
    public async Task Never_twice_never_lost(int[] script)
    {
        IpamSimulation simulation = new();
        simulation.Run(script);
        await simulation.FinishAsync();
        Assert.Empty(simulation.Violations);
    }
}
