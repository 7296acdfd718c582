using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>A standard community (RFC 1997), written <c>65000:100</c> or by its well-known name.</summary>
/// <param name="Value">The 32 bits; AS in the upper half by convention.</param>
public readonly record struct Community(uint Value) : IComparable<Community>, ISpanParsable<Community>
{
    /// <summary>NO_EXPORT (RFC 1997): not outside the AS or confederation.</summary>
    public static Community NoExport { get; } = new(0xFFFFFF01);

    /// <summary>NO_ADVERTISE (RFC 1997): to no peer.</summary>
    public static Community NoAdvertise { get; } = new(0xFFFFFF02);

    /// <summary>NO_EXPORT_SUBCONFED (RFC 1997): not to external peers, members of the confederation included.</summary>
    public static Community NoExportSubconfed { get; } = new(0xFFFFFF03);

    /// <summary>GRACEFUL_SHUTDOWN (RFC 8326).</summary>
    public static Community GracefulShutdown { get; } = new(0xFFFF0000);

    /// <summary>BLACKHOLE (RFC 7999).</summary>
    public static Community Blackhole { get; } = new(0xFFFF029A);

    /// <summary>LLGR_STALE (RFC 9494): the route is kept although its source is long gone.</summary>
    public static Community LlgrStale { get; } = new(0xFFFF0006);

    /// <summary>NO_LLGR (RFC 9494): the route may not be kept so.</summary>
    public static Community NoLlgr { get; } = new(0xFFFF0007);

    private static readonly (string Name, Community Value)[] WellKnown =
    [
        ("no-export", NoExport), ("no-advertise", NoAdvertise), ("no-export-subconfed", NoExportSubconfed),
        ("graceful-shutdown", GracefulShutdown), ("blackhole", Blackhole), ("llgr-stale", LlgrStale), ("no-llgr", NoLlgr),
    ];

    /// <summary>A community of an AS and a number of its choice.</summary>
    /// <param name="asn">The upper 16 bits.</param>
    /// <param name="local">The lower 16 bits.</param>
    public Community(ushort asn, ushort local) : this((uint)asn << 16 | local)
    {
    }

    /// <summary>Reads <c>65000:100</c> or a well-known name such as <c>no-export</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The community.</param>
    /// <returns>False when the text is no community.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Community result)
    {
        foreach ((string name, Community value) in WellKnown)
        {
            if (!s.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            result = value;
            return true;
        }

        result = default;
        int colon = s.IndexOf(':');
        if (colon < 0 || !ushort.TryParse(s[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out ushort high)) return false;
        if (!ushort.TryParse(s[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort low)) return false;
        result = new Community(high, low);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Community)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Community result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads <c>65000:100</c> or a well-known name such as <c>no-export</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The community.</returns>
    /// <exception cref="FormatException">The text is no community.</exception>
    public static Community Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Community community) ? community : throw new FormatException($"'{s}' is not a community such as 65000:100.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Community Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public int CompareTo(Community other) => Value.CompareTo(other.Value);

    /// <summary>The two halves in decimal, always as numbers.</summary>
    /// <returns>For example <c>65000:100</c>.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 16}:{Value & 0xFFFF}");

    /// <summary>Whether <paramref name="left"/> sorts first.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator <(Community left, Community right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> sorts last.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator >(Community left, Community right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not sort last.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator <=(Community left, Community right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not sort first.</summary>
    /// <param name="left">One community.</param>
    /// <param name="right">Another.</param>
    public static bool operator >=(Community left, Community right) => left.Value >= right.Value;
}
