namespace Calico.Datastore.Memory;

/// <summary>Leases with their timers and the keys that die with them. The owner holds its lock around every call; <c>expired</c> is called without it.</summary>
internal sealed class Leases(TimeProvider time, Action<long> expired) : IDisposable
{
    private readonly Dictionary<long, Entry> _leases = [];
    private long _last;

    public long Grant(TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        TimeSpan whole = TimeSpan.FromSeconds(Math.Ceiling(timeToLive.TotalSeconds));
        long id = ++_last;
        ITimer timer = time.CreateTimer(_ => expired(id), null, whole, Timeout.InfiniteTimeSpan);
        _leases.Add(id, new(whole, timer, time.GetTimestamp()));
        return id;
    }

    public bool Exists(long lease) => _leases.ContainsKey(lease);

    public bool Renew(long lease)
    {
        if (!_leases.TryGetValue(lease, out Entry? entry)) return false;
        entry.RenewedAt = time.GetTimestamp();
        entry.Timer.Change(entry.TimeToLive, Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>False when it was renewed while its timer was already on the way, or the timer came early: it comes again.</summary>
    public bool IsOver(long lease)
    {
        if (!_leases.TryGetValue(lease, out Entry? entry)) return false;
        TimeSpan left = entry.TimeToLive - time.GetElapsedTime(entry.RenewedAt);
        if (left <= TimeSpan.Zero) return true;
        entry.Timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        return false;
    }

    public void Attach(long lease, string key)
    {
        if (lease != 0) _leases[lease].Keys.Add(key);
    }

    public void Detach(long lease, string key)
    {
        if (lease != 0 && _leases.TryGetValue(lease, out Entry? entry)) entry.Keys.Remove(key);
    }

    /// <summary>Forgets the lease and returns the keys to delete.</summary>
    public IReadOnlyCollection<string> Remove(long lease)
    {
        if (!_leases.Remove(lease, out Entry? entry)) return [];
        entry.Timer.Dispose();
        return entry.Keys;
    }

    public void Dispose()
    {
        foreach (Entry entry in _leases.Values) entry.Timer.Dispose();
        _leases.Clear();
    }

    private sealed class Entry(TimeSpan timeToLive, ITimer timer, long renewedAt)
    {
        public TimeSpan TimeToLive { get; } = timeToLive;
        public ITimer Timer { get; } = timer;
        public long RenewedAt { get; set; } = renewedAt;
        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);
    }
}
