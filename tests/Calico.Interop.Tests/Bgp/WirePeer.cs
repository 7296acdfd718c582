using System.Net;
using System.Net.Sockets;
using Calico.Bgp;

namespace Calico.Interop.Tests.Bgp;

/// <summary>A neighbour made of a bare socket: sends what octets it is told, keeps what comes.</summary>
internal sealed class WirePeer : IDisposable
{
    private readonly Socket _socket;
    private readonly Dictionary<string, PathAttributes> _routes = [];
    private readonly List<MessageType> _types = [];

    private WirePeer(Socket socket)
    {
        _socket = socket;
        _ = ReadAsync();
    }

    public BgpError? Notification { get; private set; }

    public bool IsClosed { get; private set; }

    public static async Task<WirePeer> ConnectAsync(TestNamespaces namespaces, string from, string to)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(30);; await Task.Delay(50))
        {
            Socket socket = namespaces.CreateSocket(AddressFamily.InterNetwork);
            try
            {
                socket.NoDelay = true;
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(to), 179));
                return new WirePeer(socket);
            }
            catch (SocketException) when (DateTime.UtcNow < end)
            {
                socket.Dispose();
            }
        }
    }

    public async Task SendAsync(params byte[] octets)
    {
        try
        {
            await _socket.SendAsync(octets);
        }
        catch (SocketException)
        {
            // The other side has closed; what it said before is what counts.
        }
    }

    public Task SendKeepaliveAsync() => SendAsync([.. Enumerable.Repeat((byte)255, 16), 0, 19, 4]);

    public int Count(MessageType type)
    {
        lock (_types) return _types.Count(t => t == type);
    }

    public PathAttributes? Route(string prefix)
    {
        lock (_types) return _routes.GetValueOrDefault(prefix);
    }

    /// <summary>Closes our side and waits until the other has done so too.</summary>
    public async Task CloseAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was faster.
        }

        Assert.True(await Until(() => IsClosed, 10), "the other side closes too");
    }

    public static async Task<bool> Until(Func<bool> condition, double seconds)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(seconds); DateTime.UtcNow < end; await Task.Delay(10))
        {
            if (condition()) return true;
        }

        return condition();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 17];
        int have = 0;
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(have)) is int count and > 0)
            {
                have += count;
                int used = 0;
                lock (_types)
                {
                    while (MessageFrame.TryRead(buffer.AsSpan(used, have - used), MessageFrame.ExtendedMaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
                    {
                        Take(message);
                        used += message.Raw.Length;
                    }
                }

                buffer.AsSpan(used, have - used).CopyTo(buffer);
                have -= used;
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The end, either way.
        }

        IsClosed = true;
    }

    private void Take(in MessageFrame message)
    {
        _types.Add(message.Type);
        if (message.Type == MessageType.Notification) Notification = new NotificationReader(message.Body).ToError();
        if (message.Type != MessageType.Update) return;
        DecodedUpdate update = new UpdateDecoder(new UpdateDecoderOptions()).Decode(message.Body);
        foreach (string prefix in Prefixes(update.Withdrawn)) _routes.Remove(prefix);
        foreach (string prefix in Prefixes(update.Nlri)) _routes[prefix] = update.ToAttributes();
    }

    private static List<string> Prefixes(ReadOnlySpan<byte> field)
    {
        var prefixes = new List<string>();
        var reader = new NlriReader(Family.Ipv4Unicast, field, addPath: false);
        while (reader.TryRead(out Nlri nlri)) prefixes.Add(nlri.ToString());
        return prefixes;
    }

    public void Dispose() => _socket.Dispose();
}
