using Microsoft.CodeAnalysis;

namespace Calico.Collections;

/// <summary>Sets of what changed in a batch.</summary>
[Embedded]
internal static class BatchSets
{
    private const int KeptCapacity = 1024;

    /// <summary>
    /// Empties a set of the batch. Clearing costs the size of the table and not the number of items, so that the table of a large batch would be paid for by every small one after it.
    /// </summary>
    public static void Empty<T>(this HashSet<T> set)
    {
        set.Clear();
        if (set.Capacity > KeptCapacity) set.TrimExcess();
    }
}
