namespace Calico.Dataplane.Kernel;

/// <summary>Repairs what others changed: the first time at once, then at most once in an interval, however often they do it.</summary>
internal sealed class RepairThrottle : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly TimeProvider _time;
    private readonly Action<ForeignChange> _repair;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private ForeignChange _pending;
    private long? _last;

    public RepairThrottle(TimeProvider time, Action<ForeignChange> repair)
    {
        (_time, _repair) = (time, repair);
        _timer = time.CreateTimer(_ => Repair(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Note(ForeignChange change)
    {
        lock (_lock)
        {
            bool waiting = _pending != ForeignChange.None;
            _pending |= change;
            if (waiting) return;
            TimeSpan left = _last is { } last ? Interval - _time.GetElapsedTime(last) : TimeSpan.Zero;
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Repair()
    {
        ForeignChange pending;
        lock (_lock)
        {
            (pending, _pending, _last) = (_pending, ForeignChange.None, _time.GetTimestamp());
        }

        if (pending != ForeignChange.None) _repair(pending);
    }

    public void Dispose() => _timer.Dispose();
}
