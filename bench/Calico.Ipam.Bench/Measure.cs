using System.Diagnostics;
using System.Text.Json;

namespace Calico.Ipam.Bench;

/// <summary>Runs a workload several times and prints the median as one JSON line.</summary>
internal static class Measure
{
    private const int Rounds = 5;

    public static double Rate(string name, int operations, Func<int, Task> run)
    {
        List<double> rates = [];
        double bytes = 0;
        run(Math.Max(1, operations / 10)).GetAwaiter().GetResult();
        for (int round = 0; round < Rounds; round++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
            run(operations).GetAwaiter().GetResult();
            rates.Add(operations / Stopwatch.GetElapsedTime(started).TotalSeconds);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)operations;
        }

        rates.Sort();
        Print(name, ("operationsPerSecond", Math.Round(rates[Rounds / 2])), ("bytesPerOperation", Math.Round(bytes, 1)), ("operations", operations));
        return rates[Rounds / 2];
    }

    public static void Print(string name, params (string Name, double Value)[] values) =>
        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>([new("bench", name), .. values.Select(value => KeyValuePair.Create(value.Name, (object)value.Value))])));
}
