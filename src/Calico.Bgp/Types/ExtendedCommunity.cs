using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>An extended community (RFC 4360): 8 octets, written <c>rt:65000:100</c>, <c>soo:10.0.0.1:5</c> or <c>0x…</c> in full.</summary>
/// <param name="Value">The 8 octets in network byte order.</param>
public readonly record struct ExtendedCommunity(ulong Value) : ISpanParsable<ExtendedCommunity>
{
    /// <summary>High octet of the type: 0 two-octet AS, 1 IPv4 address, 2 four-octet AS (RFC 5668), with 0x40 when not transitive.</summary>
    public byte Type => (byte)(Value >> 56);

    /// <summary>Low octet of the type: 2 route target, 3 route origin.</summary>
    public byte SubType => (byte)(Value >> 48);

    /// <summary>Whether the community may cross AS borders.</summary>
    public bool IsTransitive => (Type & 0x40) == 0;

    /// <summary>A route target (RFC 4360 section 4): two-octet form when the AS fits, else the four-octet form (RFC 5668).</summary>
    /// <param name="asn">The AS.</param>
    /// <param name="local">The number; at most 65535 with a four-octet AS.</param>
    /// <returns>The community.</returns>
    public static ExtendedCommunity RouteTarget(Asn asn, uint local) => Of(2, asn, local);

    /// <summary>A route origin, also called site of origin (RFC 4360 section 5).</summary>
    /// <param name="asn">The AS.</param>
    /// <param name="local">The number; at most 65535 with a four-octet AS.</param>
    /// <returns>The community.</returns>
    public static ExtendedCommunity RouteOrigin(Asn asn, uint local) => Of(3, asn, local);

    private static ExtendedCommunity Of(byte subType, Asn asn, uint local) => asn.Is2Octet
        ? new((ulong)subType << 48 | (ulong)asn.Value << 32 | local)
        : new(2UL << 56 | (ulong)subType << 48 | (ulong)asn.Value << 16 | (ushort)local);

    /// <summary>Reads <c>rt:ADMIN:NUMBER</c>, <c>soo:ADMIN:NUMBER</c> (ADMIN an AS or an IPv4 address) or <c>0x</c> with 16 digits.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The community.</param>
    /// <returns>False when the text is no extended community.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ExtendedCommunity result)
    {
        result = default;
        if (s.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (s.Length != 18 || !ulong.TryParse(s[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong raw)) return false;
            result = new ExtendedCommunity(raw);
            return true;
        }

        int colon = s.IndexOf(':');
        if (colon < 0) return false;
        byte subType;
        if (s[..colon].Equals("rt", StringComparison.OrdinalIgnoreCase)) subType = 2;
        else if (s[..colon].Equals("soo", StringComparison.OrdinalIgnoreCase) || s[..colon].Equals("ro", StringComparison.OrdinalIgnoreCase)) subType = 3;
        else return false;
        if (!AdministratorNumber.TryParse(s[(colon + 1)..], out ushort kind, out ulong body)) return false;
        result = new ExtendedCommunity((ulong)kind << 56 | (ulong)subType << 48 | body);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out ExtendedCommunity)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ExtendedCommunity result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads <c>rt:ADMIN:NUMBER</c>, <c>soo:ADMIN:NUMBER</c> or <c>0x</c> with 16 digits.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The community.</returns>
    /// <exception cref="FormatException">The text is no extended community.</exception>
    public static ExtendedCommunity Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out ExtendedCommunity community) ? community : throw new FormatException($"'{s}' is not an extended community such as rt:65000:100.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static ExtendedCommunity Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <summary>The text form.</summary>
    /// <returns>For example <c>rt:65000:100</c>.</returns>
    public override string ToString()
    {
        string? name = SubType switch { 2 => "rt", 3 => "soo", _ => null };
        return name is not null && Type <= 2
            ? $"{name}:{AdministratorNumber.Format(Type, Value & 0xFFFF_FFFF_FFFF)}"
            : string.Create(CultureInfo.InvariantCulture, $"0x{Value:x16}");
    }
}
