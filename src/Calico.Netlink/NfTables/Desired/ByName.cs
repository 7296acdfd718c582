namespace Calico.Netlink.NfTables;

/// <summary>Named things sorted by what becomes of them.</summary>
internal sealed class ByName<T, TKey>
    where T : class
    where TKey : notnull
{
    public ByName(ValueList<T> current, ValueList<T> wanted, Func<T, TKey> key, Func<T, T, bool> same)
    {
        Dictionary<TKey, T> old = new(current.Count);
        foreach (T have in current) old[key(have)] = have;
        HashSet<TKey> names = new(wanted.Count);
        foreach (T want in wanted)
        {
            if (!names.Add(key(want))) throw new ArgumentException($"'{key(want)}' is wanted twice in one table.", nameof(wanted));
            if (!old.TryGetValue(key(want), out T? have)) Made.Add(want);
            else if (same(have, want)) Kept.Add((have, want));
            else
            {
                Remade.Add(have);
                Made.Add(want);
            }
        }

        foreach (T have in current)
            if (!names.Contains(key(have))) Gone.Add(have);
    }

    /// <summary>Stay, though their content may change.</summary>
    public List<(T Have, T Want)> Kept { get; } = [];

    /// <summary>Are added, the new form of remade ones among them.</summary>
    public List<T> Made { get; } = [];

    /// <summary>The old form of those that must be made anew.</summary>
    public List<T> Remade { get; } = [];

    /// <summary>Are not wanted any more.</summary>
    public List<T> Gone { get; } = [];
}
