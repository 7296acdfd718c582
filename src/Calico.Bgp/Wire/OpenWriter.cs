using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Writes OPEN messages.</summary>
public static class OpenWriter
{
    /// <summary>Writes an OPEN; the extended form (RFC 9072) is used when the capabilities need more than 255 octets.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="asn">The own AS; 23456 is written where four octets are needed.</param>
    /// <param name="holdTime">Seconds.</param>
    /// <param name="identifier">The BGP identifier as a number.</param>
    /// <param name="capabilities">What to announce.</param>
    public static void Write(IBufferWriter<byte> output, Asn asn, ushort holdTime, uint identifier, BgpCapabilities capabilities)
    {
        Span<byte> scratch = stackalloc byte[MessageFrame.MaximumLength];
        int length = CapabilityWriter.Write(scratch, capabilities);
        // One parameter holds all; its own header is 2 octets, or 3 in the extended form.
        bool extended = length + 2 > 255;
        int total = MessageFrame.HeaderLength + 10 + (extended ? 3 + 3 : length == 0 ? 0 : 2) + length;
        Span<byte> message = output.GetSpan(total)[..total];
        MessageWriter.WriteHeader(message, MessageType.Open, total);
        Span<byte> body = message[MessageFrame.HeaderLength..];
        body[0] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(body[1..], (ushort)(asn.Is2Octet ? asn : Asn.Trans).Value);
        BinaryPrimitives.WriteUInt16BigEndian(body[3..], holdTime);
        BinaryPrimitives.WriteUInt32BigEndian(body[5..], identifier);
        if (extended)
        {
            body[9] = 255;
            body[10] = 255;
            BinaryPrimitives.WriteUInt16BigEndian(body[11..], (ushort)(length + 3));
            body[13] = 2;
            BinaryPrimitives.WriteUInt16BigEndian(body[14..], (ushort)length);
        }
        else if (length > 0)
        {
            body[9] = (byte)(length + 2);
            body[10] = 2;
            body[11] = (byte)length;
        }
        else
        {
            body[9] = 0;
        }

        scratch[..length].CopyTo(message[(total - length)..]);
        output.Advance(total);
    }
}

internal static class CapabilityWriter
{
    public static int Write(Span<byte> destination, BgpCapabilities capabilities)
    {
        int at = 0;
        Span<byte> value = stackalloc byte[255];
        foreach (Family family in capabilities.Families)
        {
            WriteFamily(value, family);
            value[3] = family.Safi;
            value[2] = 0;
            at += Put(destination[at..], CapabilityCode.Multiprotocol, value[..4]);
        }

        if (capabilities.RouteRefresh) at += Put(destination[at..], CapabilityCode.RouteRefresh, []);
        if (capabilities.ExtendedNextHop.Count > 0)
        {
            int n = 0;
            foreach (Family family in capabilities.ExtendedNextHop)
            {
                BinaryPrimitives.WriteUInt16BigEndian(value[n..], family.Afi);
                BinaryPrimitives.WriteUInt16BigEndian(value[(n + 2)..], family.Safi);
                BinaryPrimitives.WriteUInt16BigEndian(value[(n + 4)..], 2);
                n += 6;
            }

            at += Put(destination[at..], CapabilityCode.ExtendedNextHop, value[..n]);
        }

        if (capabilities.ExtendedMessage) at += Put(destination[at..], CapabilityCode.ExtendedMessage, []);
        if (capabilities.Role is { } role) at += Put(destination[at..], CapabilityCode.Role, [(byte)role]);
        if (capabilities.GracefulRestart is { } restart)
        {
            ushort head = (ushort)Math.Clamp((int)restart.RestartTime.TotalSeconds, 0, 4095);
            if (restart.Restarting) head |= 0x8000;
            if (restart.Notification) head |= 0x4000;
            BinaryPrimitives.WriteUInt16BigEndian(value, head);
            int n = 2;
            foreach (GracefulRestartFamily entry in restart.Families)
            {
                WriteFamily(value[n..], entry.Family);
                value[n + 3] = (byte)(entry.ForwardingPreserved ? 0x80 : 0);
                n += 4;
            }

            at += Put(destination[at..], CapabilityCode.GracefulRestart, value[..n]);
        }

        if (capabilities.FourOctetAsn is { } asn)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value, asn.Value);
            at += Put(destination[at..], CapabilityCode.FourOctetAsn, value[..4]);
        }

        if (capabilities.AddPath.Count > 0)
        {
            int n = 0;
            foreach (AddPathFamily entry in capabilities.AddPath)
            {
                WriteFamily(value[n..], entry.Family);
                value[n + 3] = (byte)entry.Mode;
                n += 4;
            }

            at += Put(destination[at..], CapabilityCode.AddPath, value[..n]);
        }

        if (capabilities.EnhancedRouteRefresh) at += Put(destination[at..], CapabilityCode.EnhancedRouteRefresh, []);
        if (capabilities.LongLived.Count > 0)
        {
            int n = 0;
            foreach (LongLivedFamily entry in capabilities.LongLived)
            {
                WriteFamily(value[n..], entry.Family);
                int seconds = (int)Math.Clamp(entry.StaleTime.TotalSeconds, 0, 0xFFFFFF);
                value[n + 3] = (byte)(entry.ForwardingPreserved ? 0x80 : 0);
                value[n + 4] = (byte)(seconds >> 16);
                value[n + 5] = (byte)(seconds >> 8);
                value[n + 6] = (byte)seconds;
                n += 7;
            }

            at += Put(destination[at..], CapabilityCode.LongLivedGracefulRestart, value[..n]);
        }

        return at;
    }

    private static void WriteFamily(Span<byte> destination, Family family)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, family.Afi);
        destination[2] = family.Safi;
    }

    private static int Put(Span<byte> destination, CapabilityCode code, ReadOnlySpan<byte> value)
    {
        destination[0] = (byte)code;
        destination[1] = (byte)value.Length;
        value.CopyTo(destination[2..]);
        return 2 + value.Length;
    }
}
