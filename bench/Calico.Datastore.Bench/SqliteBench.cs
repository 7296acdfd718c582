using SQLitePCL;

namespace Calico.Datastore.Bench;

/// <summary>The store beside a bare loop on the same library with the same durability: begin, compare, update, commit.</summary>
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
            await Rounds.CompareAsync("sqlite compare-and-swap, 1 caller", operations, new SwapLoop(store, 1, Size).RunAsync, n => Task.Run(() => bare.Run(n, new byte[Size])));
            await Rounds.CompareAsync("sqlite compare-and-swap, 32 callers, against 1 bare", operations * 3, new SwapLoop(store, 32, Size).RunAsync, n => Task.Run(() => bare.Run(n, new byte[Size])));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class BareSqlite : IDisposable
    {
        private readonly sqlite3 _database;
        private readonly sqlite3_stmt _begin, _read, _update, _commit;

        public BareSqlite(string path)
        {
            Batteries_V2.Init();
            raw.sqlite3_open(path, out _database);
            raw.sqlite3_exec(_database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv (key TEXT PRIMARY KEY, revision INTEGER, value BLOB); INSERT INTO kv VALUES ('/bench/a', 0, x'')");
            raw.sqlite3_prepare_v2(_database, "BEGIN IMMEDIATE", out _begin);
            raw.sqlite3_prepare_v2(_database, "SELECT revision FROM kv WHERE key = ?1", out _read);
            raw.sqlite3_prepare_v2(_database, "UPDATE kv SET revision = ?2, value = ?3 WHERE key = ?1", out _update);
            raw.sqlite3_prepare_v2(_database, "COMMIT", out _commit);
        }

        public void Run(int operations, byte[] value)
        {
            for (int i = 0; i < operations; i++)
            {
                Step(_begin);
                raw.sqlite3_bind_text(_read, 1, "/bench/a");
                raw.sqlite3_step(_read);
                long revision = raw.sqlite3_column_int64(_read, 0);
                raw.sqlite3_reset(_read);
                raw.sqlite3_bind_text(_update, 1, "/bench/a");
                raw.sqlite3_bind_int64(_update, 2, revision + 1);
                raw.sqlite3_bind_blob(_update, 3, value);
                Step(_update);
                Step(_commit);
            }
        }

        public void Dispose()
        {
            foreach (sqlite3_stmt statement in (sqlite3_stmt[])[_begin, _read, _update, _commit]) statement.Dispose();
            _database.Dispose();
        }

        private static void Step(sqlite3_stmt statement)
        {
            if (raw.sqlite3_step(statement) is not raw.SQLITE_DONE and int code) throw new InvalidOperationException($"SQLite: {code}");
            raw.sqlite3_reset(statement);
        }
    }
}
