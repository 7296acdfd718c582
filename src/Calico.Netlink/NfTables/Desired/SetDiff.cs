namespace Calico.Netlink.NfTables;

/// <summary>The elements by which two contents of a set differ.</summary>
internal readonly record struct SetDiff(List<NftElement> Removed, List<NftElement> Added)
{
    public static SetDiff Between(NftSet have, NftSet want, Predicate<NftElement> mustRewrite)
    {
        Dictionary<(NftValue, NftValue), NftElement> old = new(have.Elements.Count);
        foreach (ref readonly NftElement element in have.Elements.AsSpan()) old[Key(element)] = element;
        List<NftElement> removed = [], added = [];
        foreach (ref readonly NftElement element in want.Elements.AsSpan())
        {
            if (old.Remove(Key(element), out NftElement there))
            {
                if (NftPlanner.SameElement(there, element) && !mustRewrite(there)) continue;
                removed.Add(there);
            }

            added.Add(element);
        }

        foreach (NftElement element in old.Values)
            if (!IsRunningState(have, element)) removed.Add(element);
        return new(removed, added);
    }

    // What rules put into a dynamic set is not ours to take away.
    private static bool IsRunningState(NftSet set, in NftElement element) =>
        set.Flags.HasFlag(NftSetFlags.Dynamic) && element.Details?.UserData.IsEmpty != false;

    private static (NftValue, NftValue) Key(in NftElement element) => (element.Key, element.IsRange ? element.KeyEnd : default);
}
