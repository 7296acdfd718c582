namespace Calico.Netlink.NfTables;

/// <summary>Sets that a rule brings along, in the form they have when they are read back.</summary>
internal static class AnonymousSet
{
    public static NftSet Make(NftType keyType, NftType? dataType, IEnumerable<NftElement> elements)
    {
        NftElement[] sorted = [.. elements.OrderBy(e => e.Key)];
        if (sorted.Length == 0) throw new ArgumentException("An anonymous set needs elements.", nameof(elements));
        bool interval = sorted.Any(e => e.IsRange);
        NftSet set = new(dataType is null ? Wire.AnonymousSets.SetName : Wire.AnonymousSets.MapName, keyType)
        {
            DataType = dataType,
            Flags = NftSetFlags.Anonymous | NftSetFlags.Constant | (interval ? NftSetFlags.Interval : 0),
            Elements = sorted.ToValueList(),
        };
        set = set with { Flags = set.EffectiveFlags };
        return set with { Size = (uint)(set.SplitsRanges ? sorted.Length * 2 : sorted.Length) };
    }
}
