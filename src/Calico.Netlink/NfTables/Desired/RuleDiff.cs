namespace Calico.Netlink.NfTables;

/// <summary>How the rules of one chain become those of another with the most rules left alone.</summary>
internal sealed class RuleDiff
{
    private const long TableLimit = 4_000_000; // cells of the common-subsequence table; larger middles are replaced whole

    public List<ulong> Deleted { get; } = [];

    public List<(ulong Handle, NftRule Rule)> Replaced { get; } = [];

    public List<(ulong Before, NftRule Rule)> Added { get; } = [];

    /// <param name="have">Rules with handles.</param>
    /// <param name="want">Rules.</param>
    /// <param name="mustRewrite">Rules that may be neither kept nor replaced.</param>
    public static RuleDiff Between(ValueList<NftRule> have, ValueList<NftRule> want, Predicate<NftRule> mustRewrite)
    {
        RuleDiff diff = new();
        bool Same(NftRule a, NftRule b) => NftPlanner.SameRule(a, b) && !mustRewrite(a);

        int start = 0, haveEnd = have.Count, wantEnd = want.Count;
        while (start < haveEnd && start < wantEnd && Same(have[start], want[start])) start++;
        while (haveEnd > start && wantEnd > start && Same(have[haveEnd - 1], want[wantEnd - 1])) (haveEnd, wantEnd) = (haveEnd - 1, wantEnd - 1);

        int haveGap = start, wantGap = start;
        foreach ((int i, int j) in LongestCommon(have, start, haveEnd, want, start, wantEnd, Same))
        {
            diff.Gap(have, haveGap, i, want, wantGap, j, mustRewrite);
            (haveGap, wantGap) = (i + 1, j + 1);
        }

        diff.Gap(have, haveGap, haveEnd, want, wantGap, wantEnd, mustRewrite);
        return diff;
    }

    /// <summary>Nothing in a gap is kept: rules take others' places as far as they go, the rest is deleted or added before the next kept rule.</summary>
    private void Gap(ValueList<NftRule> have, int haveStart, int haveEnd, ValueList<NftRule> want, int wantStart, int wantEnd, Predicate<NftRule> mustRewrite)
    {
        while (haveStart < haveEnd && wantStart < wantEnd && !mustRewrite(have[haveStart])) Replaced.Add((have[haveStart++].Handle, want[wantStart++]));
        while (haveStart < haveEnd) Deleted.Add(have[haveStart++].Handle);
        ulong before = haveEnd < have.Count ? have[haveEnd].Handle : 0;
        while (wantStart < wantEnd) Added.Add((before, want[wantStart++]));
    }

    private static List<(int, int)> LongestCommon(ValueList<NftRule> have, int haveStart, int haveEnd, ValueList<NftRule> want, int wantStart, int wantEnd, Func<NftRule, NftRule, bool> same)
    {
        int rows = haveEnd - haveStart, columns = wantEnd - wantStart;
        if (rows == 0 || columns == 0 || (long)rows * columns > TableLimit) return [];
        int[,] length = new int[rows + 1, columns + 1];
        bool[,] equal = new bool[rows, columns];
        for (int i = rows - 1; i >= 0; i--)
            for (int j = columns - 1; j >= 0; j--)
                length[i, j] = (equal[i, j] = same(have[haveStart + i], want[wantStart + j])) ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);

        List<(int, int)> pairs = [];
        for (int i = 0, j = 0; i < rows && j < columns;)
        {
            if (equal[i, j]) pairs.Add((haveStart + i++, wantStart + j++));
            else if (length[i + 1, j] >= length[i, j + 1]) i++;
            else j++;
        }

        return pairs;
    }
}
