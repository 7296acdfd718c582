namespace Calico.Datastore.Bench;

/// <summary>The store beside a bare loop on the same library with the same durability.</summary>
internal static class SqliteBench
{
    private const int Size = 600;

    public static async Task RunAsync(int operations)
    {
        string folder = Directory.CreateTempSubdirectory("calico-datastore-bench-").FullName;
        try
        {
            await using Sqlite.SqliteDatastore store = new(Path.Combine(folder, "ours.db"));
            using BareSqlite bare = new(Path.Combine(folder, "bare.db"));
            await Rounds.CompareAsync("sqlite compare-and-swap, 1 caller", operations, new SwapLoop(store, 1, Size).RunAsync, n => bare.RunAsync(1, n, Size));
            await Rounds.CompareAsync("sqlite compare-and-swap, 32 callers, against 1 bare", operations * 3, new SwapLoop(store, 32, Size).RunAsync, n => bare.RunAsync(1, n, Size));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
