using SQLitePCL;

namespace Calico.Datastore.Sqlite.Storage;

/// <summary>One connection to the file; used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    public Database(string path, TimeSpan busyTimeout)
    {
        int code = raw.sqlite3_open_v2(path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            BusyTimeout(busyTimeout);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>How long SQLite itself blocks the thread while the file is locked.</summary>
    public void BusyTimeout(TimeSpan timeout) => Check(raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds));

    /// <summary>Runs statements that give no rows.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>A statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out sqlite3_stmt statement));
        Statement prepared = new(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    public long Scalar(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out sqlite3_stmt statement));
        using (statement)
        {
            int code = raw.sqlite3_step(statement);
            if (code != raw.SQLITE_ROW) Check(code);
            return raw.sqlite3_column_int64(statement, 0);
        }
    }

    /// <summary>The file, or the file system it lies on, cannot be written by us.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(_handle, "main") == 1;

    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    public void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW) return;
        throw new SqliteError(code, raw.sqlite3_errmsg(_handle).utf8_to_string() ?? "unknown error");
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements) statement.Dispose();
        _handle.Dispose();
    }
}
