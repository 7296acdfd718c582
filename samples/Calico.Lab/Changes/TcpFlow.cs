using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calico.Lab.Probes;

namespace Calico.Lab.Changes;

/// <summary>One connection that asks and waits for its echo, on and on. It must never break; the longest wait is its stall.</summary>
internal sealed class TcpFlow : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Task _loop;
    private readonly CancellationTokenSource _stop = new();
    private long _exchanges;
    private long _longest;
    private long _waitingSince;

    private TcpFlow(Probe path, Socket socket)
    {
        Path = path;
        _socket = socket;
        _loop = RunAsync();
    }

    public static async Task<TcpFlow> StartAsync(Probe path, Func<string, Func<Socket>, Socket> createIn, CancellationToken cancellation)
    {
        Socket socket = createIn(path.From.Namespace, () => new Socket(path.FromAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        socket.Bind(new IPEndPoint(path.FromAddress, 0));
        await socket.ConnectAsync(new IPEndPoint(path.ToAddress, path.Port), cancellation);
        return new TcpFlow(path, socket);
    }

    public Probe Path { get; }

    public bool Broken { get; private set; }

    public long Exchanges => Interlocked.Read(ref _exchanges);

    /// <summary>The longest time that one exchange took since the last call.</summary>
    public TimeSpan TakeLongestStall()
    {
        long current = Stopwatch.GetTimestamp() - Interlocked.Read(ref _waitingSince);
        return Stopwatch.GetElapsedTime(0, Math.Max(Interlocked.Exchange(ref _longest, 0), current));
    }

    private async Task RunAsync()
    {
        byte[] buffer = new byte[64];
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                long start = Stopwatch.GetTimestamp();
                Interlocked.Exchange(ref _waitingSince, start);
                await _socket.SendAsync(buffer.AsMemory(), _stop.Token);
                for (int got = 0; got < buffer.Length;)
                {
                    int received = await _socket.ReceiveAsync(buffer.AsMemory(got), _stop.Token);
                    if (received == 0)
                    {
                        Broken = true;
                        return;
                    }

                    got += received;
                }

                long took = Stopwatch.GetTimestamp() - start;
                if (took > Interlocked.Read(ref _longest)) Interlocked.Exchange(ref _longest, took);
                Interlocked.Increment(ref _exchanges);
                await Task.Delay(1, _stop.Token);
            }
        }
        catch (SocketException)
        {
            Broken = true;
        }
        catch (OperationCanceledException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _socket.Dispose();
        _stop.Dispose();
    }
}
