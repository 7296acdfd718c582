using System.Text;
using Calico.Datastore;

namespace Calico.Datastore.Tests.Stores;

/// <summary>What every store behind the port must do; one class per store runs all of it.</summary>
public abstract class DatastoreContract : IAsyncLifetime
{
    private IDatastore? _store;

    protected IDatastore Store => _store ?? throw new InvalidOperationException("Not open.");

    protected abstract ValueTask<IDatastore> OpenAsync();

    protected static CancellationToken Bound => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(KeyValue? item) => item is null ? "(none)" : Encoding.UTF8.GetString(item.Value.Span);

    [Fact]
    public async Task A_key_that_does_not_exist_is_null()
    {
        Assert.Null(await Store.GetAsync("/a", Bound));
        Assert.Empty((await Store.ListAsync("/a/", cancellationToken: Bound)).Items);
    }

    [Fact]
    public async Task A_created_key_has_the_revision_of_its_commit()
    {
        CommitResult created = await Store.CreateAsync("/a", Bytes("1"), cancellationToken: Bound);
        Assert.True(created.Committed);
        KeyValue? read = await Store.GetAsync("/a", Bound);
        Assert.Equal("1", Text(read));
        Assert.Equal((created.Revision, created.Revision), (read!.CreateRevision, read.ModRevision));
    }

    [Fact]
    public async Task An_empty_value_is_a_value()
    {
        await Store.PutAsync("/a", default, cancellationToken: Bound);
        Assert.Equal(0, (await Store.GetAsync("/a", Bound))!.Value.Length);
        Assert.Equal(CommitOutcome.Conflict, (await Store.CreateAsync("/a", Bytes("x"), cancellationToken: Bound)).Outcome);
    }

    [Fact]
    public async Task Creating_twice_is_a_conflict_that_shows_what_is_there()
    {
        await Store.CreateAsync("/a", Bytes("1"), cancellationToken: Bound);
        CommitResult again = await Store.CreateAsync("/a", Bytes("2"), cancellationToken: Bound);
        Assert.Equal(CommitOutcome.Conflict, again.Outcome);
        Assert.Equal("1", Text(Assert.Single(again.Current)));
    }

    [Fact]
    public async Task Compare_and_swap_wants_the_last_revision()
    {
        long first = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        CommitResult swapped = await Store.CompareAndSwapAsync("/a", first, Bytes("2"), cancellationToken: Bound);
        Assert.True(swapped.Committed);
        CommitResult stale = await Store.CompareAndSwapAsync("/a", first, Bytes("3"), cancellationToken: Bound);
        Assert.Equal(CommitOutcome.Conflict, stale.Outcome);
        Assert.Equal(swapped.Revision, stale.Current[0]!.ModRevision);
        KeyValue? read = await Store.GetAsync("/a", Bound);
        Assert.Equal(("2", first, swapped.Revision), (Text(read), read!.CreateRevision, read.ModRevision));
    }

    [Fact]
    public async Task Compare_and_delete_wants_the_last_revision()
    {
        long first = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        long second = (await Store.PutAsync("/a", Bytes("2"), cancellationToken: Bound)).Revision;
        Assert.Equal(CommitOutcome.Conflict, (await Store.CompareAndDeleteAsync("/a", first, Bound)).Outcome);
        Assert.True((await Store.CompareAndDeleteAsync("/a", second, Bound)).Committed);
        CommitResult gone = await Store.CompareAndDeleteAsync("/a", second, Bound);
        Assert.Equal(CommitOutcome.Conflict, gone.Outcome);
        Assert.Null(gone.Current[0]);
    }

