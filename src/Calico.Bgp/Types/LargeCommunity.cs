using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>A large community (RFC 8092), written <c>65000:1:2</c>.</summary>
/// <param name="GlobalAdministrator">The AS that gives the other parts their meaning.</param>
/// <param name="LocalData1">First operator-defined part.</param>
/// <param name="LocalData2">Second operator-defined part.</param>
public readonly record struct LargeCommunity(uint GlobalAdministrator, uint LocalData1, uint LocalData2)
    : IComparable<LargeCommunity>, ISpanParsable<LargeCommunity>
{
    /// <summary>Reads three decimal numbers joined by colons.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The community.</param>
    /// <returns>False when the text is no large community.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out LargeCommunity result)
    {
        result = default;
        Span<Range> parts = stackalloc Range[4];
        if (s.Split(parts, ':') != 3) return false;
        Span<uint> numbers = stackalloc uint[3];
        for (int i = 0; i < 3; i++)
        {
            if (!uint.TryParse(s[parts[i]], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return false;
        }

        result = new LargeCommunity(numbers[0], numbers[1], numbers[2]);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out LargeCommunity)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out LargeCommunity result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads three decimal numbers joined by colons.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The community.</returns>
    /// <exception cref="FormatException">The text is no large community.</exception>
    public static LargeCommunity Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out LargeCommunity community) ? community : throw new FormatException($"'{s}' is not a large community such as 65000:1:2.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static LargeCommunity Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public int CompareTo(LargeCommunity other)
    {
        int order = GlobalAdministrator.CompareTo(other.GlobalAdministrator);
        if (order == 0) order = LocalData1.CompareTo(other.LocalData1);
        return order != 0 ? order : LocalData2.CompareTo(other.LocalData2);
    }

    /// <summary>The three parts in decimal (RFC 8092 section 4).</summary>
    /// <returns>For example <c>65000:1:2</c>.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{GlobalAdministrator}:{LocalData1}:{LocalData2}");

    /// <summary>Whether <paramref name="left"/> sorts first.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator <(LargeCommunity left, LargeCommunity right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> sorts last.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator >(LargeCommunity left, LargeCommunity right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not sort last.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator <=(LargeCommunity left, LargeCommunity right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not sort first.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator >=(LargeCommunity left, LargeCommunity right) => left.CompareTo(right) >= 0;
}
