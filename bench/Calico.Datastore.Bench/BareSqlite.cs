using System.Globalization;
using SQLitePCL;

namespace Calico.Datastore.Bench;

/// <summary>The same library with the same durability and its defaults: begin, compare, update, commit. SQLite has one writer, so one loop it is, however many callers.</summary>
internal sealed class BareSqlite : IBareStore, IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _begin, _read, _update, _insert, _commit;
    private int _runs;

    public BareSqlite(string path)
    {
        Batteries_V2.Init();
        raw.sqlite3_open(path, out _database);
        raw.sqlite3_exec(_database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv (key TEXT PRIMARY KEY, revision INTEGER, value BLOB); INSERT INTO kv VALUES ('/bench/a', 0, x'')");
        raw.sqlite3_prepare_v2(_database, "BEGIN IMMEDIATE", out _begin);
        raw.sqlite3_prepare_v2(_database, "SELECT revision FROM kv WHERE key = ?1", out _read);
        raw.sqlite3_prepare_v2(_database, "UPDATE kv SET revision = ?2, value = ?3 WHERE key = ?1", out _update);
        raw.sqlite3_prepare_v2(_database, "INSERT INTO kv VALUES (?1, ?2, ?3)", out _insert);
        raw.sqlite3_prepare_v2(_database, "COMMIT", out _commit);
    }

    public Task RunAsync(int callers, int operations, int size, int smallSize = 0) => Task.Run(() => Run(operations, new byte[size], new byte[smallSize]));

    public void Dispose()
    {
        foreach (sqlite3_stmt statement in (sqlite3_stmt[])[_begin, _read, _update, _insert, _commit]) statement.Dispose();
        _database.Dispose();
    }

    private void Run(int operations, byte[] value, byte[] small)
    {
        int run = ++_runs;
        for (int i = 0; i < operations; i++)
        {
            Step(_begin);
            raw.sqlite3_bind_text(_read, 1, "/bench/a");
            raw.sqlite3_step(_read);
            long revision = raw.sqlite3_column_int64(_read, 0);
            raw.sqlite3_reset(_read);
            Write(_update, "/bench/a", revision + 1, value);
            if (small.Length > 0) Write(_insert, string.Create(CultureInfo.InvariantCulture, $"/bench/{run}/{i}"), revision + 1, small);
            Step(_commit);
        }
    }

    private static void Write(sqlite3_stmt statement, string key, long revision, byte[] value)
    {
        raw.sqlite3_bind_text(statement, 1, key);
        raw.sqlite3_bind_int64(statement, 2, revision);
        raw.sqlite3_bind_blob(statement, 3, value);
        Step(statement);
    }

    private static void Step(sqlite3_stmt statement)
    {
        if (raw.sqlite3_step(statement) is not raw.SQLITE_DONE and int code) throw new InvalidOperationException($"SQLite: {code}");
        raw.sqlite3_reset(statement);
    }
}
