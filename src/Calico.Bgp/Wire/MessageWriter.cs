using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Writes KEEPALIVE, NOTIFICATION and ROUTE-REFRESH messages.</summary>
public static class MessageWriter
{
    internal static void WriteHeader(Span<byte> message, MessageType type, int length)
    {
        message[..16].Fill(0xFF);
        BinaryPrimitives.WriteUInt16BigEndian(message[16..], (ushort)length);
        message[18] = (byte)type;
    }

    /// <summary>Writes a KEEPALIVE.</summary>
    /// <param name="output">Where to.</param>
    public static void WriteKeepalive(IBufferWriter<byte> output)
    {
        WriteHeader(output.GetSpan(MessageFrame.HeaderLength), MessageType.Keepalive, MessageFrame.HeaderLength);
        output.Advance(MessageFrame.HeaderLength);
    }

    /// <summary>Writes a NOTIFICATION.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="error">The error; data beyond the 4,075 octets that fit is cut.</param>
    public static void WriteNotification(IBufferWriter<byte> output, BgpError error)
    {
        ReadOnlySpan<byte> data = error.Data.Span;
        if (data.Length > MessageFrame.MaximumLength - 21) data = data[..(MessageFrame.MaximumLength - 21)];
        int length = 21 + data.Length;
        Span<byte> message = output.GetSpan(length);
        WriteHeader(message, MessageType.Notification, length);
        message[19] = (byte)error.Code;
        message[20] = error.Subcode;
        data.CopyTo(message[21..]);
        output.Advance(length);
    }

    /// <summary>Writes a ROUTE-REFRESH.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="family">The family to send again.</param>
    /// <param name="subtype">Request, or begin or end of the answer (RFC 7313).</param>
    public static void WriteRouteRefresh(IBufferWriter<byte> output, Family family, RouteRefreshSubtype subtype = RouteRefreshSubtype.Request)
    {
        Span<byte> message = output.GetSpan(23);
        WriteHeader(message, MessageType.RouteRefresh, 23);
        BinaryPrimitives.WriteUInt16BigEndian(message[19..], family.Afi);
        message[21] = (byte)subtype;
        message[22] = family.Safi;
        output.Advance(23);
    }

    /// <summary>Writes an End-of-RIB marker (RFC 4724 section 2).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="family">The family that is complete.</param>
    public static void WriteEndOfRib(IBufferWriter<byte> output, Family family)
    {
        int length = family == Family.Ipv4Unicast ? 23 : 29;
        Span<byte> message = output.GetSpan(length)[..length];
        message.Clear();
        WriteHeader(message, MessageType.Update, length);
        if (length == 29)
        {
            message[22] = 6;
            message[23] = (byte)AttributeFlags.Optional;
            message[24] = (byte)AttributeType.MpUnreachNlri;
            message[25] = 3;
            BinaryPrimitives.WriteUInt16BigEndian(message[26..], family.Afi);
            message[28] = family.Safi;
        }

        output.Advance(length);
    }
}

/// <summary>Message subtype of a ROUTE-REFRESH (RFC 7313).</summary>
public enum RouteRefreshSubtype : byte
{
    /// <summary>A request (RFC 2918).</summary>
    Request = 0,

    /// <summary>Beginning of Route Refresh.</summary>
    Begin = 1,

    /// <summary>End of Route Refresh.</summary>
    End = 2,
}
