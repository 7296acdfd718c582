using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Calico.Bgp;

/// <summary>A TCP connection: one loop that reads, one that writes when there is something to write.</summary>
/// <remarks>
/// An idle connection holds no buffer. Received octets are handed to the speaker's work and the next read waits until they are used, so a flood
/// stays in the kernel. Writing never blocks the speaker: messages queue here and the core looks at <see cref="QueuedBytes"/>.
/// </remarks>
internal sealed class TcpConnection : IBgpConnection, IValueTaskSource<int>
{
    private const int ReadSize = 128 * 1024;
    private const int WriteBatch = 16;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly SpeakerWork _work;
    private readonly Queue<OutgoingBytes> _queue = new();
    private ManualResetValueTaskSourceCore<int> _used = new() { RunContinuationsAsynchronously = true };
    private long _queued;
    private bool _writing;
    private bool _announceRoom;
    private volatile bool _closing;
    private ITimer? _lingering;

    public TcpConnection(Socket socket, SpeakerWork work)
    {
        _socket = socket;
        _work = work;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    public IPEndPoint RemoteEndPoint { get; }

    public long QueuedBytes => Interlocked.Read(ref _queued);

    /// <summary>What was received and not used yet; set by the reader, read by the speaker's work.</summary>
    public ReadOnlyMemory<byte> Received { get; private set; }

    public void StartReading() => _ = ReadAsync();

    public void Send(OutgoingBytes bytes)
    {
        bool start;
        lock (_queue)
        {
            if (_closing)
            {
                bytes.Release();
                return;
            }

            _queue.Enqueue(bytes);
            long queued = Interlocked.Add(ref _queued, bytes.Length);
            if (queued > ExportLane.HighWater) _announceRoom = true;
            start = !_writing;
            _writing = true;
        }

        if (start) ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.WriteAsync(), this, preferLocal: false);
    }

    public void Close()
    {
        bool writing;
        lock (_queue)
        {
            if (_closing) return;
            _closing = true;
            writing = _writing;
        }

        _lingering = _work.Time.CreateTimer(static state => ((TcpConnection)state!).Abort(), this, Linger, Timeout.InfiniteTimeSpan);
        if (!writing) EndSending();
    }

    /// <summary>Called by the speaker's work when it has used the octets.</summary>
    public void Use(int count) => _used.SetResult(count);

    private async Task ReadAsync()
    {
        byte[]? buffer = null;
        string? reason = null;
        int have = 0;
        try
        {
            while (true)
            {
                if (buffer is null)
                {
                    await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                    buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
                }

                int count = await _socket.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None).ConfigureAwait(false);
                if (count == 0) break;
                // While closing, what still comes is taken off the kernel so that it does not answer with a reset and destroy our last message.
                if (_closing) continue;
                have += count;
                Received = buffer.AsMemory(0, have);
                _used.Reset();
                _work.Post(WorkItem.OctetsReceived(this));
                int used = await new ValueTask<int>(this, _used.Version).ConfigureAwait(false);
                have -= used;
                if (have > 0)
                {
                    buffer.AsSpan(used, have).CopyTo(buffer);
                    continue;
                }

                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
            }
        }
        catch (SocketException error)
        {
            reason = error.Message;
        }
        catch (ObjectDisposedException)
        {
        }

        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        if (_closing) Abort();
        else _work.Post(WorkItem.ConnectionClosed(this, reason));
    }

    private async Task WriteAsync()
    {
        var batch = new List<OutgoingBytes>(WriteBatch);
        var segments = new List<ArraySegment<byte>>(WriteBatch);
        bool failed = false;
        while (true)
        {
            lock (_queue)
            {
                while (batch.Count < WriteBatch && _queue.TryDequeue(out OutgoingBytes? bytes)) batch.Add(bytes);
                if (batch.Count == 0)
                {
                    _writing = false;
                    if (!_closing) return;
                    break;
                }
            }

            long length = 0;
            foreach (OutgoingBytes bytes in batch)
            {
                segments.Add(bytes.Segment);
                length += bytes.Length;
            }

            if (!failed)
            {
                try
                {
                    if (segments.Count == 1) await SendAllAsync(batch[0].Memory).ConfigureAwait(false);
                    else await _socket.SendAsync(segments, SocketFlags.None).ConfigureAwait(false);
                }
                catch (Exception error) when (error is SocketException or ObjectDisposedException)
                {
                    // The reader sees the end of the connection and reports it.
                    failed = true;
                }
            }

            foreach (OutgoingBytes bytes in batch) bytes.Release();
            batch.Clear();
            segments.Clear();
            long left = Interlocked.Add(ref _queued, -length);
            if (left < ExportLane.LowWater && _announceRoom)
            {
                _announceRoom = false;
                _work.Post(WorkItem.ConnectionWritable(this));
            }
        }

        EndSending();
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> octets)
    {
        while (!octets.IsEmpty) octets = octets[await _socket.SendAsync(octets, SocketFlags.None).ConfigureAwait(false)..];
    }

    private void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private void Abort()
    {
        _closing = true;
        _lingering?.Dispose();
        _socket.Dispose();
    }

    int IValueTaskSource<int>.GetResult(short token) => _used.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _used.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _used.OnCompleted(continuation, state, token, flags);
}
