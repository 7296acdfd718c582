namespace Calico.Datastore.Sqlite.Storage;

/// <summary>The statements that read, on one connection.</summary>
internal sealed class ReadSession(Database database) : IDisposable
{
    private const string Columns = "v.key, v.value, v.created, v.id, v.lease";

    /// <summary>After every key that begins with the prefix: SQLite compares the UTF-8 bytes.</summary>
    private const string AfterPrefix = "\U0010ffff";

    private readonly Statement _begin = database.Prepare("BEGIN");
    private readonly Statement _end = database.Prepare("COMMIT");
    private readonly Statement _revision = database.Prepare("SELECT max(id) FROM version");
    private readonly Statement _compacted = database.Prepare("SELECT revision FROM compaction");
    private readonly Statement _get = database.Prepare($"SELECT {Columns} FROM head h JOIN version v ON v.id = h.version WHERE h.key = ?1");
    private readonly Statement _list = database.Prepare($"SELECT {Columns} FROM head h JOIN version v ON v.id = h.version WHERE h.key >= ?1 AND h.key < ?2 ORDER BY h.key");
    private readonly Statement _listKeys = database.Prepare("SELECT key, x'', created, version, lease FROM head WHERE key >= ?1 AND key < ?2 ORDER BY key");
    private readonly Statement _dataVersion = database.Prepare("PRAGMA data_version");
    private readonly Statement _nextExpiry = database.Prepare("SELECT min(expires) FROM lease");
    private readonly Statement _changes = database.Prepare($"""
        SELECT {Columns}, v.deleted, v.previous, p.value, p.created, p.lease FROM version v LEFT JOIN version p ON p.id = v.previous
        WHERE v.id >= ?1 AND v.id < ?2 AND v.key >= ?3 AND v.key < ?4 ORDER BY v.id
        """);

    public KeyValue? Get(string key)
    {
        if (!_get.Bind(1, key).Step()) return null;
        KeyValue found = Row(_get);
        _get.Reset();
        return found;
    }

    public KeyValueList List(string prefix, bool keysOnly) => Consistently(() =>
    {
        List<KeyValue> items = [];
        long revision = Revision();
        Statement list = keysOnly ? _listKeys : _list;
        list.Bind(1, prefix).Bind(2, prefix + AfterPrefix);
        while (list.Step()) items.Add(Row(list));
        return new KeyValueList(items, revision);
    });

    /// <summary>The changes under a prefix after a revision, up to the store's present one but at most <paramref name="limit"/> revisions on.</summary>
    public WatchBatch Changes(string prefix, long afterRevision, int limit) => Consistently(() =>
    {
        long compacted = Single(_compacted);
        if (afterRevision < compacted) throw DatastoreException.Compacted(afterRevision, compacted);
        long revision = Math.Min(Math.Max(Revision(), afterRevision), afterRevision + limit);
        List<DatastoreEvent> events = [];
        _changes.Bind(1, Schema.FirstId(afterRevision + 1)).Bind(2, Schema.FirstId(revision + 1)).Bind(3, prefix).Bind(4, prefix + AfterPrefix);
        while (_changes.Step()) events.Add(Change());
        return new WatchBatch(events, revision);
    });

    public long Revision() => Schema.Revision(Single(_revision));

    /// <summary>Differs from the last look when another connection, of any process, has committed in between.</summary>
    public long DataVersion() => Single(_dataVersion);

    /// <summary>When the first lease runs out, in Unix milliseconds; 0 = there is none.</summary>
    public long NextExpiry() => Single(_nextExpiry);

    public void Dispose() => database.Dispose();

    internal static KeyValue Row(Statement row) => new(row.Text(0), row.Blob(1), row.Int64(2), Schema.Revision(row.Int64(3)), row.Int64(4));

    private DatastoreEvent Change()
    {
        KeyValue version = Row(_changes);
        bool deleted = _changes.Int64(5) != 0;
        long previousRevision = Schema.Revision(_changes.Int64(6));
        if (deleted)
        {
            KeyValue before = new(version.Key, version.Value, version.CreateRevision, previousRevision, version.Lease);
            return new(new(version.Key, default, 0, version.ModRevision), before, IsDelete: true);
        }

        KeyValue? previous = previousRevision == 0 || _changes.IsNull(7)
            ? null
            : new(version.Key, _changes.Blob(7), _changes.Int64(8), previousRevision, _changes.Int64(9));
        return new(version, previous, IsDelete: false);
    }

    private static long Single(Statement statement)
    {
        statement.Step();
        long value = statement.Int64(0);
        statement.Reset();
        return value;
    }

    private T Consistently<T>(Func<T> read)
    {
        _begin.Run();
        try
        {
            return read();
        }
        finally
        {
            _list.Reset();
            _listKeys.Reset();
            _changes.Reset();
            if (database.InTransaction) _end.Run();
        }
    }
}
