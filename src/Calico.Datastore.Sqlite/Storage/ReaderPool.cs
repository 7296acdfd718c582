using System.Collections.Concurrent;

namespace Calico.Datastore.Sqlite.Storage;

/// <summary>Connections for reading, one per thread that reads at the same moment.</summary>
internal sealed class ReaderPool(SqliteDatastoreOptions options) : IDisposable
{
    private readonly ConcurrentBag<ReadSession> _idle = [];
    private volatile bool _disposed;

    /// <summary>Opens the file, so that a bad path is an error at once and not at the first use.</summary>
    public void Open() => Read(session => session.Revision());

    public T Read<T>(Func<ReadSession, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteDatastore));
        try
        {
            if (!_idle.TryTake(out ReadSession? session)) session = new(Schema.Open(options));
            try
            {
                return read(session);
            }
            finally
            {
                Return(session);
            }
        }
        catch (SqliteError error)
        {
            throw error.ToDatastoreException(options.Path);
        }
    }

    public ReadSession Take() => new(Schema.Open(options));

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out ReadSession? session)) session.Dispose();
    }

    private void Return(ReadSession session)
    {
        _idle.Add(session);
        if (_disposed) Dispose();
    }
}
