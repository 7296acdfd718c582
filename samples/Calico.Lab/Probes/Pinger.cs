using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Calico.Lab.Probes;

/// <summary>ICMP echo from one namespace and family (RFC 792, RFC 4443): one raw socket, answers matched by identifier and sequence number.</summary>
internal sealed class Pinger : IAsyncDisposable
{
    private const int HeaderLength = 8;
    private readonly Socket _socket;
    private readonly bool _v6;
    private readonly ushort _identifier = (ushort)Random.Shared.Next(1, 65536);
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _sequence;

    public Pinger(IPAddress source, Func<Func<Socket>, Socket> create)
    {
        _v6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        _socket = create(() => new Socket(source.AddressFamily, SocketType.Raw, _v6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp) { ReceiveBufferSize = 1 << 20 });
        _socket.Bind(new IPEndPoint(source, 0));
        _loop = ReceiveAsync();
    }

    public async Task<bool> PingAsync(IPAddress target, TimeSpan timeout)
    {
        ushort sequence = (ushort)Interlocked.Increment(ref _sequence);
        TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[sequence] = answered;
        try
        {
            await _socket.SendToAsync(Request(sequence), new IPEndPoint(target, 0));
            await answered.Task.WaitAsync(timeout);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or SocketException)
        {
            return false;
        }
        finally
        {
            _waiting.TryRemove(sequence, out _);
        }
    }

    private byte[] Request(ushort sequence)
    {
        byte[] packet = new byte[HeaderLength + 8];
        packet[0] = (byte)(_v6 ? 128 : 8);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), _identifier);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), sequence);
        if (!_v6) BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), Checksum(packet));
        return packet;
    }

    // RFC 1071; the kernel fills in ICMPv6's.
    private static ushort Checksum(ReadOnlySpan<byte> packet)
    {
        uint sum = 0;
        for (int i = 0; i < packet.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                int received = await _socket.ReceiveAsync(buffer, _stop.Token);
                Complete(buffer.AsSpan(0, received));
            }
            catch (SocketException)
            {
                // An ICMP error queued for the socket says nothing about the next answer.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Complete(ReadOnlySpan<byte> packet)
    {
        if (!_v6)
        {
            // A raw IPv4 socket gets the IP header too.
            if (packet.Length < 20) return;
            int header = (packet[0] & 0xf) * 4;
            if (packet.Length < header) return;
            packet = packet[header..];
        }

        if (packet.Length < HeaderLength || packet[0] != (_v6 ? 129 : 0) || BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) != _identifier) return;
        if (_waiting.TryGetValue(BinaryPrimitives.ReadUInt16BigEndian(packet[6..]), out TaskCompletionSource? answered)) answered.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        _stop.Dispose();
    }
}
