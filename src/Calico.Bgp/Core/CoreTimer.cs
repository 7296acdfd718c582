namespace Calico.Bgp;

/// <summary>All timers of a core in one heap. Restarting a timer for later, as each message does with the hold timer, is one assignment.</summary>
internal sealed class CoreTimers(TimeProvider time)
{
    private readonly PriorityQueue<(CoreTimer Timer, long Due), long> _queue = new();

    public TimeProvider Time { get; } = time;

    public long Now => Time.GetTimestamp();

    public long After(TimeSpan delay) => Now + (long)(delay.TotalSeconds * Time.TimestampFrequency);

    public CoreTimer Create(Action fired) => new(this, fired);

    /// <summary>Time until the first timer is due; null when none runs.</summary>
    public TimeSpan? UntilNext()
    {
        while (_queue.TryPeek(out (CoreTimer Timer, long Due) entry, out _))
        {
            if (entry.Timer.QueuedFor == entry.Due && entry.Timer.IsRunning)
            {
                long wait = Math.Max(0, entry.Due - Now);
                return TimeSpan.FromSeconds((double)wait / Time.TimestampFrequency);
            }

            _queue.Dequeue();
            if (entry.Timer.QueuedFor == entry.Due) entry.Timer.QueuedFor = long.MaxValue;
        }

        return null;
    }

    /// <summary>Fires what is due.</summary>
    public void Run()
    {
        long now = Now;
        while (_queue.TryPeek(out (CoreTimer Timer, long Due) entry, out long due) && due <= now)
        {
            _queue.Dequeue();
            CoreTimer timer = entry.Timer;
            if (timer.QueuedFor != entry.Due) continue;
            timer.QueuedFor = long.MaxValue;
            if (!timer.IsRunning) continue;
            if (timer.Due > now) Enqueue(timer);
            else timer.Fire();
        }
    }

    internal void Enqueue(CoreTimer timer)
    {
        if (timer.QueuedFor <= timer.Due) return;
        timer.QueuedFor = timer.Due;
        _queue.Enqueue((timer, timer.Due), timer.Due);
    }
}

internal sealed class CoreTimer(CoreTimers timers, Action fired)
{
    public long Due { get; private set; } = long.MaxValue;

    public bool IsRunning => Due != long.MaxValue;

    internal long QueuedFor { get; set; } = long.MaxValue;

    public void Start(TimeSpan delay)
    {
        Due = timers.After(delay);
        timers.Enqueue(this);
    }

    /// <summary>Like <see cref="Start"/> with the present time read before.</summary>
    public void StartAt(long due)
    {
        Due = due;
        timers.Enqueue(this);
    }

    public void Stop() => Due = long.MaxValue;

    internal void Fire()
    {
        Due = long.MaxValue;
        fired();
    }
}
