using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

internal static class PortRanges
{
    /// <summary>Sorted, overlapping and touching ranges merged.</summary>
    public static EquatableArray<PortRange> Normalize(EquatableArray<PortRange> ranges)
    {
        List<PortRange> merged = [];
        foreach (PortRange range in ranges.OrderBy(r => r.First).ThenBy(r => r.Last))
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
                merged[^1] = new PortRange(merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            else
                merged.Add(range);
        }

        return merged.ToEquatableArray();
    }
}
