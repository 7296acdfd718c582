using System.Collections.Concurrent;

namespace Calico.Bgp;

/// <summary>Something for the core to do.</summary>
internal readonly record struct WorkItem(WorkKind Kind, object Subject, object? Detail = null)
{
    public static WorkItem OctetsReceived(TcpConnection connection) => new(WorkKind.OctetsReceived, connection);
    public static WorkItem ConnectionClosed(TcpConnection connection, string? reason) => new(WorkKind.ConnectionClosed, connection, reason);
    public static WorkItem ConnectionWritable(TcpConnection connection) => new(WorkKind.ConnectionWritable, connection);
    public static WorkItem Call(Action call) => new(WorkKind.Call, call);
}

internal enum WorkKind
{
    OctetsReceived,
    ConnectionClosed,
    ConnectionWritable,
    Call,
}

/// <summary>
/// Runs the core, one piece of work at a time, on whichever thread brings work while nobody else runs it: no thread of its own, no lock held, no
/// hop when the speaker is idle.
/// </summary>
internal sealed class SpeakerWork : IDisposable
{
    // A flush at the latest after so many changed destinations: early enough to keep the writers busy, late enough to pack well.
    private const int FlushAfter = 16384;
    private readonly ConcurrentQueue<WorkItem> _queue = new();
    private readonly ITimer _timer;
    private int _running;
    private long _armedFor = long.MaxValue;

    public SpeakerWork(TimeProvider time)
    {
        Time = time;
        Action alarmIsOver = () => _armedFor = long.MaxValue;
        _timer = time.CreateTimer(_ => Post(WorkItem.Call(alarmIsOver)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeProvider Time { get; }

    public BgpCore Core { get; set; } = null!;

    /// <summary>Adds work and does it here, unless somebody is at it. Only for threads that have nothing better to do.</summary>
    public void Post(WorkItem item)
    {
        _queue.Enqueue(item);
        if (Interlocked.CompareExchange(ref _running, 1, 0) == 0) Drain();
    }

    /// <summary>Adds work that the thread pool does.</summary>
    public void Schedule(WorkItem item)
    {
        _queue.Enqueue(item);
        if (Interlocked.CompareExchange(ref _running, 1, 0) == 0) ThreadPool.UnsafeQueueUserWorkItem(static work => work.Drain(), this, preferLocal: false);
    }

    private void Drain()
    {
        do
        {
            Guarded("timers", Core.RunTimers);
            while (_queue.TryDequeue(out WorkItem item))
            {
                Do(item);
                if (Core.PendingChanges >= FlushAfter) Guarded("flush", Core.Flush);
            }

            Guarded("flush", Core.Flush);
            Arm();
            Volatile.Write(ref _running, 0);
        }
        while (!_queue.IsEmpty && Interlocked.CompareExchange(ref _running, 1, 0) == 0);
    }

    private void Do(WorkItem item)
    {
        switch (item.Kind)
        {
            case WorkKind.OctetsReceived:
                Receive((TcpConnection)item.Subject);
                break;
            case WorkKind.ConnectionClosed:
                Guarded("a closed connection", () => Core.Closed((TcpConnection)item.Subject, (string?)item.Detail));
                ((TcpConnection)item.Subject).Close();
                break;
            case WorkKind.ConnectionWritable:
                Guarded("flush", Core.Flush);
                break;
            default:
                Guarded("a call", (Action)item.Subject);
                break;
        }
    }

    private void Receive(TcpConnection connection)
    {
        int used = connection.Received.Length;
        try
        {
            used = Core.Received(connection, connection.Received.Span);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A fault of ours costs this one session, nothing else.
            Core.Log.InternalError(error, connection.RemoteEndPoint.ToString());
            Guarded("a faulty session", () => Core.Closed(connection, "internal error"));
            connection.Close();
        }

        connection.Use(used);
    }

    /// <summary>A fault is logged and the work goes on: one that escaped would stop the speaker for ever.</summary>
    private void Guarded(string what, Action act)
    {
        try
        {
            act();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Core.Log.InternalError(error, what);
        }
    }

    private void Arm()
    {
        if (Core.UntilNextTimer is not { } wait) return;
        long now = Time.GetTimestamp();
        long due = now + (long)(wait.TotalSeconds * Time.TimestampFrequency);
        // An earlier alarm that is still to come looks again by itself.
        if (_armedFor > now && _armedFor <= due) return;
        _armedFor = due;
        // Timers cut off fractions of a millisecond: up, or the alarm comes before anything is due.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds) + 1), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
