using System.Net;
using System.Net.Sockets;

namespace Calico.Lab.Probes;

/// <summary>Listens on every probed port of every target: TCP accepts and echoes, UDP echoes. Ping is the kernel's own.</summary>
internal sealed class Responders(Func<string, Func<Socket>, Socket> createIn) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _loops = [];

    public void Serve(ProbeEnd target, ProbePorts ports)
    {
        foreach (IPAddress address in target.Addresses)
        {
            foreach (int port in ports.Tcp) Start(target, address, port, udp: false);
            foreach (int port in ports.Udp) Start(target, address, port, udp: true);
        }
    }

    /// <summary>Adds one port later on; a port that is served already stays as it is.</summary>
    public void Start(ProbeEnd target, IPAddress address, int port, bool udp)
    {
        Socket? socket = null;
        try
        {
            socket = createIn(target.Namespace, () => udp
                ? new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 }
                : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            socket.Bind(new IPEndPoint(address, port));
            if (!udp) socket.Listen(512);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket?.Dispose();
            return;
        }

        _sockets.Add(socket);
        _loops.Add(udp ? EchoDatagramsAsync(socket) : AcceptAsync(socket));
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                _ = EchoStreamAsync(await listener.AcceptAsync(_stop.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task EchoStreamAsync(Socket connection)
    {
        using (connection)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (await connection.ReceiveAsync(buffer, _stop.Token) is > 0 and int received)
                    await connection.SendAsync(buffer.AsMemory(0, received), _stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
            }
        }
    }

    private async Task EchoDatagramsAsync(Socket socket)
    {
        byte[] buffer = new byte[2048];
        SocketAddress from = new(socket.AddressFamily);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                int received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token);
                await socket.SendToAsync(buffer.AsMemory(0, received), SocketFlags.None, from, _stop.Token);
            }
            catch (SocketException)
            {
                // An ICMP error about an earlier answer; the next question may be fine.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (Socket socket in _sockets) socket.Dispose();
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }
}
