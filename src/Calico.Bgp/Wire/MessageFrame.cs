using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Message types (RFC 4271 section 4.1, RFC 2918).</summary>
public enum MessageType : byte
{
    /// <summary>OPEN.</summary>
    Open = 1,

    /// <summary>UPDATE.</summary>
    Update = 2,

    /// <summary>NOTIFICATION.</summary>
    Notification = 3,

    /// <summary>KEEPALIVE.</summary>
    Keepalive = 4,

    /// <summary>ROUTE-REFRESH.</summary>
    RouteRefresh = 5,
}

/// <summary>Outcome of looking for a message at the front of received octets.</summary>
public enum FrameStatus
{
    /// <summary>More octets are needed.</summary>
    Incomplete,

    /// <summary>There is a whole message with a valid header.</summary>
    Complete,

    /// <summary>The header is wrong: the stream cannot be read any further.</summary>
    Invalid,
}

/// <summary>A whole message in the receive buffer.</summary>
public readonly ref struct MessageFrame
{
    /// <summary>Octets of the header: marker, length, type.</summary>
    public const int HeaderLength = 19;

    /// <summary>The longest message unless both sides have the Extended Message capability.</summary>
    public const int MaximumLength = 4096;

    /// <summary>The longest UPDATE, NOTIFICATION and ROUTE-REFRESH with that capability (RFC 8654).</summary>
    public const int ExtendedMaximumLength = 65535;

    private MessageFrame(ReadOnlySpan<byte> raw)
    {
        Raw = raw;
        Type = (MessageType)raw[18];
    }

    /// <summary>The type.</summary>
    public MessageType Type { get; }

    /// <summary>Header and body.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body => Raw[HeaderLength..];

    /// <summary>Looks at the front of received octets.</summary>
    /// <param name="input">Octets in the order received.</param>
    /// <param name="maximumLength"><see cref="MaximumLength"/> or <see cref="ExtendedMaximumLength"/>, as negotiated.</param>
    /// <param name="message">The message, when complete; it ends where the next begins.</param>
    /// <param name="error">Message Header Error with subcode and data (RFC 4271 section 6.1), when invalid.</param>
    /// <returns>Whether there is a message.</returns>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, int maximumLength, out MessageFrame message, out BgpError error)
    {
        message = default;
        error = default;
        if (input.Length < HeaderLength) return FrameStatus.Incomplete;
        if ((BinaryPrimitives.ReadUInt64LittleEndian(input) & BinaryPrimitives.ReadUInt64LittleEndian(input[8..])) != ulong.MaxValue)
        {
            error = BgpError.Header(1);
            return FrameStatus.Invalid;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(input[16..]);
        byte type = input[18];
        if (length < HeaderLength || length > (type is 1 or 4 ? MaximumLength : maximumLength))
        {
            error = BgpError.Header(2, input.Slice(16, 2));
            return FrameStatus.Invalid;
        }

        if (type is < 1 or > 5)
        {
            error = BgpError.Header(3, type);
            return FrameStatus.Invalid;
        }

        if (length < MinimumLength(type) || (type == 4 && length != HeaderLength))
        {
            error = BgpError.Header(2, input.Slice(16, 2));
            return FrameStatus.Invalid;
        }

        if (input.Length < length) return FrameStatus.Incomplete;
        message = new MessageFrame(input[..length]);
        return FrameStatus.Complete;
    }

    private static int MinimumLength(byte type) => type switch
    {
        1 => 29,
        2 => 23,
        3 => 21,
        _ => HeaderLength,
    };
}
