using System.Collections.Concurrent;
using System.Text;
using Calico.Datastore.Etcd;

namespace Calico.Datastore.Tests.Etcd;

/// <summary>Commits that go to etcd together: each still has its own outcome.</summary>
public sealed class EtcdGroupCommitTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_under_way_at_once_share_revisions_and_are_all_there()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Task.Run(() => store.CreateAsync($"/k/{i:000}", Bytes(i), cancellationToken: Bound).AsTask(), Bound)));
        Assert.All(results, result => Assert.Equal(CommitOutcome.Committed, result.Outcome));
        Assert.True(results.Select(result => result.Revision).Distinct().Count() < 300, "no two went together");
        KeyValueList list = await store.ListAsync("/k/", cancellationToken: Bound);
        Assert.Equal(300, list.Items.Count);
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(Bytes(i), list.Items[i].Value.ToArray());
            Assert.Equal(results[i].Revision, list.Items[i].ModRevision);
        }
    }

    [Fact]
    public async Task A_conflict_is_told_to_its_own_commit_alone()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        for (int i = 0; i < 120; i += 3) await store.PutAsync($"/k/{i}", "old"u8.ToArray(), cancellationToken: Bound);
        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, 120).Select(i => Task.Run(() => store.CreateAsync($"/k/{i}", Bytes(i), cancellationToken: Bound).AsTask(), Bound)));
        for (int i = 0; i < 120; i++)
        {
            Assert.Equal(i % 3 == 0 ? CommitOutcome.Conflict : CommitOutcome.Committed, results[i].Outcome);
            if (i % 3 == 0) Assert.Equal("old"u8.ToArray(), results[i].Current[0]!.Value.ToArray());
        }
    }

    [Fact]
    public async Task Commits_on_one_key_and_swaps_of_two_keys_stay_serial()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        await store.PutAsync("/a", Bytes(0), cancellationToken: Bound);
        await store.PutAsync("/b", Bytes(0), cancellationToken: Bound);
        ConcurrentBag<CommitOutcome> outcomes = [];
        for (int round = 0; round < 20; round++)
        {
            KeyValue a = (await store.GetAsync("/a", Bound))!, b = (await store.GetAsync("/b", Bound))!;
            // Each reads one and writes the other: of any two that cross, only one may succeed.
            await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
            {
                Transaction cross = i % 2 == 0
                    ? new Transaction().Require("/a", a.ModRevision).Put("/b", Bytes(i))
                    : new Transaction().Require("/b", b.ModRevision).Put("/a", Bytes(i));
                outcomes.Add((await store.CommitAsync(cross, Bound)).Outcome);
            })));
            bool aChanged = (await store.GetAsync("/a", Bound))!.ModRevision != a.ModRevision, bChanged = (await store.GetAsync("/b", Bound))!.ModRevision != b.ModRevision;
            Assert.True(aChanged ^ bChanged, "both crossed");
        }
    }

    [Fact]
    public async Task One_that_is_refused_does_not_take_the_others_along()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        Task<CommitResult>[] commits = [.. Enumerable.Range(0, 60).Select(i => Task.Run(() => store.CommitAsync(new Transaction().Put($"/k/{i}", Bytes(i), lease: i == 30 ? 4711 : 0), Bound).AsTask(), Bound))];
        for (int i = 0; i < 60; i++)
        {
            if (i == 30) Assert.Equal(DatastoreError.LeaseNotFound, (await Assert.ThrowsAsync<DatastoreException>(() => commits[i])).Error);
            else Assert.Equal(CommitOutcome.Committed, (await commits[i]).Outcome);
        }
    }

    [Fact]
    public async Task Whoever_gives_up_while_waiting_wrote_nothing_or_cannot_know()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        await store.GetAsync("/a", Bound);
        await server.Members[0].SignalAsync("STOP");
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(300));
        Task<CommitResult>[] commits = [.. Enumerable.Range(0, 20).Select(i => Task.Run(() => store.CreateAsync($"/k/{i}", Bytes(i), cancellationToken: soon.Token).AsTask(), Bound))];
        await Task.WhenAll(commits).ContinueWith(static _ => { }, TaskScheduler.Default);
        await server.Members[0].SignalAsync("CONT");
        HashSet<string> there = [.. (await store.ListAsync("/k/", cancellationToken: Bound)).Items.Select(item => item.Key)];
        for (int i = 0; i < 20; i++)
        {
            if (commits[i].IsCanceled) Assert.DoesNotContain($"/k/{i}", there);
            else Assert.Equal(CommitOutcome.Ambiguous, (await commits[i]).Outcome);
        }
    }

    private static byte[] Bytes(int number) => Encoding.ASCII.GetBytes($"{number}");
}
