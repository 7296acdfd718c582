using System.Diagnostics;
using System.Globalization;

namespace Calico.Netlink.PeerBench;

/// <summary>One measured operation.</summary>
internal sealed record BenchResult(string Operation, long Count, double Seconds, long AllocatedBytes)
{
    /// <summary>Runs <paramref name="work"/> once, timed; what it allocates on any thread is counted.</summary>
    public static async Task<BenchResult> MeasureAsync(string operation, Func<ValueTask<long>> work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        long count = await work();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new BenchResult(operation, count, seconds, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $$"""{"op":"{{Operation}}","n":{{Count}},"seconds":{{Seconds:F6}},"allocatedBytes":{{AllocatedBytes}}}""");
}
