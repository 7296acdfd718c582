using System.Text;

namespace Calico.Netlink;

/// <summary>An error the kernel answered a request with: the number and what the extended acknowledgement says (linux/netlink.h, NLMSGERR_ATTR_*).</summary>
/// <param name="Code">The error number; <see cref="Errno.None"/> in an acknowledgement.</param>
/// <param name="Message">The kernel's own text, if it gave one (with an acknowledgement: a warning).</param>
/// <param name="Offset">Bytes from the start of the request's header to the attribute at fault; 0 when not said.</param>
/// <param name="MissingType">The type of a required attribute that was missing, or null.</param>
/// <param name="MissingNest">Bytes from the start of the request to the attribute in which it was missing; 0 for the top level.</param>
/// <param name="Policy">What the attribute at fault must be, if the kernel said it.</param>
public readonly record struct NetlinkError(
    Errno Code,
    string? Message = null,
    int Offset = 0,
    ushort? MissingType = null,
    int MissingNest = 0,
    NetlinkPolicy? Policy = null)
{
    private const int ErrorLength = 4;
    private const ushort AttributeMessage = 1, AttributeOffset = 2, AttributePolicy = 4, AttributeMissingType = 5, AttributeMissingNest = 6;

    /// <summary>Decodes NLMSG_ERROR, or NLMSG_DONE that ends a dump; false when the message is neither or too short.</summary>
    public static bool TryDecode(in NetlinkMessage message, out NetlinkError error)
    {
        error = default;
        ReadOnlySpan<byte> payload = message.Payload;
        if (message.Type is not (NetlinkControl.Error or NetlinkControl.Done)) return false;
        if (payload.Length < ErrorLength) return message.Type == NetlinkControl.Done;

        int code = (int)NetlinkWire.ReadUInt32(payload, message.Swap);
        // int.MinValue has no positive twin: no kernel sends it, a hostile buffer may.
        error = new NetlinkError((Errno)(code < 0 && code != int.MinValue ? -code : 0));
        if ((message.Flags & NetlinkFlags.AckAttributes) == 0) return true;

        int attributes = ErrorLength;
        if (message.Type == NetlinkControl.Error)
        {
            if (payload.Length < ErrorLength + NetlinkMessage.HeaderLength) return true;
            uint requestLength = NetlinkWire.ReadUInt32(payload[ErrorLength..], message.Swap);
            if ((message.Flags & NetlinkFlags.Capped) != 0) requestLength = NetlinkMessage.HeaderLength;
            if (requestLength > (uint)(payload.Length - ErrorLength)) return true;
            attributes += NetlinkWire.Align((int)requestLength);
        }

        return DecodeAttributes(payload.Length > attributes ? payload[attributes..] : default, message.Swap, ref error);
    }

    private static bool DecodeAttributes(ReadOnlySpan<byte> bytes, bool swap, ref NetlinkError error)
    {
        NetlinkAttributeReader reader = new(bytes, swap);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case AttributeMessage: error = error with { Message = reader.ReadString() }; break;
                case AttributeOffset: error = error with { Offset = OffsetOf(reader.ReadUInt32()) }; break;
                case AttributePolicy: error = error with { Policy = NetlinkPolicy.Decode(reader.Nested()) }; break;
                case AttributeMissingType: error = error with { MissingType = (ushort)reader.ReadUInt32() }; break;
                case AttributeMissingNest: error = error with { MissingNest = OffsetOf(reader.ReadUInt32()) }; break;
            }
        }

        return true;
    }

    private static int OffsetOf(uint value) => value > int.MaxValue ? 0 : (int)value;

    /// <summary>The number and the kernel's text in one line.</summary>
    public override string ToString()
    {
        StringBuilder text = new($"{ErrnoText.Describe(Code)} (errno {(int)Code})");
        if (Message is not null) text.Append(": ").Append(Message);
        if (Policy is not null) text.Append(" [").Append(Policy).Append(']');
        return text.ToString();
    }
}
