using Calico.Datastore;

namespace Quickstart;

internal static class FollowPools
{
    public static async Task RunAsync()
    {
        await using MemoryDatastore store = new();
        ResourceStore resources = new(store);
        await resources.ApplyAsync(Resource.Parse("""
            {"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"pool-1"},"spec":{"cidr":"10.0.0.0/16"}}
            """u8));
        await foreach (SyncBatch batch in new Syncer(store, [ResourceKinds.IPPool]).RunAsync())
        {
            foreach (SyncUpdate update in batch.Updates) Console.WriteLine($"{update.ResourceKey} {(update.Item is null ? "gone" : "there")}");
            if (batch.Status == SyncStatus.InSync) break;
        }
    }
}
