using Calico.Datastore.Memory;

namespace Calico.Datastore.Sqlite.Storage;

/// <summary>
/// Tells watches that something was committed: by this process at once, by others when the next look at the file's data version finds it changed.
/// Looks only while somebody watches, often while changes come in, five times more rarely when they do not. Also ends leases that ran out.
/// </summary>
internal sealed class ChangeMonitor(SqliteDatastoreOptions options, ReaderPool readers, Func<Task> revokeExpired) : IAsyncDisposable
{
    private static readonly TimeSpan Active = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaseInterval = TimeSpan.FromMilliseconds(500);

    private readonly ChangeSignal _changed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _looking;
    private Task? _expiring;
    private int _watches;

    /// <summary>Completes at the next change.</summary>
    public Task Next => _changed.Next;

    public CancellationToken Stopped => _stop.Token;

    public void Pulse() => _changed.Pulse();

    public void WatchBegins()
    {
        Interlocked.Increment(ref _watches);
        lock (_lock) _looking ??= LookAsync();
    }

    public void WatchEnds() => Interlocked.Decrement(ref _watches);

    public void Start() => _expiring = ExpireAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await (_looking ?? Task.CompletedTask).ConfigureAwait(false);
        await (_expiring ?? Task.CompletedTask).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ReadSession? session = null;
        long known = -1;
        long changedAt = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                session ??= readers.Take();
                long seen = Volatile.Read(ref _watches) > 0 ? session.DataVersion() : known;
                if (seen != known)
                {
                    known = seen;
                    changedAt = TimeProvider.System.GetTimestamp();
                    _changed.Pulse();
                }
            }
            catch (Exception error) when (error is SqliteError or DatastoreException)
            {
                session?.Dispose();
                session = null;
                _changed.Pulse();
            }

            bool active = TimeProvider.System.GetElapsedTime(changedAt) < Active;
            await Task.Delay(active ? options.WatchInterval : 5 * options.WatchInterval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        session?.Dispose();
    }

    private async Task ExpireAsync()
    {
        while (true)
        {
            await Task.Delay(LeaseInterval, options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested) return;
            try
            {
                long next = readers.Read(session => session.NextExpiry());
                if (next != 0 && next <= options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds()) await revokeExpired().ConfigureAwait(false);
            }
            catch (Exception error) when (error is DatastoreException or ObjectDisposedException)
            {
                // Another look comes; whoever uses the store meets the error itself.
            }
        }
    }
}
