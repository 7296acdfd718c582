using System.Diagnostics;
using System.Text.Json;

namespace Calico.Datastore.Bench;

/// <summary>Runs two ways of the same work in turn, so that both see the same machine, and prints the medians and their ratio as a JSON line.</summary>
internal static class Rounds
{
    private const int Count = 7;

    public static async Task CompareAsync(string name, int operations, Func<int, Task> ours, Func<int, Task> bare)
    {
        await ours(operations / 10);
        await bare(operations / 10);
        List<double> our = [], bares = [], ratios = [];
        for (int round = 0; round < Count; round++)
        {
            double b = await RateAsync(operations, bare), o = await RateAsync(operations, ours);
            our.Add(o);
            bares.Add(b);
            ratios.Add(o / b);
        }

        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["bench"] = name, ["ours"] = Math.Round(Median(our)), ["bare"] = Math.Round(Median(bares)), ["ratio"] = Math.Round(Median(ratios), 2), ["operations"] = operations,
        }));
    }

    private static async Task<double> RateAsync(int operations, Func<int, Task> run)
    {
        long started = Stopwatch.GetTimestamp();
        await run(operations);
        return operations / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
