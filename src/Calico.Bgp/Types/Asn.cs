using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>An autonomous system number (RFC 6793): 32 bits, written <c>64512</c> or <c>1.10</c> (asdot, RFC 5396).</summary>
/// <param name="Value">The number, 0 to 4294967295.</param>
public readonly record struct Asn(uint Value) : IComparable<Asn>, ISpanParsable<Asn>
{
    /// <summary>AS_TRANS, 23456: stands for a four-octet number where only two octets fit (RFC 6793 section 9).</summary>
    public static Asn Trans { get; } = new(23456);

    /// <summary>Whether the number is kept for private use (RFC 6996).</summary>
    public bool IsPrivate => Value is (>= 64512 and <= 65534) or (>= 4200000000 and <= 4294967294);

    /// <summary>Whether the number may not be used by a speaker: 0 (RFC 7607), 65535 and 4294967295 (RFC 7300).</summary>
    public bool IsReserved => Value is 0 or 65535 or uint.MaxValue;

    /// <summary>Whether the number fits two octets.</summary>
    public bool Is2Octet => Value <= ushort.MaxValue;

    /// <summary>The number itself.</summary>
    /// <param name="asn">An autonomous system number.</param>
    public static implicit operator uint(Asn asn) => asn.Value;

    /// <summary>A number as an autonomous system number.</summary>
    /// <param name="value">0 to 4294967295.</param>
    public static implicit operator Asn(uint value) => new(value);

    /// <summary>Reads <c>64512</c>, <c>AS64512</c> or <c>1.10</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The number.</param>
    /// <returns>False when the text is no such number.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Asn result)
    {
        result = default;
        if (s.StartsWith("AS", StringComparison.OrdinalIgnoreCase)) s = s[2..];
        int dot = s.IndexOf('.');
        if (dot < 0)
        {
            if (!uint.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out uint plain)) return false;
            result = new Asn(plain);
            return true;
        }

        if (!ushort.TryParse(s[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out ushort high)) return false;
        if (!ushort.TryParse(s[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort low)) return false;
        result = new Asn((uint)high << 16 | low);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Asn)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Asn result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads <c>64512</c>, <c>AS64512</c> or <c>1.10</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The number.</returns>
    /// <exception cref="FormatException">The text is no such number.</exception>
    public static Asn Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Asn asn) ? asn : throw new FormatException($"'{s}' is not an AS number (0 to 4294967295, or X.Y).");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Asn Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public int CompareTo(Asn other) => Value.CompareTo(other.Value);

    /// <summary>The decimal form (asplain, RFC 5396).</summary>
    /// <returns>For example <c>64512</c>.</returns>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> is the smaller number.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another.</param>
    public static bool operator <(Asn left, Asn right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is the greater number.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another.</param>
    public static bool operator >(Asn left, Asn right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not the greater number.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another.</param>
    public static bool operator <=(Asn left, Asn right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not the smaller number.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another.</param>
    public static bool operator >=(Asn left, Asn right) => left.Value >= right.Value;
}
