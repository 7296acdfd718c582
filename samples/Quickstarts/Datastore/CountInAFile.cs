using Calico.Datastore;
using Calico.Datastore.Sqlite;

namespace Quickstart;

internal static class CountInAFile
{
    public static async Task RunAsync(string path)
    {
        await using SqliteDatastore store = new(path);
        CommitResult created = await store.CreateAsync("/counter", "1"u8.ToArray());
        if (created.Committed)
            await store.CompareAndSwapAsync("/counter", created.Revision, "2"u8.ToArray());
        Console.WriteLine((await store.GetAsync("/counter"))!.ModRevision);
    }
}
