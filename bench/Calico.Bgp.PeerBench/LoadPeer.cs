using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Calico.Bgp.PeerBench;

/// <summary>A BGP session of the load engine: sends prepared octets, counts what it has.</summary>
internal sealed class LoadPeer(Socket socket, Asn asn) : IDisposable
{
    private readonly HashSet<(uint Address, byte Length)> _have = [];
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _filled;

    public int Count => _have.Count;

    /// <summary>Dials until the speaker listens; a socket whose attempt failed is not used again.</summary>
    public static LoadPeer Connect(Func<Socket> create, string from, string to, Asn asn)
    {
        Socket socket;
        for (int i = 0; ; i++)
        {
            socket = create();
            socket.NoDelay = true;
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                socket.Connect(IPAddress.Parse(to), 179);
                break;
            }
            catch (SocketException) when (i < 200)
            {
                socket.Dispose();
                Thread.Sleep(50);
            }
        }

        var peer = new LoadPeer(socket, asn);
        peer.Open(IPAddress.Parse(from));
        return peer;
    }

    private void Open(IPAddress id)
    {
        var writer = new ArrayBufferWriter<byte>();
        byte[] octets = id.GetAddressBytes();
        OpenWriter.Write(writer, asn, 180, (uint)(octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]), new BgpCapabilities { Families = [Family.Ipv4Unicast], RouteRefresh = true, FourOctetAsn = asn });
        MessageWriter.WriteKeepalive(writer);
        socket.Send(writer.WrittenSpan);
        bool up = false;
        while (!up) Read(type => up |= type == MessageType.Keepalive);
    }

    public void Send(byte[] octets)
    {
        for (int at = 0; at < octets.Length;) at += socket.Send(octets.AsSpan(at));
    }

    /// <summary>Reads until so many prefixes are held.</summary>
    public void ReadUntil(int count)
    {
        while (_have.Count != count) Read(null);
    }

    private void Read(Action<MessageType>? seen)
    {
        int received = socket.Receive(_buffer.AsSpan(_filled));
        if (received == 0) throw new InvalidOperationException("The speaker has closed the session.");
        _filled += received;
        int at = 0;
        while (MessageFrame.TryRead(_buffer.AsSpan(at, _filled - at), MessageFrame.MaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
        {
            at += message.Raw.Length;
            seen?.Invoke(message.Type);
            if (message.Type != MessageType.Update || !UpdateReader.TryRead(message.Body, out UpdateReader update, out _)) continue;
            for (ReadOnlySpan<byte> rest = update.Withdrawn; !rest.IsEmpty;) _have.Remove(Key(ref rest));
            for (ReadOnlySpan<byte> rest = update.Nlri; !rest.IsEmpty;) _have.Add(Key(ref rest));
        }

        _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
        _filled -= at;
    }

    private static (uint Address, byte Length) Key(ref ReadOnlySpan<byte> rest)
    {
        byte length = rest[0];
        int octets = (length + 7) / 8;
        uint address = 0;
        for (int i = 0; i < octets; i++) address |= (uint)rest[1 + i] << (24 - 8 * i);
        rest = rest[(1 + octets)..];
        return (address, length);
    }

    public void Dispose() => socket.Dispose();
}
