using System.Buffers;
using System.Buffers.Binary;

namespace Calico.Bgp.Mrt;

/// <summary>Attributes between the canonical form, where the next hop stands apart, and those of a RIB entry (RFC 6396 section 4.3.4).</summary>
internal static class MrtAttributeBlock
{
    /// <summary>Writes attributes with NEXT_HOP, or MP_REACH_NLRI in its short form of length and next hop, in its place by type.</summary>
    public static void Write(IBufferWriter<byte> output, PathAttributes attributes)
    {
        ReadOnlySpan<byte> wire = attributes.Wire, nextHop = attributes.NextHopWire;
        AttributeType type = nextHop.Length == 4 ? AttributeType.NextHop : AttributeType.MpReachNlri;
        int before = 0;
        var reader = new AttributeReader(wire);
        while (reader.TryRead(out PathAttribute attribute) && attribute.Type < type) before += attribute.Raw.Length;
        Span<byte> target = output.GetSpan(wire.Length + nextHop.Length + 5);
        wire[..before].CopyTo(target);
        int at = before;
        if (!nextHop.IsEmpty)
        {
            Span<byte> value = stackalloc byte[1 + nextHop.Length];
            value[0] = (byte)nextHop.Length;
            nextHop.CopyTo(value[1..]);
            at += type == AttributeType.NextHop
                ? AttributeWriter.Write(target[at..], AttributeFlags.Transitive, type, nextHop)
                : AttributeWriter.Write(target[at..], AttributeFlags.Optional, type, value);
        }

        wire[before..].CopyTo(target[at..]);
        output.Advance(at + wire.Length - before);
    }

    /// <summary>Writes a RIB entry as the UPDATE its peer may have sent; false when its attributes cannot be walked or do not fit a message.</summary>
    public static bool TryWriteUpdate(ArrayBufferWriter<byte> output, Family family, ReadOnlySpan<byte> nlri, uint? pathId, ReadOnlySpan<byte> attributes)
    {
        bool inField = family == Family.Ipv4Unicast;
        int nlriLength = nlri.Length + (pathId is null ? 0 : 4);
        ReadOnlySpan<byte> nextHop = default;
        var block = new ArrayBufferWriter<byte>(attributes.Length + nlriLength + 64);
        var reader = new AttributeReader(attributes);
        while (reader.TryRead(out PathAttribute attribute))
        {
            if (attribute.Type == AttributeType.MpReachNlri)
            {
                nextHop = NextHopOf(attribute.Value);
                if (!inField || nextHop.Length != 4) continue;
            }

            if (attribute.Type == AttributeType.NextHop)
            {
                if (nextHop.IsEmpty) nextHop = attribute.Value;
                if (!inField) continue;
            }

            block.Write(attribute.Raw);
        }

        if (reader.IsTruncated) return false;
        inField &= nextHop.Length == 4;
        if (!inField)
        {
            Span<byte> value = new byte[5 + nextHop.Length + nlriLength];
            BinaryPrimitives.WriteUInt16BigEndian(value, family.Afi);
            value[2] = family.Safi;
            value[3] = (byte)nextHop.Length;
            nextHop.CopyTo(value[4..]);
            WriteNlri(value[(5 + nextHop.Length)..], nlri, pathId);
            block.Advance(AttributeWriter.Write(block.GetSpan(value.Length + 4), AttributeFlags.Optional, AttributeType.MpReachNlri, value));
        }

        int total = MessageFrame.HeaderLength + 4 + block.WrittenCount + (inField ? nlriLength : 0);
        if (total > MessageFrame.ExtendedMaximumLength) return false;
        Span<byte> message = output.GetSpan(total)[..total];
        MessageWriter.WriteHeader(message, MessageType.Update, total);
        message[19] = message[20] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[21..], (ushort)block.WrittenCount);
        block.WrittenSpan.CopyTo(message[23..]);
        if (inField) WriteNlri(message[(23 + block.WrittenCount)..], nlri, pathId);
        output.Advance(total);
        return true;
    }

    /// <summary>The next hop of the short form, or of the whole attribute that some writers leave.</summary>
    private static ReadOnlySpan<byte> NextHopOf(ReadOnlySpan<byte> value)
    {
        if (value is [0, ..] && value.Length >= 5 && value.Length >= 4 + value[3]) return value.Slice(4, value[3]);
        return value.Length >= 1 && value.Length >= 1 + value[0] ? value.Slice(1, value[0]) : default;
    }

    private static void WriteNlri(Span<byte> destination, ReadOnlySpan<byte> nlri, uint? pathId)
    {
        if (pathId is uint id) BinaryPrimitives.WriteUInt32BigEndian(destination, id);
        nlri.CopyTo(destination[(pathId is null ? 0 : 4)..]);
    }
}
