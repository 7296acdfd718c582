using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Calico.Policy.Bench;

/// <summary>One JSON line for each figure.</summary>
internal static partial class Measure
{
    public static void Print(string figure, double value, string unit, string target = "") => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"figure\":\"{figure}\",\"value\":{value:0.###},\"unit\":\"{unit}\"{(target.Length > 0 ? $",\"target\":\"{target}\"" : "")}}}"));

    /// <summary>Processor time of the whole process, garbage collection included: on a busy machine wall-clock time says more about the neighbours.</summary>
    public static double Seconds(Action action)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    /// <summary>
    /// Times many runs of an action after a warm-up and prints median and 99th percentile in microseconds: wall-clock time and, as <c>cpu</c>, this thread's processor
    /// time, which holds the garbage collection that the action causes but not what other processes take away.
    /// </summary>
    /// <param name="figure">The name of the figure.</param>
    /// <param name="runs">How often.</param>
    /// <param name="action">What to time.</param>
    /// <param name="target">What is wanted of the 99th percentile.</param>
    /// <param name="undo">What to do after each run without timing it.</param>
    public static double Percentiles(string figure, int runs, Action<int> action, string target = "", Action<int>? undo = null)
    {
        for (int i = 0; i < Math.Min(runs / 4, 200); i++)
        {
            action(-1 - i);
            undo?.Invoke(-1 - i);
        }

        double[] times = new double[runs], cpu = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            double began = ThreadMicroseconds();
            action(i);
            cpu[i] = ThreadMicroseconds() - began;
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            undo?.Invoke(i);
        }

        Array.Sort(times);
        Array.Sort(cpu);
        int last = Math.Min(runs - 1, (int)(runs * 0.99));
        Print($"{figure}.p50", times[runs / 2], "us");
        Print($"{figure}.p99", times[last], "us", target);
        Print($"{figure}.cpu.p50", cpu[runs / 2], "us");
        Print($"{figure}.cpu.p99", cpu[last], "us", target);
        return times[runs / 2];
    }

    public static double LiveMegabytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(true) / 1e6;
    }

    private static double ThreadMicroseconds()
    {
        const int ThreadCpuTime = 3;
        _ = ClockGetTime(ThreadCpuTime, out TimeSpec time);
        return (time.Seconds * 1e6) + (time.Nanoseconds / 1e3);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
