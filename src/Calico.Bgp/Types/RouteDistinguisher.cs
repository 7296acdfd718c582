using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>A route distinguisher (RFC 4364 section 4.2): 8 octets, written <c>65000:100</c> or <c>10.0.0.1:5</c>.</summary>
/// <param name="Value">The 8 octets in network byte order.</param>
public readonly record struct RouteDistinguisher(ulong Value) : ISpanParsable<RouteDistinguisher>
{
    /// <summary>0 two-octet AS, 1 IPv4 address, 2 four-octet AS.</summary>
    public ushort Type => (ushort)(Value >> 48);

    /// <summary>Reads <c>ADMIN:NUMBER</c>, ADMIN an AS number or an IPv4 address.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The distinguisher.</param>
    /// <returns>False when the text is no route distinguisher.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RouteDistinguisher result)
    {
        result = default;
        if (!AdministratorNumber.TryParse(s, out ushort kind, out ulong body)) return false;
        result = new RouteDistinguisher((ulong)kind << 48 | body);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out RouteDistinguisher)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RouteDistinguisher result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads <c>ADMIN:NUMBER</c>, ADMIN an AS number or an IPv4 address.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The distinguisher.</returns>
    /// <exception cref="FormatException">The text is no route distinguisher.</exception>
    public static RouteDistinguisher Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out RouteDistinguisher rd) ? rd : throw new FormatException($"'{s}' is not a route distinguisher such as 65000:100.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static RouteDistinguisher Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <summary>The text form.</summary>
    /// <returns>For example <c>65000:100</c>.</returns>
    public override string ToString() => Type <= 2
        ? AdministratorNumber.Format(Type, Value & 0xFFFF_FFFF_FFFF)
        : string.Create(CultureInfo.InvariantCulture, $"0x{Value:x16}");
}
