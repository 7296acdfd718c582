using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Calico.Bgp.Bmp;

/// <summary>Writes BMP messages (RFC 7854, 9069). What was read with the decoders and is written again has the same octets.</summary>
public static class BmpWriter
{
    private const int PeerAt = BmpFrame.HeaderLength;
    private const int AfterPeer = PeerAt + BmpPeer.Length;

    /// <summary>Writes Route Monitoring.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, in BmpRouteMonitoring message)
    {
        Span<byte> target = Begin(output, BmpMessageType.RouteMonitoring, message.Peer, message.Update.Length);
        message.Update.CopyTo(target[AfterPeer..]);
        output.Advance(target.Length);
    }

    /// <summary>Writes Peer Up.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, in BmpPeerUp message)
    {
        Span<byte> target = Begin(output, BmpMessageType.PeerUp, message.Peer, 20 + message.SentOpen.Length + message.ReceivedOpen.Length + message.Information.Length);
        Span<byte> body = target[AfterPeer..];
        body[..16].Clear();
        if (message.LocalAddress is { } local) local.TryWriteBytes(local.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? body[12..16] : body[..16], out _);
        BinaryPrimitives.WriteUInt16BigEndian(body[16..], message.LocalPort);
        BinaryPrimitives.WriteUInt16BigEndian(body[18..], message.RemotePort);
        message.SentOpen.CopyTo(body[20..]);
        message.ReceivedOpen.CopyTo(body[(20 + message.SentOpen.Length)..]);
        message.Information.CopyTo(body[(20 + message.SentOpen.Length + message.ReceivedOpen.Length)..]);
        output.Advance(target.Length);
    }

    /// <summary>Writes Peer Down.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, in BmpPeerDown message)
    {
        Span<byte> target = Begin(output, BmpMessageType.PeerDown, message.Peer, 1 + message.Data.Length);
        target[AfterPeer] = (byte)message.Reason;
        message.Data.CopyTo(target[(AfterPeer + 1)..]);
        output.Advance(target.Length);
    }

    /// <summary>Writes a Statistics Report.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, in BmpStatisticsReport message)
    {
        if (!BmpTlvReader.AreWellFormed(message.Statistics, out int count)) throw new ArgumentException("The statistics are not well-formed.", nameof(message));
        Span<byte> target = Begin(output, BmpMessageType.StatisticsReport, message.Peer, 4 + message.Statistics.Length);
        BinaryPrimitives.WriteInt32BigEndian(target[AfterPeer..], count);
        message.Statistics.CopyTo(target[(AfterPeer + 4)..]);
        output.Advance(target.Length);
    }

    /// <summary>Writes Route Mirroring.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, in BmpRouteMirroring message)
    {
        Span<byte> target = Begin(output, BmpMessageType.RouteMirroring, message.Peer, message.Items.Length);
        message.Items.CopyTo(target[AfterPeer..]);
        output.Advance(target.Length);
    }

    /// <summary>Writes Initiation or Termination.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type"><see cref="BmpMessageType.Initiation"/> or <see cref="BmpMessageType.Termination"/>.</param>
    /// <param name="message">The fields.</param>
    public static void Write(IBufferWriter<byte> output, BmpMessageType type, in BmpInformation message)
    {
        int length = BmpFrame.HeaderLength + message.Items.Length;
        Span<byte> target = output.GetSpan(length)[..length];
        WriteHeader(target, type);
        message.Items.CopyTo(target[BmpFrame.HeaderLength..]);
        output.Advance(length);
    }

    /// <summary>Writes one TLV.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">The type.</param>
    /// <param name="value">The value; at most 65,535 octets.</param>
    public static void WriteTlv(IBufferWriter<byte> output, ushort type, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue) throw new ArgumentException($"The value has {value.Length} octets; a TLV holds 65535.", nameof(value));
        Span<byte> target = output.GetSpan(4 + value.Length);
        BinaryPrimitives.WriteUInt16BigEndian(target, type);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)value.Length);
        value.CopyTo(target[4..]);
        output.Advance(4 + value.Length);
    }

    /// <summary>Writes a text TLV.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">The type.</param>
    /// <param name="text">The text; at most 65,535 octets of UTF-8.</param>
    public static void WriteText(IBufferWriter<byte> output, BmpInformationType type, string text) => WriteTlv(output, (ushort)type, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a counter of 32 bits.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">The statistic.</param>
    /// <param name="value">Its value; wraps.</param>
    public static void WriteCounter(IBufferWriter<byte> output, BmpStatistic type, long value)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)value);
        WriteTlv(output, (ushort)type, octets);
    }

    /// <summary>Writes a gauge of 64 bits, of one family or of all.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">The statistic.</param>
    /// <param name="value">Its value.</param>
    /// <param name="family">The family; null for a statistic without one.</param>
    public static void WriteGauge(IBufferWriter<byte> output, BmpStatistic type, long value, Family? family = null)
    {
        Span<byte> octets = stackalloc byte[11];
        if (family is { } f)
        {
            BinaryPrimitives.WriteUInt16BigEndian(octets, f.Afi);
            octets[2] = f.Safi;
        }

        int at = family is null ? 0 : 3;
        BinaryPrimitives.WriteInt64BigEndian(octets[at..], value);
        WriteTlv(output, (ushort)type, octets[..(at + 8)]);
    }

    private static Span<byte> Begin(IBufferWriter<byte> output, BmpMessageType type, in BmpPeer peer, int bodyLength)
    {
        int length = AfterPeer + bodyLength;
        Span<byte> target = output.GetSpan(length)[..length];
        WriteHeader(target, type);
        peer.Write(target[PeerAt..]);
        return target;
    }

    private static void WriteHeader(Span<byte> message, BmpMessageType type)
    {
        message[0] = 3;
        BinaryPrimitives.WriteInt32BigEndian(message[1..], message.Length);
        message[5] = (byte)type;
    }
}
