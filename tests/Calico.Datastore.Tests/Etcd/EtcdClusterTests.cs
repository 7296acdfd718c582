using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Calico.Datastore.Etcd;

namespace Calico.Datastore.Tests.Etcd;

public sealed class EtcdClusterTests(ITestOutputHelper output)
{
    private const int Writers = 16;

    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    /// <summary>Sixteen writers take numbers from one pool, each by a compare-and-swap of one document that lists the taken ones, and by creating a key per number.
    /// Afterwards every acknowledged number is there and nobody has another's.</summary>
    [Fact]
    public async Task With_the_leader_killed_under_load_no_number_is_given_twice_and_none_acknowledged_is_lost()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(members: 3);
        ConcurrentDictionary<int, string> acknowledged = new();
        ConcurrentBag<string> doubles = [];
        ConcurrentQueue<(long At, bool Ok)> commits = new();
        int ambiguous = 0;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Bound);
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(w)))];

        await Task.Delay(1000, Bound);
        EtcdMember leader = await server.LeaderAsync();
        long killedAt = Stopwatch.GetTimestamp();
        await leader.KillAsync();
        await Task.Delay(4000, Bound);
        leader.Start();
        await Task.Delay(1500, Bound);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await using EtcdDatastore reader = server.Open();
        Dictionary<int, string> stored = (await reader.ListAsync("/taken/", cancellationToken: Bound)).Items
            .ToDictionary(i => int.Parse(i.Key.AsSpan("/taken/".Length), System.Globalization.CultureInfo.InvariantCulture), i => Encoding.UTF8.GetString(i.Value.Span));
        long firstAfter = commits.Where(c => c.Ok && c.At > killedAt).Select(c => c.At).Where(at => Stopwatch.GetElapsedTime(killedAt, at) > TimeSpan.FromMilliseconds(300)).DefaultIfEmpty(killedAt).Min();
        output.WriteLine($"{acknowledged.Count} acknowledged, {stored.Count} stored, {ambiguous} ambiguous, service back after {Stopwatch.GetElapsedTime(killedAt, firstAfter).TotalSeconds:0.0} s");
        Assert.Empty(doubles);
        Assert.True(acknowledged.Count > 100, "too few commits to mean anything");
        foreach ((int number, string owner) in acknowledged) Assert.Equal(owner, stored.GetValueOrDefault(number));
        Assert.Equal(acknowledged.Count, stored.Count);

        async Task WriteAsync(int writer)
        {
            await using EtcdDatastore store = server.Open();
            for (int attempt = 0; !stop.IsCancellationRequested; attempt++)
            {
                string owner = $"{writer}.{attempt}";
                // Writers collide on purpose: each number is wanted by several.
                int number = attempt + writer / 4 * 100_000;
                if (!await TakeAsync(store, number, owner)) continue;
                if (!acknowledged.TryAdd(number, owner)) doubles.Add($"{number}: {owner}");
            }
        }

        async Task<bool> TakeAsync(EtcdDatastore store, int number, string owner)
        {
            byte[] value = Encoding.UTF8.GetBytes(owner);
            bool wasLost = false;
            while (true)
            {
                CommitResult result;
                try
                {
                    result = await store.CreateAsync($"/taken/{number}", value, cancellationToken: Bound);
                }
                catch (DatastoreException error) when (error.Error == DatastoreError.Unavailable)
                {
                    if (stop.IsCancellationRequested && !wasLost) return false;
                    continue;
                }

                commits.Enqueue((Stopwatch.GetTimestamp(), result.Committed));
                switch (result.Outcome)
                {
                    case CommitOutcome.Committed: return true;
                    case CommitOutcome.Conflict: return wasLost && result.Current[0]!.Value.Span.SequenceEqual(value);
                }

                // Not known: the same compare again decides, since at most one of the two succeeds.
                wasLost = true;
                Interlocked.Increment(ref ambiguous);
            }
        }
    }

    [Fact]
    public async Task Without_any_member_reads_and_commits_fail_by_name_and_in_time()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open(o => o.OperationTimeout = TimeSpan.FromSeconds(1));
        await server.Members[0].KillAsync();
        DatastoreException read = await Assert.ThrowsAsync<DatastoreException>(async () => await store.GetAsync("/a", Bound));
        Assert.Equal(DatastoreError.Unavailable, read.Error);
        Assert.Contains(server.Endpoints[0], read.Message, StringComparison.Ordinal);
        DatastoreException commit = await Assert.ThrowsAsync<DatastoreException>(async () =>
        {
            CommitResult lost = await store.PutAsync("/a", default, cancellationToken: Bound);
            // The connection that died just now may have carried the first one away; the second finds no member at all.
            Assert.Equal(CommitOutcome.Ambiguous, lost.Outcome);
            await store.PutAsync("/a", default, cancellationToken: Bound);
        });
        Assert.Equal(DatastoreError.Unavailable, commit.Error);
    }

    [Fact]
    public async Task A_cancelled_commit_is_ambiguous_not_lost()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        await store.GetAsync("/a", Bound);
        await server.Members[0].SignalAsync("STOP");
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(300));
        CommitResult result = await store.PutAsync("/a", "1"u8.ToArray(), cancellationToken: soon.Token);
        await server.Members[0].SignalAsync("CONT");
        Assert.Equal(CommitOutcome.Ambiguous, result.Outcome);
        using CancellationTokenSource already = new();
        await already.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.PutAsync("/b", default, cancellationToken: already.Token));
        Assert.Null(await store.GetAsync("/b", Bound));
    }
}
