namespace Calico.Netlink.NfTables;

/// <summary>Sets that a rule brings along, in the form they have when they are read back: sorted, nothing twice, ranges that overlap made one.</summary>
internal static class AnonymousSet
{
    public static NftSet Make(NftType keyType, NftType? dataType, IEnumerable<NftElement> elements)
    {
        List<NftElement> sorted = [.. elements.OrderBy(e => e.Key).ThenBy(e => e.LastKey)];
        if (sorted.Count == 0) throw new ArgumentException("An anonymous set needs elements.", nameof(elements));
        foreach (NftElement element in sorted)
            if (!element.IsCatchAll && element.Key.Length != keyType.Length) throw new ArgumentException($"A key of type {keyType} has {keyType.Length} bytes, not {element.Key.Length}.", nameof(elements));
        bool interval = sorted.Any(e => e.IsRange);
        NftSet set = new(dataType is null ? Wire.AnonymousParts.SetName : Wire.AnonymousParts.MapName, keyType)
        {
            DataType = dataType,
            Flags = NftSetFlags.Anonymous | NftSetFlags.Constant | (interval ? NftSetFlags.Interval : 0),
        };
        List<NftElement> merged = Merge(sorted, byRange: dataType is null && !keyType.IsConcatenation);
        set = set with { Flags = set.EffectiveFlags, Elements = merged.ToValueList() };
        return set with { Size = (uint)(set.SplitsRanges ? merged.Count * 2 : merged.Count) };
    }

    private static List<NftElement> Merge(List<NftElement> sorted, bool byRange)
    {
        List<NftElement> merged = [];
        foreach (NftElement element in sorted)
        {
            NftElement last = merged.Count > 0 ? merged[^1] : default;
            if (merged.Count == 0 || last.IsCatchAll) merged.Add(element);
            else if (byRange && element.Key <= last.LastKey)
                merged[^1] = last with { KeyEnd = element.LastKey > last.LastKey ? element.LastKey : last.KeyEnd };
            else if (element.Key != last.Key || element.LastKey != last.LastKey) merged.Add(element);
            else if (element != last) throw new ArgumentException($"An anonymous map has the key {element.Key} twice with different data.", nameof(sorted));
        }

        return merged;
    }
}
