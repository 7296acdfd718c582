namespace Calico.Bgp.Testing;

/// <summary>What will happen, by time. Events of the same instant come in an order that the seed decides.</summary>
internal sealed class EventQueue(VirtualTime time, Random random)
{
    private readonly PriorityQueue<Action, (long At, int Tie, long Number)> _queue = new();
    private long _number;

    public long NextAt => _queue.TryPeek(out _, out (long At, int, long) key) ? key.At : long.MaxValue;

    public void Add(long at, Action action) => _queue.Enqueue(action, (Math.Max(at, time.Ticks), random.Next(), _number++));

    /// <summary>The next event; the clock moves to it.</summary>
    public Action Take()
    {
        _queue.TryDequeue(out Action? action, out (long At, int, long) key);
        time.MoveTo(key.At);
        return action!;
    }
}

internal sealed class VirtualTime : TimeProvider
{
    public long Ticks { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Ticks);

    public void MoveTo(long ticks) => Ticks = Math.Max(Ticks, ticks);
}
