using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Calico.Datastore.Sqlite;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Datastore.Tests.Sqlite;

public sealed class SqliteProcessTests(ITestOutputHelper output)
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    /// <summary>How many rounds of killing; more with CALICO_LONG_TESTS=n.</summary>
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("CALICO_LONG_TESTS"), CultureInfo.InvariantCulture, out int rounds) ? rounds : 4;

    [Fact]
    public async Task A_watch_sees_every_commit_of_another_process_once_and_soon()
    {
        const int Count = 40;
        using TemporaryFolder folder = new();
        await using SqliteDatastore store = new(folder.File("store.db"));
        long start = (await store.ListAsync("", cancellationToken: Bound)).Revision;
        using StoreWorker worker = StoreWorker.Start("clock", folder.File("store.db"), $"{Count}", _ => { });
        List<double> delays = [];
        List<int> seen = [];
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Bound);
        bound.CancelAfter(TimeSpan.FromSeconds(60));
        await foreach (WatchBatch batch in store.WatchAsync("/clock/", start, bound.Token))
        {
            foreach (DatastoreEvent change in batch.Events)
            {
                string[] said = Encoding.UTF8.GetString(change.Item.Value.Span).Split(' ');
                seen.Add(int.Parse(said[0], CultureInfo.InvariantCulture));
                delays.Add(Stopwatch.GetElapsedTime(long.Parse(said[1], CultureInfo.InvariantCulture)).TotalMilliseconds);
            }

            if (seen.Count == Count) break;
        }

        delays.Sort();
        output.WriteLine($"commit to event across processes: median {delays[Count / 2]:0.0} ms, largest {delays[^1]:0.0} ms");
        Assert.Equal(Enumerable.Range(0, Count), seen);
    }

    [Fact]
    public void Processes_killed_at_any_moment_lose_nothing_acknowledged_and_give_nothing_twice() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(Rounds),
            Prop.ForAll(Gen.Choose(1, 4).Two().Zip(Gen.Choose(100, 700).ArrayOf(6)).ToArbitrary(), plan => KillRoundAsync(plan.Item1.Item1, plan.Item2).GetAwaiter().GetResult()));

    private async Task<bool> KillRoundAsync(int workers, int[] moments)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("store.db");
        ConcurrentDictionary<int, string> acknowledged = new();
        ConcurrentQueue<string> wrong = new();
        int started = 0;
        List<StoreWorker> running = [];
        StoreWorker Another()
        {
            string owner = $"w{started++}";
            return StoreWorker.Start("take", file, owner, line =>
            {
                if (line == "ready") return;
                if (!line.StartsWith("took ", StringComparison.Ordinal)) wrong.Enqueue(line);
                else if (!acknowledged.TryAdd(int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture), owner)) wrong.Enqueue($"{owner} {line} again");
            });
        }

        try
        {
            for (int i = 0; i < workers; i++) running.Add(Another());
            // A process needs its time to start on a busy machine; the first kill falls into full work.
            for (int i = 0; acknowledged.Count < 100 && wrong.IsEmpty && i < 600; i++) await Task.Delay(50);
            foreach (int moment in moments)
            {
                await Task.Delay(moment);
                int victim = moment % running.Count;
                await running[victim].KillAsync();
                running[victim].Dispose();
                running[victim] = Another();
            }

            await Task.Delay(300);
        }
        finally
        {
            foreach (StoreWorker worker in running)
            {
                await worker.KillAsync();
                worker.Dispose();
            }
        }

        await using SqliteDatastore store = new(file);
        Dictionary<int, string> stored = (await store.ListAsync("/taken/")).Items.ToDictionary(
            i => int.Parse(i.Key.AsSpan("/taken/".Length), CultureInfo.InvariantCulture), i => Encoding.UTF8.GetString(i.Value.Span));
        int counter = await store.GetAsync("/counter") is { } c ? int.Parse(Encoding.UTF8.GetString(c.Value.Span), CultureInfo.InvariantCulture) : -1;
        output.WriteLine($"{workers} workers, {started} started, {acknowledged.Count} acknowledged, {stored.Count} stored");
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.NotEmpty(acknowledged);
        Assert.Equal(Enumerable.Range(0, counter + 1), stored.Keys.Order());
        Assert.All(acknowledged, a => Assert.Equal(a.Value, stored.GetValueOrDefault(a.Key)));
        // A kill between commit and print leaves at most one unprinted number a process.
        Assert.InRange(stored.Count - acknowledged.Count, 0, started);
        return true;
    }
}
