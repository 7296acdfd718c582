namespace Calico.Bgp;

/// <summary>Route selection (RFC 4271 section 9.1.2, RFC 4456 section 9, RFC 5065 section 5.3, RFC 9494 section 4.3) over a destination's paths.</summary>
/// <remarks>
/// Paths are ranked by what never depends on a third path (preference, LOCAL_PREF, path length, ORIGIN) in one number. Only ties go on to MED,
/// which is compared within a neighbouring AS over all ties at once, so that the result does not depend on the order of arrival.
/// </remarks>
internal sealed class Decision(AttributeTable attributes, Func<ushort, PathSource> sources)
{
    private int[] _ties = new int[8];

    public BestPathOptions Options { get; set; } = new();

    public uint DefaultLocalPreference { get; set; } = 100;

    /// <summary>The greater is preferred; 0 cannot be used.</summary>
    public UInt128 Rank(in RibPath path)
    {
        PathAttributes a = attributes[path.Attributes];
        if (a.Unreachable) return 0;
        uint preference = (a.Present & AttributePresence.LocalPref) != 0 ? a.LocalPref : DefaultLocalPreference;
        bool longStale = (path.Flags & PathFlags.LongStale) != 0 || (a.Present & AttributePresence.LlgrStale) != 0;
        ulong high = 1UL << 63 | (longStale ? 0UL : 1UL << 62) | (ulong)path.Preference << 32 | preference;
        ulong low = (ulong)(uint)(ushort.MaxValue - a.PathLength) << 2 | (uint)(3 - a.OriginCode);
        return new UInt128(high, low);
    }

    /// <summary>The best of a list; 0 when none can be used.</summary>
    public int Best(ChunkedList<RibPath> paths, int first)
    {
        if (first == 0) return 0;
        if (paths[first].Next == 0) return Rank(paths[first]) != 0 ? first : 0;
        UInt128 top = 0;
        int count = 0;
        for (int i = first; i != 0; i = paths[i].Next)
        {
            UInt128 rank = Rank(paths[i]);
            if (rank == 0 || rank < top) continue;
            if (rank > top)
            {
                top = rank;
                count = 0;
            }

            if (count == _ties.Length) Array.Resize(ref _ties, count * 2);
            _ties[count++] = i;
        }

        if (count <= 1) return count == 0 ? 0 : _ties[0];
        count = DropByMed(paths, count);
        int best = _ties[0];
        for (int i = 1; i < count; i++)
        {
            if (Compare(paths[_ties[i]], paths[best]) < 0) best = _ties[i];
        }

        return best;
    }

    private int DropByMed(ChunkedList<RibPath> paths, int count)
    {
        if (Options.Med == MedMode.Never) return count;
        int kept = 0;
        Span<int> ties = _ties.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            PathAttributes a = attributes[paths[ties[i]].Attributes];
            bool beaten = false;
            for (int j = 0; j < count && !beaten; j++)
            {
                if (i == j || ties[j] == 0) continue;
                PathAttributes b = attributes[paths[Math.Abs(ties[j])].Attributes];
                beaten = (Options.Med == MedMode.Always || a.NeighborAs == b.NeighborAs) && Med(b) < Med(a);
            }

            // Beaten ones stay in view (negative) so that they still beat others.
            if (beaten) ties[i] = -ties[i];
        }

        for (int i = 0; i < count; i++)
        {
            if (ties[i] > 0) ties[kept++] = ties[i];
        }

        return kept;
    }

    private uint Med(PathAttributes a) => (a.Present & AttributePresence.Med) != 0 ? a.Med : Options.MissingMedIsWorst ? uint.MaxValue : 0;

    /// <summary>Steps d to g; negative when <paramref name="x"/> is preferred.</summary>
    private int Compare(in RibPath x, in RibPath y)
    {
        PathSource sx = sources(x.Source), sy = sources(y.Source);
        if (sx.IsExternal != sy.IsExternal) return sx.IsExternal ? -1 : 1;
        PathAttributes ax = attributes[x.Attributes], ay = attributes[y.Attributes];
        int order = ax.Metric.CompareTo(ay.Metric);
        if (order != 0) return order;
        uint idx = ax.Originator != 0 ? ax.Originator : sx.RouterId;
        uint idy = ay.Originator != 0 ? ay.Originator : sy.RouterId;
        order = idx.CompareTo(idy);
        if (order == 0) order = ax.ClusterCount.CompareTo(ay.ClusterCount);
        if (order == 0) order = sx.AddressOrder.CompareTo(sy.AddressOrder);
        if (order == 0) order = x.Source.CompareTo(y.Source);
        return order != 0 ? order : x.PathId.CompareTo(y.PathId);
    }

    /// <summary>Whether two paths are equally good up to the tie-breakers, so that traffic may be shared.</summary>
    public bool IsEquallyGood(in RibPath best, in RibPath other)
    {
        if (Rank(best) != Rank(other)) return false;
        PathAttributes a = attributes[best.Attributes], b = attributes[other.Attributes];
        if (Options.Med != MedMode.Never && (Options.Med == MedMode.Always || a.NeighborAs == b.NeighborAs) && Med(a) != Med(b)) return false;
        if (sources(best.Source).IsExternal != sources(other.Source).IsExternal || a.Metric != b.Metric) return false;
        return Options.MultipathRelax || a.AsPathOctets.SequenceEqual(b.AsPathOctets);
    }
}
