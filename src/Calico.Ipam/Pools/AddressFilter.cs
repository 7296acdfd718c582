using System.Net;
using Calico.Net;

namespace Calico.Ipam.Pools;

/// <summary>A set of addresses as sorted ranges that neither touch nor overlap: reservations and exclusions.</summary>
internal sealed class AddressFilter
{
    private readonly List<(UInt128 First, UInt128 Last)> _v4;
    private readonly List<(UInt128 First, UInt128 Last)> _v6;

    private AddressFilter(List<(UInt128, UInt128)> v4, List<(UInt128, UInt128)> v6)
    {
        _v4 = Merge(v4);
        _v6 = Merge(v6);
    }

    public AddressFilter(IEnumerable<(IpPrefix First, IpPrefix Last)> ranges)
    {
        List<(UInt128, UInt128)> v4 = [], v6 = [];
        foreach ((IpPrefix first, IpPrefix last) in ranges)
            (first.IsIPv6 ? v6 : v4).Add((Number(first), Number(last.LastAddress)));
        _v4 = Merge(v4);
        _v6 = Merge(v6);
    }

    public static AddressFilter Nothing { get; } = new([]);

    public bool IsEmpty => _v4.Count == 0 && _v6.Count == 0;

    /// <summary>Reads addresses, prefixes and <c>a-b</c> ranges; blanks are trimmed, what cannot be read is left out.</summary>
    public static AddressFilter From(IEnumerable<string> texts) => new(ReadAll(texts));

    public AddressFilter Union(AddressFilter other) => new([.. _v4, .. other._v4], [.. _v6, .. other._v6]);

    public bool Contains(in IpPrefix address) => Find(address, address);

    public bool Contains(IPAddress address) => Contains(IpPrefix.From(address));

    public bool Covers(IPNetwork network) => Covers(IpPrefix.From(network));

    /// <summary>Whether every address of the prefix is in the set, also when several entries cover it together.</summary>
    public bool Covers(in IpPrefix prefix) => Find(prefix, prefix.LastAddress);

    /// <summary>The last address of the stretch that covers the whole prefix, or null when nothing does.</summary>
    public IpPrefix? EndOfStretch(in IpPrefix prefix)
    {
        List<(UInt128 First, UInt128 Last)> ranges = Of(prefix);
        int i = FirstEndingAtOrAfter(ranges, Number(prefix.LastAddress));
        return i < ranges.Count && ranges[i].First <= Number(prefix)
            ? IpPrefix.FromBits(prefix.IsIPv6 ? ranges[i].Last : ranges[i].Last << 96, prefix.MaxLength, prefix.IsIPv6)
            : null;
    }

    public bool Overlaps(in IpPrefix prefix) => CountIn(prefix) != 0;

    /// <summary>How many addresses of the prefix are in the set.</summary>
    public UInt128 CountIn(in IpPrefix prefix)
    {
        UInt128 first = Number(prefix), last = Number(prefix.LastAddress), count = 0;
        List<(UInt128 First, UInt128 Last)> ranges = Of(prefix);
        for (int i = FirstEndingAtOrAfter(ranges, first); i < ranges.Count && ranges[i].First <= last; i++)
            count += Min(ranges[i].Last, last) - Max(ranges[i].First, first) + 1;
        return count;
    }

    public static bool TryParseRange(string text, out (IpPrefix First, IpPrefix Last) range)
    {
        text = text.Trim();
        range = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            bool one = IpPrefix.TryParse(text, out IpPrefix prefix);
            range = (prefix, prefix);
            return one;
        }

        bool both = IpPrefix.TryParse(text.AsSpan(0, dash).Trim(), out IpPrefix first) & IpPrefix.TryParse(text.AsSpan(dash + 1).Trim(), out IpPrefix last);
        range = (first, last);
        return both && first.IsHost && last.IsHost && first.IsIPv6 == last.IsIPv6 && first.CompareTo(last) <= 0;
    }

    private static IEnumerable<(IpPrefix First, IpPrefix Last)> ReadAll(IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            if (TryParseRange(text, out (IpPrefix, IpPrefix) range)) yield return range;
        }
    }

    private List<(UInt128 First, UInt128 Last)> Of(in IpPrefix prefix) => prefix.IsIPv6 ? _v6 : _v4;

    private bool Find(in IpPrefix first, in IpPrefix last)
    {
        List<(UInt128 First, UInt128 Last)> ranges = Of(first);
        int i = FirstEndingAtOrAfter(ranges, Number(last));
        return i < ranges.Count && ranges[i].First <= Number(first);
    }

    private static int FirstEndingAtOrAfter(List<(UInt128 First, UInt128 Last)> ranges, UInt128 number)
    {
        int low = 0, high = ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].Last < number) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static List<(UInt128 First, UInt128 Last)> Merge(List<(UInt128 First, UInt128 Last)> ranges)
    {
        ranges.Sort();
        List<(UInt128 First, UInt128 Last)> merged = [];
        foreach ((UInt128 first, UInt128 last) in ranges)
        {
            if (merged.Count > 0 && (merged[^1].Last == UInt128.MaxValue || first <= merged[^1].Last + 1))
                merged[^1] = (merged[^1].First, Max(merged[^1].Last, last));
            else
                merged.Add((first, last));
        }

        return merged;
    }

    private static UInt128 Number(in IpPrefix address) => address.IsIPv6 ? address.Bits : address.Bits >> 96;

    private static UInt128 Max(UInt128 a, UInt128 b) => a > b ? a : b;

    private static UInt128 Min(UInt128 a, UInt128 b) => a < b ? a : b;
}
