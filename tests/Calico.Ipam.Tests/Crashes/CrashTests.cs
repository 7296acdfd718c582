using System.Diagnostics;
using System.Globalization;
using System.Net;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Ipam.GarbageCollection;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests.Crashes;

/// <summary>Real processes on real stores, killed by SIGKILL at random points. CALICO_IPAM_CRASH_SECONDS makes it longer.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly string[] Nodes = ["node-1", "node-1", "node-2", "node-3"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("calico-ipam-crash-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Sqlite()
    {
        string path = Path.Combine(_folder.FullName, "calico.db");
        await KillAgainAndAgain("sqlite", path);
        await using SqliteDatastore store = new(path);
        await Check(store);
    }

    [Fact]
    public async Task Etcd()
    {
        using EtcdProcess etcd = await EtcdProcess.StartAsync(_folder.FullName);
        await KillAgainAndAgain("etcd", etcd.Endpoint);
        await using EtcdDatastore store = new(etcd.Endpoint);
        await Check(store);
    }

    private readonly List<CrashEvent> _events = [];

    private async Task KillAgainAndAgain(string kind, string where)
    {
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("CALICO_IPAM_CRASH_SECONDS"), out int asked) ? asked : 8;
        long started = Stopwatch.GetTimestamp();
        int seeds = 0;
        await Task.WhenAll(Nodes.Select(node => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                int seed = Interlocked.Increment(ref seeds);
                foreach (string line in await RunAndKill(kind, where, node, seed))
                {
                    lock (_events) _events.Add(CrashEvent.Parse(line));
                }
            }
        })));
        Assert.Contains(_events, one => one.What == 'A');
    }

    // Killed somewhere in its work; now and then already while it starts.
    private static async Task<IEnumerable<string>> RunAndKill(string kind, string where, string node, int seed)
    {
        List<string> lines = [];
        TaskCompletionSource working = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using Process worker = Worker(kind, where, node, seed);
        worker.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (lines) lines.Add(line.Data);
            working.TrySetResult();
        };
        worker.BeginOutputReadLine();
        if (seed % 5 != 0) await Task.WhenAny(working.Task, Task.Delay(TimeSpan.FromSeconds(30)));
        await Task.Delay(TimeSpan.FromMilliseconds(new Random(seed).Next(1500)));
        worker.Kill();
        await worker.WaitForExitAsync();
        return lines.Where(line => line.EndsWith(" .", StringComparison.Ordinal));
    }

    private static Process Worker(string kind, string where, string node, int seed)
    {
        string folder = AppContext.BaseDirectory.Replace("Calico.Ipam.Tests", "Calico.Ipam.CrashWorker", StringComparison.Ordinal);
        ProcessStartInfo start = new("dotnet", [Path.Combine(folder, "Calico.Ipam.CrashWorker.dll"), kind, where, node, seed.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        return Process.Start(start)!;
    }

    private async Task Check(IDatastore store)
    {
        // A release is told before it begins and an assignment after it ended: two owners at one moment would show.
        Dictionary<IPAddress, string> live = [];
        foreach (CrashEvent one in _events.OrderBy(one => one.At))
        {
            foreach (IPAddress address in one.What == 'A' ? one.Addresses : [])
                Assert.True(live.TryAdd(address, one.Handle), $"{address} given to {one.Handle} while {live[address]} has it");
            if (one.What != 'R') continue;
            foreach (IPAddress address in live.Where(pair => pair.Value == one.Handle).Select(pair => pair.Key).ToList()) live.Remove(address);
        }

        ManualTime time = new(TimeProvider.System.GetUtcNow());
        IpamClient client = new(new DatastoreIpamStore(store), new FixedClusterSource(new IpamCluster([])), time: time);
        ClusterFacts facts = new() { Nodes = Nodes.ToHashSet(), Pods = [.. live.GroupBy(pair => pair.Value).Select(pod => new PodFact("test", pod.Key, pod.Key.Split('.')[0], [.. pod.Select(pair => pair.Key)]))] };
        IpamGarbageCollector collector = new(client, _ => new(facts));
        for (int look = 0; look < 3; look++)
        {
            Assert.Empty((await collector.RunAsync()).Failures);
            time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Empty(await IpamInvariants.CheckAsync(client));
        Dictionary<IPAddress, string> stored = (await client.GetBlocksAsync()).SelectMany(block => block.Allocations).ToDictionary(allocation => allocation.Address, allocation => allocation.Attribute.HandleId!);
        Assert.Equal(live.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key.ToString()), stored.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key.ToString()));
    }
}

internal sealed record CrashEvent(char What, long At, string Handle, IReadOnlyList<IPAddress> Addresses)
{
    public static CrashEvent Parse(string line)
    {
        string[] fields = line.Split(' ');
        return new CrashEvent(line[0], long.Parse(fields[1], CultureInfo.InvariantCulture), fields[2], [.. fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)]);
    }
}
