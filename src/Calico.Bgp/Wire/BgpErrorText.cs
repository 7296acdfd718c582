using System.Globalization;
using System.Text;

namespace Calico.Bgp;

internal static class BgpErrorText
{
    public static string Format(BgpError error)
    {
        string name = Name(error.Code, error.Subcode);
        string text = string.Create(CultureInfo.InvariantCulture, $"{name} ({(byte)error.Code}/{error.Subcode})");
        if (error.Code == BgpErrorCode.Cease && error.Subcode is CeaseSubcode.AdministrativeShutdown or CeaseSubcode.AdministrativeReset)
            return Communication(error.Data.Span) is { Length: > 0 } said ? $"{text}: \"{said}\"" : text;
        // RFC 8538 section 3.1: a Hard Reset carries the code, subcode and data of what it is about.
        if (error is { Code: BgpErrorCode.Cease, Subcode: CeaseSubcode.HardReset, Data.Length: >= 2 } && error.Data.Span[..2] is not [(byte)BgpErrorCode.Cease, CeaseSubcode.HardReset])
            return $"{text}: {new BgpError((BgpErrorCode)error.Data.Span[0], error.Data.Span[1], error.Data[2..])}";
        return error.Data.IsEmpty ? text : $"{text} {Convert.ToHexStringLower(error.Data.Span[..Math.Min(64, error.Data.Length)])}";
    }

    /// <summary>The text of RFC 9003 section 2: one length octet, then UTF-8. Control characters are shown as spaces.</summary>
    public static string? Communication(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[0] > data.Length - 1) return null;
        return string.Create(null, $"{Encoding.UTF8.GetString(data.Slice(1, data[0]))}").Replace('\n', ' ').Replace('\r', ' ').Replace('\0', ' ');
    }

    public static byte[] Communication(string? message)
    {
        if (string.IsNullOrEmpty(message)) return [];
        byte[] text = Encoding.UTF8.GetBytes(message);
        int length = Math.Min(text.Length, 255);
        while (length > 0 && length < text.Length && (text[length] & 0xC0) == 0x80) length--;
        return [(byte)length, .. text.AsSpan(0, length)];
    }

    private static string Name(BgpErrorCode code, byte subcode) => ((byte)code, subcode) switch
    {
        (1, 1) => "Connection Not Synchronized",
        (1, 2) => "Bad Message Length",
        (1, 3) => "Bad Message Type",
        (1, _) => "Message Header Error",
        (2, 1) => "Unsupported Version Number",
        (2, 2) => "Bad Peer AS",
        (2, 3) => "Bad BGP Identifier",
        (2, 4) => "Unsupported Optional Parameter",
        (2, 6) => "Unacceptable Hold Time",
        (2, 7) => "Unsupported Capability",
        (2, 11) => "Role Mismatch",
        (2, _) => "OPEN Message Error",
        (3, 1) => "Malformed Attribute List",
        (3, 2) => "Unrecognized Well-known Attribute",
        (3, 3) => "Missing Well-known Attribute",
        (3, 4) => "Attribute Flags Error",
        (3, 5) => "Attribute Length Error",
        (3, 6) => "Invalid ORIGIN Attribute",
        (3, 8) => "Invalid NEXT_HOP Attribute",
        (3, 9) => "Optional Attribute Error",
        (3, 10) => "Invalid Network Field",
        (3, 11) => "Malformed AS_PATH",
        (3, _) => "UPDATE Message Error",
        (4, _) => "Hold Timer Expired",
        (5, 1) => "Unexpected Message in OpenSent",
        (5, 2) => "Unexpected Message in OpenConfirm",
        (5, 3) => "Unexpected Message in Established",
        (5, _) => "Finite State Machine Error",
        (6, 1) => "Maximum Number of Prefixes Reached",
        (6, 2) => "Administrative Shutdown",
        (6, 3) => "Peer De-configured",
        (6, 4) => "Administrative Reset",
        (6, 5) => "Connection Rejected",
        (6, 6) => "Other Configuration Change",
        (6, 7) => "Connection Collision Resolution",
        (6, 8) => "Out of Resources",
        (6, 9) => "Hard Reset",
        (6, _) => "Cease",
        (7, 1) => "Invalid Message Length",
        (7, _) => "ROUTE-REFRESH Message Error",
        (8, _) => "Send Hold Timer Expired",
        _ => "Unknown Error",
    };
}
