namespace Calico.Datastore.Sqlite.Storage;

/// <summary>The statements that write, on the one writing connection. Every method but <see cref="TryBegin"/> runs inside its transaction.</summary>
internal sealed class WriteSession(Database database, SqliteDatastoreOptions options) : IDisposable
{
    private readonly Statement _begin = database.Prepare("BEGIN IMMEDIATE");
    private readonly Statement _commit = database.Prepare("COMMIT");
    private readonly Statement _rollback = database.Prepare("ROLLBACK");
    private readonly Statement _revision = database.Prepare("SELECT max(id) FROM version");
    private readonly Statement _head = database.Prepare("SELECT version, created FROM head WHERE key = ?1");
    private readonly Statement _get = database.Prepare("SELECT v.key, v.value, v.created, v.id, v.lease FROM head h JOIN version v ON v.id = h.version WHERE h.key = ?1");
    private readonly Statement _append = database.Prepare("INSERT INTO version VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)");
    private readonly Statement _insertHead = database.Prepare("INSERT INTO head VALUES (?1, ?2, ?3, ?4)");
    private readonly Statement _updateHead = database.Prepare("UPDATE head SET version = ?2, lease = ?3 WHERE key = ?1");
    private readonly Statement _appendDeletion = database.Prepare("INSERT INTO version SELECT ?1, key, created, id, 1, lease, value FROM version WHERE id = ?2");
    private readonly Statement _deleteHead = database.Prepare("DELETE FROM head WHERE key = ?1");
    private readonly Statement _leaseExists = database.Prepare("SELECT 1 FROM lease WHERE id = ?1");
    private readonly Statement _grant = database.Prepare("INSERT INTO lease (ttl, expires) VALUES (?1, ?2) RETURNING id");
    private readonly Statement _renew = database.Prepare("UPDATE lease SET expires = ?2 + ttl WHERE id = ?1 AND expires > ?2 RETURNING id");
    private readonly Statement _endLease = database.Prepare("DELETE FROM lease WHERE id = ?1");
    private readonly Statement _expired = database.Prepare("SELECT id FROM lease WHERE expires <= ?1");
    private readonly Statement _keysOfLease = database.Prepare("SELECT key FROM head WHERE lease = ?1 ORDER BY key");
    private readonly Statement _compacted = database.Prepare("SELECT revision FROM compaction");
    private readonly Statement _compact = database.Prepare("UPDATE compaction SET revision = ?1");
    private readonly Statement _forget = database.Prepare("""
        DELETE FROM version WHERE id < ?1 AND id < (SELECT max(id) FROM version)
        AND NOT EXISTS (SELECT 1 FROM head h WHERE h.key = version.key AND h.version = version.id)
        """);

    private readonly Statement _pages = database.Prepare("SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count)");
    private readonly long _maximumPages = options.MaximumSize / Math.Max(1, database.Scalar("PRAGMA page_size"));

    private long _last;

    /// <summary>True when the transaction has written something.</summary>
    public bool Changed { get; private set; }

    public long Revision => _last;

    /// <summary>False when another connection holds the write lock.</summary>
    public bool TryBegin()
    {
        try
        {
            _begin.Run();
        }
        catch (SqliteError error) when (error.IsBusy)
        {
            return false;
        }

        _last = Schema.Revision(Number(_revision));
        Changed = false;
        return true;
    }

    public void End()
    {
        if (Changed) _commit.Run();
        else _rollback.Run();
    }

    public void Rollback()
    {
        if (database.InTransaction) _rollback.Run();
    }

    public CommitResult Commit(Transaction transaction)
    {
        foreach (Condition condition in transaction.Conditions)
        {
            if (Schema.Revision(Head(condition.Key).Version) != condition.ModRevision)
                return CommitResult.Conflicted(_last, [.. transaction.Conditions.Select(c => Get(c.Key))]);
        }

        foreach (Write write in transaction.Writes)
        {
            if (write.Lease != 0 && Number(_leaseExists.Bind(1, write.Lease)) == 0)
                throw new DatastoreException(DatastoreError.LeaseNotFound, $"{write.Key}: lease {write.Lease} does not exist.");
        }

        if (options.MaximumSize > 0 && transaction.Writes.Any(write => !write.IsDelete)) EnsureRoom();
        Apply(transaction.Writes);
        return CommitResult.Success(_last);
    }

