using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Calico.Ipam.Bench;

/// <summary>Assign and release in memory: from warm addresses, and by compare-and-swap on documents; the time of one request by the number of blocks.</summary>
internal static class MemoryWorkload
{
    private static readonly Dictionary<string, string> Owner = new() { [OwnerAttributes.Pod] = "web-0", [OwnerAttributes.Namespace] = "shop", [OwnerAttributes.Node] = "node-1" };

    public static async Task WarmAsync()
    {
        using WarmAddresses warm = new(new IpamClient(new InMemoryIpamStore(), Cluster("10.0.0.0/16")), new WarmAddressOptions { Node = "node-1", IPv4 = 64 });
        await warm.StartAsync(new Dictionary<IPAddress, string>());
        string[] handles = [.. Enumerable.Range(0, 1024).Select(i => string.Create(CultureInfo.InvariantCulture, $"k8s-pod-network.{i:x64}"))];
        Measure.Rate("memory/warm/assign and release", 3_000_000, count =>
        {
            for (int i = 0; i < count; i++)
            {
                string handle = handles[i & 1023];
                if (!warm.TryTake(handle, Owner, ipv4: true, ipv6: false, out _) || !warm.TryRelease(handle)) throw new InvalidOperationException("No address.");
            }

            return Task.CompletedTask;
        });
    }

    public static void Documents()
    {
        IpamClient client = new(new InMemoryIpamStore(), Cluster("10.0.0.0/16"));
        Measure.Rate("memory/documents/assign and release", 20_000, async count =>
        {
            for (int i = 0; i < count; i++)
            {
                string handle = string.Create(CultureInfo.InvariantCulture, $"pod-{i}");
                await client.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", IPv4 = 1, Handle = handle, Attributes = Owner });
                await client.ReleaseByHandleAsync(handle);
            }
        });
    }

    public static async Task FlatAsync()
    {
        foreach (int blocks in (int[])[1, 100, 10_000])
        {
            IpamClient client = new(new InMemoryIpamStore(), Cluster("10.0.0.0/8"));
            AutoAssignRequest fill = new() { Node = "node-1", IPv4 = blocks * 64 - 32, MaxBlocksPerHost = 20_000, Handle = "fill" };
            await client.AutoAssignAsync(fill);
            List<double> microseconds = [];
            for (int i = 0; i < 2000; i++)
            {
                string handle = string.Create(CultureInfo.InvariantCulture, $"pod-{i}");
                long started = Stopwatch.GetTimestamp();
                await client.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", IPv4 = 1, Handle = handle, MaxBlocksPerHost = 20_000 });
                microseconds.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                await client.ReleaseByHandleAsync(handle);
            }

            microseconds.Sort();
            Measure.Print("memory/auto-assign by blocks", ("blocks", blocks), ("medianMicroseconds", Math.Round(microseconds[1000], 1)), ("p99Microseconds", Math.Round(microseconds[1980], 1)));
            long show = Stopwatch.GetTimestamp();
            await client.GetUtilizationAsync();
            Measure.Print("memory/show", ("blocks", blocks), ("milliseconds", Math.Round(Stopwatch.GetElapsedTime(show).TotalMilliseconds, 1)));
        }
    }

    internal static FixedClusterSource Cluster(string cidr) => new(new IpamCluster([new IPPool { Name = "pods", Cidr = IPNetwork.Parse(cidr) }]));
}
