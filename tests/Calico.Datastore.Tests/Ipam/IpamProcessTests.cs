using System.Collections.Concurrent;
using System.Net;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Datastore.Tests.Etcd;
using Calico.Ipam;
using Calico.Ipam.Testing;

namespace Calico.Datastore.Tests.Ipam;

/// <summary>Allocators in processes of their own, killed by SIGKILL while they assign and release on one real store.</summary>
public sealed class IpamProcessTests(ITestOutputHelper output)
{
    private const int Workers = 4, Kills = 8;

    [Fact]
    public async Task On_sqlite_no_address_is_given_twice_and_none_acknowledged_is_lost()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("store.db");
        Tally tally = await KillAsync(file, seed: 1);
        await using SqliteDatastore store = new(file);
        await CheckAsync(store, tally);
    }

    [Fact]
    public async Task On_etcd_no_address_is_given_twice_and_none_acknowledged_is_lost()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        Tally tally = await KillAsync(server.Endpoints[0], seed: 2);
        await using EtcdDatastore store = server.Open();
        await CheckAsync(store, tally);
    }

    private static async Task<Tally> KillAsync(string store, int seed)
    {
        Random random = new(seed);
        Tally tally = new();
        int started = 0;
        List<StoreWorker> running = [];
        StoreWorker Another() => StoreWorker.Start("ipam", store, $"w{started++}", tally.Said);
        try
        {
            for (int i = 0; i < Workers; i++) running.Add(Another());
            for (int i = 0; tally.Held.Count < 50 && tally.Wrong.IsEmpty && i < 600; i++) await Task.Delay(50);
            for (int kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(random.Next(50, 500));
                int victim = random.Next(Workers);
                await running[victim].KillAsync();
                running[victim].Dispose();
                running[victim] = Another();
            }

            await Task.Delay(1000);
        }
        finally
        {
            foreach (StoreWorker worker in running)
            {
                await worker.KillAsync();
                worker.Dispose();
            }
        }

        tally.Started = started;
        return tally;
    }

    private async Task CheckAsync(IDatastore store, Tally tally)
    {
        IpamClient client = new(new DatastoreIpamStore(store), new FixedClusterSource(new IpamCluster([new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/16") }])));
        Dictionary<string, string?> stored = (await client.GetBlocksAsync()).SelectMany(b => b.Allocations).ToDictionary(a => a.Address.ToString(), a => a.Attribute.HandleId);
        output.WriteLine($"{tally.Started} processes, {tally.Acknowledged} acknowledged, {tally.Held.Count} held, {stored.Count} stored");
        Assert.Empty(tally.Wrong);
        Assert.True(tally.Acknowledged > 50, "too few assignments to mean anything");
        foreach ((string handle, string address) in tally.Held) Assert.Equal(handle, stored.GetValueOrDefault(address));
        // Beyond what is held: what a killed process got or gave back without saying so.
        Assert.InRange(stored.Count - tally.Held.Count, 0, tally.Started);
        Assert.Empty(await IpamInvariants.CheckAsync(client));
    }

    /// <summary>What the processes have said.</summary>
    private sealed class Tally
    {
        private int _acknowledged;

        public ConcurrentDictionary<string, string> Held { get; } = new();

        public ConcurrentQueue<string> Wrong { get; } = new();

        public int Acknowledged => _acknowledged;

        public int Started { get; set; }

        public void Said(string line)
        {
            switch (line.Split(' '))
            {
                case ["ready"]:
                    break;
                case ["got", string address, string handle]:
                    Interlocked.Increment(ref _acknowledged);
                    Held[handle] = address;
                    break;
                case ["gives", string handle]:
                    Held.TryRemove(handle, out _);
                    break;
                default:
                    Wrong.Enqueue(line);
                    break;
            }
        }
    }
}