    [Fact]
    public async Task A_key_made_again_is_new()
    {
        await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound);
        await Store.DeleteAsync("/a", Bound);
        long again = (await Store.CreateAsync("/a", Bytes("2"), cancellationToken: Bound)).Revision;
        Assert.Equal(again, (await Store.GetAsync("/a", Bound))!.CreateRevision);
    }

    [Fact]
    public async Task Deleting_nothing_changes_nothing()
    {
        long before = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        Assert.Equal(before, (await Store.DeleteAsync("/b", Bound)).Revision);
    }

    [Fact]
    public async Task A_list_is_ordered_and_ends_at_its_prefix()
    {
        foreach (string key in (string[])["/p/b", "/p/a", "/p", "/pq", "/p/a/c", "/p/Ω", "/q"])
            await Store.PutAsync(key, Bytes(key), cancellationToken: Bound);
        KeyValueList list = await Store.ListAsync("/p/", cancellationToken: Bound);
        Assert.Equal(["/p/a", "/p/a/c", "/p/b", "/p/Ω"], list.Items.Select(i => i.Key));
        Assert.Equal(7, (await Store.ListAsync("", cancellationToken: Bound)).Items.Count);
        Assert.Equal(list.Revision, (await Store.ListAsync("", cancellationToken: Bound)).Items.Max(i => i.ModRevision));
        Assert.All((await Store.ListAsync("/p/", keysOnly: true, Bound)).Items, item => Assert.Equal(0, item.Value.Length));
    }

    [Fact]
    public async Task A_transaction_is_all_or_nothing()
    {
        long a = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        CommitResult refused = await Store.CommitAsync(new Transaction().Require("/a", a).Require("/c", 1).Put("/a", Bytes("2")).Put("/b", Bytes("2")), Bound);
        Assert.Equal(CommitOutcome.Conflict, refused.Outcome);
        Assert.Equal(["1", "(none)"], refused.Current.Select(Text));
        Assert.Equal(("1", "(none)"), (Text(await Store.GetAsync("/a", Bound)), Text(await Store.GetAsync("/b", Bound))));

        CommitResult done = await Store.CommitAsync(new Transaction().Require("/a", a).RequireAbsent("/c").Delete("/a").Put("/b", Bytes("2")).Put("/c", Bytes("3")), Bound);
        Assert.True(done.Committed);
        KeyValueList after = await Store.ListAsync("/", cancellationToken: Bound);
        Assert.Equal(["/b", "/c"], after.Items.Select(i => i.Key));
        Assert.All(after.Items, item => Assert.Equal(done.Revision, item.ModRevision));
    }

    [Fact]
    public async Task A_transaction_without_writes_is_a_check()
    {
        long a = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        Assert.True((await Store.CommitAsync(new Transaction().Require("/a", a), Bound)).Committed);
        Assert.Equal(CommitOutcome.Conflict, (await Store.CommitAsync(new Transaction().RequireAbsent("/a"), Bound)).Outcome);
    }

    [Fact]
    public void A_transaction_that_writes_a_key_twice_is_refused() =>
        Assert.Contains("/a", Assert.Throws<ArgumentException>(() => new Transaction().Put("/a", default).Delete("/a")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_watch_from_a_list_tells_every_later_change_once_in_order_with_the_value_before()
    {
        await Store.PutAsync("/w/a", Bytes("1"), cancellationToken: Bound);
        KeyValueList list = await Store.ListAsync("/w/", cancellationToken: Bound);
        await Store.PutAsync("/w/a", Bytes("2"), cancellationToken: Bound);
        Task<List<DatastoreEvent>> watching = TakeAsync("/w/", list.Revision, 4);
        await Store.PutAsync("/other", Bytes("x"), cancellationToken: Bound);
        await Store.PutAsync("/w/b", Bytes("3"), cancellationToken: Bound);
        await Store.DeleteAsync("/w/a", Bound);
        await Store.DeleteAsync("/w/b", Bound);
        List<DatastoreEvent> events = await watching;
        Assert.Equal(
            ["/w/a put 2 was 1", "/w/b create 3 was (none)", "/w/a delete  was 2", "/w/b delete  was 3"],
            events.Select(e => $"{e.Item.Key} {(e.IsDelete ? "delete" : e.IsCreate ? "create" : "put")} {Text(e.Item)} was {Text(e.Previous)}"));
        Assert.Equal(events.Select(e => e.Item.ModRevision).Order(), events.Select(e => e.Item.ModRevision));
    }

    [Fact]
    public async Task All_events_of_a_commit_come_together()
    {
        long start = (await Store.ListAsync("", cancellationToken: Bound)).Revision;
        await Store.CommitAsync(new Transaction().Put("/w/a", Bytes("1")).Put("/w/b", Bytes("1")).Put("/w/c", Bytes("1")), Bound);
        await foreach (WatchBatch batch in Store.WatchAsync("/w/", start, Bound))
        {
            if (batch.Events.Count == 0) continue;
            Assert.Equal(["/w/a", "/w/b", "/w/c"], batch.Events.Select(e => e.Item.Key));
            break;
        }
    }

    [Fact]
    public async Task A_watch_from_before_the_compaction_says_so_and_from_there_on_works()
    {
        long first = (await Store.PutAsync("/w/a", Bytes("1"), cancellationToken: Bound)).Revision;
        await Store.PutAsync("/w/a", Bytes("1.5"), cancellationToken: Bound);
        long second = (await Store.PutAsync("/w/a", Bytes("2"), cancellationToken: Bound)).Revision;
        await Store.CompactAsync(second, Bound);
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(() => TakeAsync("/w/", first - 1, 1));
        Assert.Equal(DatastoreError.Compacted, error.Error);
        Assert.Equal("2", Text(await Store.GetAsync("/w/a", Bound)));
        await Store.PutAsync("/w/a", Bytes("3"), cancellationToken: Bound);
        Assert.Equal("3", Text(Assert.Single(await TakeAsync("/w/", second, 1)).Item));
    }

    [Fact]
    public async Task Compacting_the_future_is_an_error()
    {
        long revision = (await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound)).Revision;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.CompactAsync(revision + 100, Bound));
    }

    [Fact]
    public async Task A_compacted_deletion_stays_deleted_and_the_store_keeps_its_revision()
    {
        await Store.PutAsync("/a", Bytes("1"), cancellationToken: Bound);
        long deleted = (await Store.DeleteAsync("/a", Bound)).Revision;
        await Store.CompactAsync(deleted, Bound);
        Assert.Null(await Store.GetAsync("/a", Bound));
        Assert.Equal(deleted + 1, (await Store.PutAsync("/b", Bytes("1"), cancellationToken: Bound)).Revision);
    }

    [Fact]
    public async Task A_cancelled_watch_ends()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Bound);
        Task<List<DatastoreEvent>> watching = TakeAsync("/w/", (await Store.ListAsync("", cancellationToken: Bound)).Revision, 1, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_takes_its_keys_along()
    {
        long lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(1), Bound);
        long start = (await Store.PutAsync("/l/a", Bytes("1"), lease, Bound)).Revision;
        Assert.Equal(lease, (await Store.GetAsync("/l/a", Bound))!.Lease);
        DatastoreEvent gone = Assert.Single(await TakeAsync("/l/", start, 1));
        Assert.True(gone.IsDelete);
        Assert.Equal("1", Text(gone.Previous));
        Assert.False(await Store.RenewLeaseAsync(lease, Bound));
    }

    [Fact]
    public async Task A_key_written_again_without_its_lease_outlives_it()
    {
        long lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Bound);
        await Store.PutAsync("/l/a", Bytes("1"), lease, Bound);
        await Store.PutAsync("/l/b", Bytes("1"), lease, Bound);
        await Store.PutAsync("/l/a", Bytes("2"), cancellationToken: Bound);
        Assert.True(await Store.RenewLeaseAsync(lease, Bound));
        await Store.RevokeLeaseAsync(lease, Bound);
        Assert.Equal(["/l/a"], (await Store.ListAsync("/l/", cancellationToken: Bound)).Items.Select(i => i.Key));
        await Store.RevokeLeaseAsync(lease, Bound);
    }

    [Fact]
    public async Task A_write_with_an_unknown_lease_is_refused_whole()
    {
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () =>
            await Store.CommitAsync(new Transaction().Put("/a", Bytes("1")).Put("/b", Bytes("1"), 4242), Bound));
        Assert.Equal(DatastoreError.LeaseNotFound, error.Error);
        Assert.Empty((await Store.ListAsync("", cancellationToken: Bound)).Items);
    }

    [Fact]
    public async Task A_kept_lease_lives_until_its_keeper_is_disposed()
    {
        await using (LeaseKeeper keeper = await LeaseKeeper.StartAsync(Store, TimeSpan.FromSeconds(1), cancellationToken: Bound))
        {
            await Store.PutAsync("/l/a", Bytes("1"), keeper.Lease, Bound);
            await Task.Delay(2500, Bound);
            Assert.NotNull(await Store.GetAsync("/l/a", Bound));
            Assert.False(keeper.Lost.IsCancellationRequested);
        }

        Assert.Null(await Store.GetAsync("/l/a", Bound));
    }

    [Fact]
    public async Task Writers_that_race_on_one_counter_lose_no_step()
    {
        const int Writers = 8, Steps = 25;
        await Store.PutAsync("/counter", Bytes("0"), cancellationToken: Bound);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (int done = 0; done < Steps;)
            {
                KeyValue now = (await Store.GetAsync("/counter", Bound))!;
                int next = int.Parse(Text(now), System.Globalization.CultureInfo.InvariantCulture) + 1;
                if ((await Store.CompareAndSwapAsync("/counter", now.ModRevision, Bytes($"{next}"), cancellationToken: Bound)).Committed) done++;
            }
        }, Bound)));
        Assert.Equal($"{Writers * Steps}", Text(await Store.GetAsync("/counter", Bound)));
    }

    [Fact]
    public async Task Many_watches_see_the_same_history_while_writers_write()
    {
        long start = (await Store.ListAsync("", cancellationToken: Bound)).Revision;
        Task<List<DatastoreEvent>>[] watches = [.. Enumerable.Range(0, 4).Select(_ => TakeAsync("/h/", start, 200))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++) await Store.PutAsync($"/h/{w}", Bytes($"{i}"), cancellationToken: Bound);
        }, Bound)));
        foreach (Task<List<DatastoreEvent>> watch in watches)
        {
            List<DatastoreEvent> seen = await watch;
            Assert.Equal(seen.Select(e => e.Item.ModRevision).Distinct().Order(), seen.Select(e => e.Item.ModRevision));
            foreach (IGrouping<string, DatastoreEvent> key in seen.GroupBy(e => e.Item.Key))
                Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), key.Select(e => Text(e.Item)));
        }
    }

    protected async Task<List<DatastoreEvent>> TakeAsync(string prefix, long after, int count, CancellationToken? until = null)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(until ?? Bound);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        List<DatastoreEvent> events = [];
        await foreach (WatchBatch batch in Store.WatchAsync(prefix, after, bound.Token))
        {
            events.AddRange(batch.Events);
            if (events.Count >= count) break;
        }

        return events;
    }
}
