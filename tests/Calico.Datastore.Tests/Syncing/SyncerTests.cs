using System.Text;

namespace Calico.Datastore.Tests.Syncing;

public sealed class SyncerTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statuses_come_in_order_and_the_content_before_InSync()
    {
        await using MemoryDatastore store = new();
        await store.PutAsync("/a/1", Bytes("x"));
        await store.PutAsync("/b/1", Bytes("y"));
        await store.PutAsync("/c/1", Bytes("not followed"));
        List<SyncStatus> statuses = [];
        List<string> keys = [];
        await foreach (SyncBatch batch in new Syncer(store, ["/a/", "/b/"]).RunAsync(Bound))
        {
            statuses.Add(batch.Status);
            keys.AddRange(batch.Updates.Select(u => u.Key));
            if (batch.Status == SyncStatus.InSync) break;
        }

        Assert.Equal([SyncStatus.WaitForDatastore, SyncStatus.ResyncInProgress, SyncStatus.InSync], statuses.Distinct());
        Assert.Equal(["/a/1", "/b/1"], keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_empty_datastore_is_in_sync_too()
    {
        await using MemoryDatastore store = new();
        await foreach (SyncBatch batch in new Syncer(store, ["/a/"]).RunAsync(Bound))
        {
            Assert.Empty(batch.Updates);
            if (batch.Status == SyncStatus.InSync) return;
        }
    }

    [Fact]
    public async Task Trouble_is_told_and_after_a_gap_only_the_differences()
    {
        await using GappyStore store = new();
        await store.PutAsync("/a/same", Bytes("1"));
        await store.PutAsync("/a/changes", Bytes("1"));
        await store.PutAsync("/a/goes", Bytes("1"));
        List<string> told = [];
        bool problem = false;
        await foreach (SyncBatch batch in new Syncer(store, ["/a/"]).RunAsync(Bound))
        {
            if (batch.Problem is not null && !problem)
            {
                problem = true;
                store.Heal();
            }

            foreach (SyncUpdate update in batch.Updates)
                told.Add($"{update.Key}:{Text(update.Previous)}->{Text(update.Item)}");
            if (batch.Status == SyncStatus.InSync && told.Count == 3 && !problem)
            {
                store.Break();
                await store.PutAsync("/a/changes", Bytes("2"));
                await store.DeleteAsync("/a/goes");
                await store.CompactAsync((await store.PutAsync("/a/comes", Bytes("1"))).Revision);
            }

            if (told.Count == 6) break;
        }

        Assert.True(problem);
        Assert.Equal(["/a/changes:1->2", "/a/comes:->1", "/a/goes:1->"], told.Skip(3).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_slow_consumer_misses_nothing()
    {
        await using MemoryDatastore store = new(historyCapacity: 50);
        Dictionary<string, string> mirror = [];
        int batches = 0;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Bound);
        await foreach (SyncBatch batch in new Syncer(store, ["/a/"]).RunAsync(Bound))
        {
            foreach (SyncUpdate update in batch.Updates)
            {
                Assert.Equal(mirror.GetValueOrDefault(update.Key, ""), Text(update.Previous));
                if (update.Item is null) mirror.Remove(update.Key);
                else mirror[update.Key] = Text(update.Item);
            }

            if (batch.Status == SyncStatus.InSync && batches++ < 30)
            {
                for (int i = 0; i < 40; i++) await store.PutAsync($"/a/{i % 7}", Bytes($"{batches}.{i}"));
                await store.DeleteAsync($"/a/{batches % 7}");
                await store.PutAsync("/a/last", Bytes($"{batches}"));
            }

            if (mirror.GetValueOrDefault("/a/last") == "30") break;
        }

        Assert.Equal((await store.ListAsync("/a/")).Items.ToDictionary(i => i.Key, Text), mirror);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(KeyValue? item) => item is null ? "" : Encoding.UTF8.GetString(item.Value.Span);
}
