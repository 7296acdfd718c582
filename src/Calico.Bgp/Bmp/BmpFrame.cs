using System.Buffers.Binary;

namespace Calico.Bgp.Bmp;

/// <summary>A whole BMP message in the receive buffer (RFC 7854 section 4.1).</summary>
public readonly ref struct BmpFrame
{
    /// <summary>Octets of the common header: version, length, type.</summary>
    public const int HeaderLength = 6;

    /// <summary>The longest message taken unless told otherwise: a Peer Up with two OPENs of 65,535 octets fits.</summary>
    public const int DefaultMaximumLength = 256 * 1024;

    private const byte Version = 3;

    private BmpFrame(ReadOnlySpan<byte> raw)
    {
        Raw = raw;
        Type = (BmpMessageType)raw[5];
    }

    /// <summary>The type; unknown ones are to be passed over.</summary>
    public BmpMessageType Type { get; }

    /// <summary>Header and body.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>What follows the common header.</summary>
    public ReadOnlySpan<byte> Body => Raw[HeaderLength..];

    /// <summary>Looks at the front of received octets.</summary>
    /// <param name="input">Octets in the order received.</param>
    /// <param name="message">The message, when complete; it ends where the next begins.</param>
    /// <param name="error">What is wrong, when invalid: the stream cannot be read any further.</param>
    /// <param name="maximumLength">Longer messages are invalid.</param>
    /// <returns>Whether there is a message.</returns>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, out BmpFrame message, out BmpError error, int maximumLength = DefaultMaximumLength)
    {
        message = default;
        error = default;
        if (input is [not Version, ..])
        {
            error = new BmpError($"The version is {input[0]}, not {Version}.");
            return FrameStatus.Invalid;
        }

        if (input.Length < HeaderLength) return FrameStatus.Incomplete;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(input[1..]);
        if (length < HeaderLength || length > maximumLength)
        {
            error = new BmpError($"The length is {length}, not {HeaderLength} to {maximumLength}.");
            return FrameStatus.Invalid;
        }

        if (input.Length < length) return FrameStatus.Incomplete;
        message = new BmpFrame(input[..(int)length]);
        return FrameStatus.Complete;
    }
}
