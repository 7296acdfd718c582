using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>Writes UPDATE messages of any family from attributes and NLRI in wire form. Allocates nothing.</summary>
public static class UpdateWriter
{
    /// <summary>Writes an UPDATE that announces NLRI.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="family">The family of the NLRI.</param>
    /// <param name="attributes">The attributes; their next hop is written in the place the family has for it.</param>
    /// <param name="nlri">One or more NLRI in wire form (<see cref="NlriWriter"/>).</param>
    /// <param name="maximumLength">The longest message allowed, 4096 or 65535.</param>
    /// <returns>False, with nothing written, when the message would be longer.</returns>
    public static bool TryWrite(IBufferWriter<byte> output, Family family, PathAttributes attributes, ReadOnlySpan<byte> nlri, int maximumLength = MessageFrame.MaximumLength)
    {
        ReadOnlySpan<byte> wire = attributes.Wire, nextHop = attributes.NextHopWire;
        bool inField = family == Family.Ipv4Unicast && nextHop.Length == 4;
        int reach = 5 + nextHop.Length + nlri.Length;
        int attributesLength = wire.Length + (inField ? 7 : reach + (reach > 255 ? 4 : 3));
        int total = MessageFrame.HeaderLength + 4 + attributesLength + (inField ? nlri.Length : 0);
        if (total > maximumLength || attributesLength > ushort.MaxValue) return false;
        Span<byte> message = output.GetSpan(total)[..total];
        MessageWriter.WriteHeader(message, MessageType.Update, total);
        message[19] = message[20] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[21..], (ushort)attributesLength);
        int at = 23;
        if (inField)
        {
            // NEXT_HOP has its place among the attributes, which go by type.
            int before = LengthBefore(wire, AttributeType.NextHop);
            wire[..before].CopyTo(message[at..]);
            at += before;
            at += AttributeWriter.Write(message[at..], AttributeFlags.Transitive, AttributeType.NextHop, nextHop);
            wire[before..].CopyTo(message[at..]);
            at += wire.Length - before;
        }
        else
        {
            at += AttributeWriter.WriteHeader(message[at..], AttributeFlags.Optional, AttributeType.MpReachNlri, reach);
            BinaryPrimitives.WriteUInt16BigEndian(message[at..], family.Afi);
            message[at + 2] = family.Safi;
            message[at + 3] = (byte)nextHop.Length;
            nextHop.CopyTo(message[(at + 4)..]);
            message[at + 4 + nextHop.Length] = 0;
            nlri.CopyTo(message[(at + 5 + nextHop.Length)..]);
            at += reach;
            wire.CopyTo(message[at..]);
            at += wire.Length;
        }

        if (inField) nlri.CopyTo(message[at..]);
        output.Advance(total);
        return true;
    }

    /// <summary>Writes an UPDATE that withdraws NLRI.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="family">The family of the NLRI.</param>
    /// <param name="nlri">One or more NLRI in wire form.</param>
    /// <param name="maximumLength">The longest message allowed, 4096 or 65535.</param>
    /// <returns>False, with nothing written, when the message would be longer.</returns>
    public static bool TryWriteWithdrawal(IBufferWriter<byte> output, Family family, ReadOnlySpan<byte> nlri, int maximumLength = MessageFrame.MaximumLength)
    {
        bool inField = family == Family.Ipv4Unicast;
        int unreach = 3 + nlri.Length;
        int total = MessageFrame.HeaderLength + 4 + (inField ? nlri.Length : unreach + (unreach > 255 ? 4 : 3));
        if (total > maximumLength) return false;
        Span<byte> message = output.GetSpan(total)[..total];
        MessageWriter.WriteHeader(message, MessageType.Update, total);
        BinaryPrimitives.WriteUInt16BigEndian(message[19..], (ushort)(inField ? nlri.Length : 0));
        if (inField)
        {
            nlri.CopyTo(message[21..]);
            message[^2] = message[^1] = 0;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(message[21..], (ushort)(total - 23));
            int at = 23 + AttributeWriter.WriteHeader(message[23..], AttributeFlags.Optional, AttributeType.MpUnreachNlri, unreach);
            BinaryPrimitives.WriteUInt16BigEndian(message[at..], family.Afi);
            message[at + 2] = family.Safi;
            nlri.CopyTo(message[(at + 3)..]);
        }

        output.Advance(total);
        return true;
    }

    private static int LengthBefore(ReadOnlySpan<byte> wire, AttributeType type)
    {
        int length = 0;
        var reader = new AttributeReader(wire);
        while (reader.TryRead(out PathAttribute attribute) && attribute.Type < type) length += attribute.Raw.Length;
        return length;
    }
}

/// <summary>Writes NLRI in wire form.</summary>
public static class NlriWriter
{
    /// <summary>Writes a prefix (RFC 4271 section 4.3).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="pathId">The path identifier on an ADD-PATH session (RFC 7911); null without.</param>
    public static void WritePrefix(IBufferWriter<byte> output, IPNetwork prefix, uint? pathId = null) =>
        output.Advance(NlriForm.Write(IpPrefix.From(prefix), pathId, output.GetSpan(21)));

    /// <summary>Writes a labelled prefix (RFC 8277), or with a route distinguisher a VPN prefix (RFC 4364).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="label">The label, 0 to 1048575; 0x80000 stands for "none" in a withdrawal.</param>
    /// <param name="distinguisher">The route distinguisher; null for labelled unicast.</param>
    /// <param name="pathId">The path identifier on an ADD-PATH session (RFC 7911); null without.</param>
    public static void WriteLabelled(IBufferWriter<byte> output, IPNetwork prefix, uint label, RouteDistinguisher? distinguisher = null, uint? pathId = null)
    {
        Span<byte> span = output.GetSpan(33);
        int at = 0;
        if (pathId is uint id)
        {
            BinaryPrimitives.WriteUInt32BigEndian(span, id);
            at = 4;
        }

        int octets = (prefix.PrefixLength + 7) / 8;
        span[at++] = (byte)(prefix.PrefixLength + 24 + (distinguisher is null ? 0 : 64));
        uint stack = label == 0x80000 ? 0x800000 : label << 4 | 1;
        span[at] = (byte)(stack >> 16);
        span[at + 1] = (byte)(stack >> 8);
        span[at + 2] = (byte)stack;
        at += 3;
        if (distinguisher is { } rd)
        {
            BinaryPrimitives.WriteUInt64BigEndian(span[at..], rd.Value);
            at += 8;
        }

        Span<byte> address = stackalloc byte[16];
        IpPrefix.From(prefix).WriteNetworkOrder(address);
        address[..octets].CopyTo(span[at..]);
        output.Advance(at + octets);
    }
}
