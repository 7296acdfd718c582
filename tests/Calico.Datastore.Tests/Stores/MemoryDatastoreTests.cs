namespace Calico.Datastore.Tests.Stores;

public sealed class MemoryDatastoreTests : DatastoreContract
{
    protected override ValueTask<IDatastore> OpenAsync() => new(new MemoryDatastore());

    [Fact]
    public async Task History_is_bounded_and_a_watch_from_before_it_says_so()
    {
        await using MemoryDatastore small = new(historyCapacity: 10);
        for (int i = 0; i < 40; i++) await small.PutAsync("/a", Bytes($"{i}"), cancellationToken: Bound);
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () =>
        {
            await foreach (WatchBatch _ in small.WatchAsync("/", 1, Bound)) break;
        });
        Assert.Equal(DatastoreError.Compacted, error.Error);
        await foreach (WatchBatch batch in small.WatchAsync("/", error.CompactRevision, Bound))
        {
            Assert.Equal("39", Text(batch.Events[^1].Item));
            break;
        }
    }
}
