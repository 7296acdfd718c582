using System.Globalization;
using System.Net;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>A set of prefixes with ranges of lengths.</summary>
public sealed class PrefixList
{
    private readonly Dictionary<IpPrefix, List<(int Minimum, int Maximum)>> _entries = [];
    private readonly SortedSet<int> _lengths = [];

    /// <summary>Adds an entry.</summary>
    /// <param name="prefix">Prefixes inside this one match…</param>
    /// <param name="minimum">…when at least so long; null: as long as the prefix.</param>
    /// <param name="maximum">…and at most so long; null: as long as <paramref name="minimum"/>, or the prefix.</param>
    /// <returns>This list.</returns>
    public PrefixList Add(IPNetwork prefix, int? minimum = null, int? maximum = null) => Add(IpPrefix.From(prefix), minimum, maximum);

    private PrefixList Add(in IpPrefix prefix, int? minimum, int? maximum)
    {
        int low = minimum ?? prefix.Length, high = maximum ?? (minimum is null ? prefix.Length : prefix.MaxLength);
        if (low < prefix.Length || high < low || high > prefix.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(minimum), $"{prefix}: lengths {low} to {high} are not inside {prefix.Length} to {prefix.MaxLength}.");
        if (!_entries.TryGetValue(prefix, out List<(int, int)>? ranges)) _entries[prefix] = ranges = [];
        ranges.Add((low, high));
        _lengths.Add(prefix.Length);
        return this;
    }

    /// <summary>Reads entries: <c>10.0.0.0/8</c> exactly, <c>10.0.0.0/8+</c> and all inside, <c>10.0.0.0/8{16,24}</c> inside with these lengths.</summary>
    /// <param name="entries">The texts.</param>
    /// <returns>The list.</returns>
    /// <exception cref="FormatException">An entry is malformed; the message shows it.</exception>
    public static PrefixList Parse(IEnumerable<string> entries)
    {
        var list = new PrefixList();
        foreach (string entry in entries)
        {
            ReadOnlySpan<char> text = entry.AsSpan().Trim();
            int? minimum = null, maximum = null;
            int brace = text.IndexOf('{');
            if (text.EndsWith("+"))
            {
                text = text[..^1];
                maximum = text.Contains(':') ? 128 : 32;
            }
            else if (brace >= 0)
            {
                ReadOnlySpan<char> range = text[(brace + 1)..].TrimEnd('}');
                int comma = range.IndexOf(',');
                if (comma < 0 || !text.EndsWith("}") || !TryNumber(range[..comma], out minimum) || !TryNumber(range[(comma + 1)..], out maximum))
                    throw new FormatException($"'{entry}' is not a prefix with lengths such as 10.0.0.0/8{{16,24}}.");
                text = text[..brace];
            }

            if (!IpPrefix.TryParse(text, out IpPrefix prefix)) throw new FormatException($"'{entry}' is not a prefix.");
            try
            {
                list.Add(prefix, minimum, maximum);
            }
            catch (ArgumentOutOfRangeException error)
            {
                throw new FormatException($"'{entry}': {error.Message}");
            }
        }

        return list;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out int? number)
    {
        bool ok = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value);
        number = value;
        return ok;
    }

    /// <summary>Whether a prefix matches an entry.</summary>
    /// <param name="prefix">The prefix.</param>
    public bool Contains(IPNetwork prefix) => Contains(IpPrefix.From(prefix));

    internal bool Contains(in IpPrefix prefix)
    {
        foreach (int length in _lengths)
        {
            if (length > prefix.Length) break;
            if (!_entries.TryGetValue(prefix.Truncate(length), out List<(int Minimum, int Maximum)>? ranges)) continue;
            foreach ((int minimum, int maximum) in ranges)
            {
                if (prefix.Length >= minimum && prefix.Length <= maximum) return true;
            }
        }

        return false;
    }
}
