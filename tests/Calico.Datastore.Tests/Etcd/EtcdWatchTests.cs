using System.Text;
using Calico.Datastore.Etcd;

namespace Calico.Datastore.Tests.Etcd;

public sealed class EtcdWatchTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_over_a_killed_and_restarted_server_tells_every_event_once()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        long start = (await store.ListAsync("", cancellationToken: Bound)).Revision;
        Task<List<long>> watching = CollectAsync(store, start, "end");
        Dictionary<long, string> written = [];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 20; i++)
            {
                CommitResult put = await store.PutAsync($"/w/{i}", Encoding.UTF8.GetBytes($"{round}"), cancellationToken: Bound);
                if (put.Committed) written.Add(put.Revision, "");
            }

            await server.Members[0].KillAsync();
            server.Members[0].Start();
            await store.GetAsync("/ready", Bound);
        }

        CommitResult end = await store.PutAsync("/w/end", "end"u8.ToArray(), cancellationToken: Bound);
        written.Add(end.Revision, "");
        List<long> seen = await watching;
        Assert.Equal(seen.Distinct().Order(), seen);
        Assert.Subset(seen.ToHashSet(), written.Keys.ToHashSet());
    }

    [Fact]
    public async Task A_member_that_hangs_is_left_for_another()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(members: 3);
        EtcdMember leader = await server.LeaderAsync();
        EtcdMember follower = server.Members.First(m => m != leader);
        // Only the one that will hang is known at first: put it in front.
        await using EtcdDatastore store = new(new EtcdDatastoreOptions { Endpoints = [follower.ClientUrl, leader.ClientUrl], KeepAlive = TimeSpan.FromSeconds(5) });
        await using EtcdDatastore other = new(leader.ClientUrl);
        long start = (await store.ListAsync("", cancellationToken: Bound)).Revision;
        Task<List<long>> watching = CollectAsync(store, start, "end");
        await other.PutAsync("/w/a", "1"u8.ToArray(), cancellationToken: Bound);
        await follower.SignalAsync("STOP");
        try
        {
            await other.PutAsync("/w/a", "2"u8.ToArray(), cancellationToken: Bound);
            Assert.Equal("2", Encoding.UTF8.GetString((await store.GetAsync("/w/a", Bound))!.Value.Span));
            await other.PutAsync("/w/end", "end"u8.ToArray(), cancellationToken: Bound);
            Assert.Equal(3, (await watching).Count);
        }
        finally
        {
            await follower.SignalAsync("CONT");
        }
    }

    [Fact]
    public async Task A_watch_that_missed_the_compaction_says_so_and_a_syncer_heals_it()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        await using EtcdDatastore store = server.Open();
        await store.PutAsync("/w/gone", "1"u8.ToArray(), cancellationToken: Bound);
        long start = (await store.PutAsync("/w/a", "1"u8.ToArray(), cancellationToken: Bound)).Revision;
        for (int i = 0; i < 5; i++) await store.PutAsync("/w/a", "2"u8.ToArray(), cancellationToken: Bound);
        long now = (await store.DeleteAsync("/w/gone", Bound)).Revision;
        await store.CompactAsync(now, Bound);
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(() => CollectAsync(store, start, "never"));
        Assert.Equal((DatastoreError.Compacted, now), (error.Error, error.CompactRevision));
        await store.CompactAsync(now, Bound);
    }

    [Fact]
    public async Task Large_transactions_come_in_one_batch_though_etcd_sends_fragments()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(arguments: _ => ["--max-request-bytes", "20000000"]);
        await using EtcdDatastore store = server.Open();
        long start = (await store.ListAsync("", cancellationToken: Bound)).Revision;
        Transaction large = new();
        for (int i = 0; i < 8; i++) large.Put($"/w/{i}", new byte[1_000_000]);
        Assert.True((await store.CommitAsync(large, Bound)).Committed);
        await foreach (WatchBatch batch in store.WatchAsync("/w/", start, Bound))
        {
            if (batch.Events.Count == 0) continue;
            Assert.Equal(8, batch.Events.Count);
            break;
        }
    }

    private static async Task<List<long>> CollectAsync(EtcdDatastore store, long start, string last)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Bound);
        bound.CancelAfter(TimeSpan.FromSeconds(60));
        List<long> revisions = [];
        await foreach (WatchBatch batch in store.WatchAsync("/w/", start, bound.Token))
        {
            revisions.AddRange(batch.Events.Select(e => e.Item.ModRevision));
            if (batch.Events.Any(e => Encoding.UTF8.GetString(e.Item.Value.Span) == last)) break;
        }

        return revisions;
    }
}