    public long Grant(TimeSpan timeToLive)
    {
        long milliseconds = (long)Math.Ceiling(timeToLive.TotalSeconds) * 1000;
        Changed = true;
        return Number(_grant.Bind(1, milliseconds).Bind(2, Now() + milliseconds));
    }

    public bool Renew(long lease)
    {
        Changed = true;
        return Number(_renew.Bind(1, lease).Bind(2, Now())) != 0;
    }

    public void Revoke(long lease)
    {
        Changed = true;
        _endLease.Bind(1, lease).Run();
        List<Write> deletions = [];
        _keysOfLease.Bind(1, lease);
        while (_keysOfLease.Step()) deletions.Add(new(_keysOfLease.Text(0), null));
        foreach (Write[] chunk in deletions.Chunk(Schema.MaximumWrites)) Apply(chunk);
    }

    public void RevokeExpired()
    {
        List<long> over = [];
        _expired.Bind(1, Now());
        while (_expired.Step()) over.Add(_expired.Int64(0));
        foreach (long lease in over) Revoke(lease);
    }

    /// <exception cref="ArgumentOutOfRangeException">The revision is in the future.</exception>
    public void Compact(long revision)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, _last);
        if (revision <= Number(_compacted)) return;
        Changed = true;
        _compact.Bind(1, revision).Run();
        _forget.Bind(1, Schema.FirstId(revision + 1)).Run();
    }

    public void Dispose() => database.Dispose();

    /// <summary>At the size limit history is forgotten first; then only deletions go through.</summary>
    private void EnsureRoom()
    {
        if (Number(_pages) < _maximumPages) return;
        Compact(_last);
        if (Number(_pages) < _maximumPages) return;
        throw new DatastoreException(DatastoreError.Full, $"The datastore {options.Path} has reached its size limit of {options.MaximumSize} bytes; nothing was written. Deletions still work.");
    }

    private void Apply(IReadOnlyList<Write> writes)
    {
        long revision = _last + 1;
        long id = Schema.FirstId(revision);
        foreach (Write write in writes)
        {
            (long version, long created) = Head(write.Key);
            if (write.Value is { } value)
            {
                bool isNew = version == 0;
                _append.Bind(1, id).Bind(2, write.Key).Bind(3, isNew ? revision : created).Bind(4, version).Bind(5, write.Lease).Bind(6, value.Span).Run();
                if (isNew) _insertHead.Bind(1, write.Key).Bind(2, id).Bind(3, revision).Bind(4, write.Lease).Run();
                else _updateHead.Bind(1, write.Key).Bind(2, id).Bind(3, write.Lease).Run();
            }
            else if (version != 0)
            {
                _appendDeletion.Bind(1, id).Bind(2, version).Run();
                _deleteHead.Bind(1, write.Key).Run();
            }
            else continue;

            id++;
            _last = revision;
            Changed = true;
        }
    }

    private (long Version, long Created) Head(string key)
    {
        if (!_head.Bind(1, key).Step()) return (0, 0);
        (long, long) found = (_head.Int64(0), _head.Int64(1));
        _head.Reset();
        return found;
    }

    private KeyValue? Get(string key)
    {
        if (!_get.Bind(1, key).Step()) return null;
        KeyValue found = ReadSession.Row(_get);
        _get.Reset();
        return found;
    }

    private long Now() => options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The first column of the first row, 0 where there is none.</summary>
    private static long Number(Statement statement)
    {
        if (!statement.Step()) return 0;
        long value = statement.Int64(0);
        while (statement.Step())
        {
        }

        return value;
    }
}
