using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>An OPEN message in place (RFC 4271 section 4.2; optional parameters also in the extended form of RFC 9072).</summary>
public readonly ref struct OpenReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly ReadOnlySpan<byte> _parameters;
    private readonly bool _extended;

    private OpenReader(ReadOnlySpan<byte> body, ReadOnlySpan<byte> parameters, bool extended)
    {
        _body = body;
        _parameters = parameters;
        _extended = extended;
    }

    /// <summary>My Autonomous System: two octets, 23456 for a number that needs four.</summary>
    public ushort MyAsn => BinaryPrimitives.ReadUInt16BigEndian(_body[1..]);

    /// <summary>The proposed hold time in seconds.</summary>
    public ushort HoldTime => BinaryPrimitives.ReadUInt16BigEndian(_body[3..]);

    /// <summary>The BGP identifier as a number.</summary>
    public uint Identifier => BinaryPrimitives.ReadUInt32BigEndian(_body[5..]);

    /// <summary>The capabilities.</summary>
    public CapabilityReader Capabilities => new(_parameters, _extended);

    /// <summary>Checks version and structure.</summary>
    /// <param name="body">The message after its header.</param>
    /// <param name="open">The message.</param>
    /// <param name="error">OPEN Message Error with subcode and data (RFC 4271 section 6.2).</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, out OpenReader open, out BgpError error)
    {
        open = default;
        error = default;
        if (body.Length < 10)
        {
            error = BgpError.Open(0);
            return false;
        }

        if (body[0] != 4)
        {
            error = BgpError.Open(1, 0, 4);
            return false;
        }

        ReadOnlySpan<byte> parameters = body[10..];
        int declared = body[9];
        bool extended = declared != 0 && parameters.Length >= 3 && parameters[0] == 255;
        if (extended)
        {
            declared = BinaryPrimitives.ReadUInt16BigEndian(parameters[1..]);
            parameters = parameters[3..];
        }

        if (declared != parameters.Length)
        {
            error = BgpError.Open(0);
            return false;
        }

        if (!CheckParameters(parameters, extended, out error)) return false;
        open = new OpenReader(body, parameters, extended);
        return true;
    }

    private static bool CheckParameters(ReadOnlySpan<byte> rest, bool extended, out BgpError error)
    {
        error = BgpError.Open(0);
        int header = extended ? 3 : 2;
        while (!rest.IsEmpty)
        {
            if (rest.Length < header) return false;
            int length = extended ? BinaryPrimitives.ReadUInt16BigEndian(rest[1..]) : rest[1];
            if (rest.Length < header + length) return false;
            if (rest[0] != 2)
            {
                error = BgpError.Open(4);
                return false;
            }

            ReadOnlySpan<byte> capabilities = rest.Slice(header, length);
            while (!capabilities.IsEmpty)
            {
                if (capabilities.Length < 2 || capabilities.Length < 2 + capabilities[1]) return false;
                if (!HasValidLength((CapabilityCode)capabilities[0], capabilities[1])) return false;
                capabilities = capabilities[(2 + capabilities[1])..];
            }

            rest = rest[(header + length)..];
        }

        error = default;
        return true;
    }

    private static bool HasValidLength(CapabilityCode code, int length) => code switch
    {
        CapabilityCode.Multiprotocol or CapabilityCode.FourOctetAsn => length == 4,
        CapabilityCode.RouteRefresh or CapabilityCode.EnhancedRouteRefresh or CapabilityCode.ExtendedMessage => length == 0,
        CapabilityCode.ExtendedNextHop => length % 6 == 0,
        CapabilityCode.Role => length == 1,
        CapabilityCode.GracefulRestart => length % 4 == 2,
        CapabilityCode.AddPath => length % 4 == 0,
        CapabilityCode.LongLivedGracefulRestart => length % 7 == 0,
        _ => true,
    };
}
