using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calico.Lab.Probes;

namespace Calico.Lab.Changes;

/// <summary>A thousand datagrams a second, each with its number, echoed by the far end: what does not come back was lost.</summary>
internal sealed class UdpFlow : IAsyncDisposable
{
    private const int PerSecond = 1000;
    private const int Capacity = 1 << 20;
    private readonly Socket _socket;
    private readonly Thread _sender;
    private readonly Task _receiver;
    private readonly CancellationTokenSource _stop = new();
    private readonly BitArray _answered = new(Capacity);
    private volatile int _sent;

    public UdpFlow(Probe path, Func<string, Func<Socket>, Socket> createIn)
    {
        Path = path;
        _socket = createIn(path.From.Namespace, () => new Socket(path.FromAddress.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 });
        _socket.Bind(new IPEndPoint(path.FromAddress, 0));
        _socket.Connect(path.ToAddress, path.Port);
        _receiver = ReceiveAsync();
        _sender = new Thread(Send) { IsBackground = true, Name = "lab udp flow" };
        _sender.Start();
    }

    public Probe Path { get; }

    public int Sent => _sent;

    /// <summary>Datagrams with numbers in [from, to) that never came back.</summary>
    public int Lost(int from, int to)
    {
        lock (_answered)
        {
            int lost = 0;
            for (int i = from; i < Math.Min(to, Capacity); i++)
            {
                if (!_answered[i]) lost++;
            }

            return lost;
        }
    }

    private void Send()
    {
        byte[] packet = new byte[32];
        Stopwatch clock = Stopwatch.StartNew();
        while (!_stop.IsCancellationRequested && _sent < Capacity)
        {
            int due = (int)(clock.Elapsed.TotalSeconds * PerSecond);
            for (; _sent < due; _sent++)
            {
                BinaryPrimitives.WriteInt32BigEndian(packet, _sent);
                try
                {
                    _socket.Send(packet);
                }
                catch (SocketException)
                {
                    // Counts as lost: no answer will come.
                }
            }

            Thread.Sleep(1);
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[64];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (await _socket.ReceiveAsync(buffer, _stop.Token) < 4) continue;
                int number = BinaryPrimitives.ReadInt32BigEndian(buffer);
                lock (_answered)
                {
                    if (number >= 0 && number < Capacity) _answered[number] = true;
                }
            }
            catch (SocketException)
            {
                // An ICMP error: the datagram that it is about stays unanswered.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _sender.Join();
        await _receiver;
        _socket.Dispose();
        _stop.Dispose();
    }
}
