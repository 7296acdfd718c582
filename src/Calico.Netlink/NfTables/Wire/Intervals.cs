namespace Calico.Netlink.NfTables.Wire;

/// <summary>Makes inclusive ranges of the ends that the kernel keeps in single-field interval sets.</summary>
internal static class Intervals
{
    private static readonly Comparison<WireElement> EndsFirst = (a, b) =>
        a.Element.Key.CompareTo(b.Element.Key) is var order && order != 0 ? order : b.IsEnd.CompareTo(a.IsEnd);

    public static List<NftElement> Join(List<WireElement> ends)
    {
        List<NftElement> ranges = new(ends.Count / 2 + 1);
        ends.Sort(EndsFirst);
        NftElement? open = null;
        foreach (WireElement end in ends)
        {
            if (end.Element.IsCatchAll)
            {
                ranges.Add(end.Element);
                continue;
            }

            if (open is { } start) ranges.Add(Close(start, KeyArithmetic.Decrement(end.Element.Key)));
            open = end.IsEnd ? null : end.Element;
        }

        if (open is { } last)
        {
            Span<byte> ones = stackalloc byte[last.Key.Length];
            ones.Fill(0xff);
            ranges.Add(Close(last, new NftValue(ones)) with { Details = WithoutOpenNote(last.Details) });
        }

        return ranges;
    }

    // nft notes that such a range has no end; it follows from there being none.
    private static NftElementDetails? WithoutOpenNote(NftElementDetails? details)
    {
        if (details is null || details.UserData.IsEmpty) return details;
        NftElementDetails kept = details with { UserData = details.UserData.Without(1) };
        return kept == NftElementDetails.None ? null : kept;
    }

    private static NftElement Close(NftElement start, NftValue last) => start with { KeyEnd = last == start.Key ? default : last };
}
