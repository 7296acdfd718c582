using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Wire;
using FsCheck.Xunit;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>The small parts against slow, obvious models.</summary>
public sealed class ValueProperties
{
    [Property]
    public bool A_value_is_its_bytes(byte[] a, byte[] b)
    {
        (a, b) = ([.. a.Take(64)], [.. b.Take(64)]);
        NftValue x = new(a), y = new(b);
        return x.Span.SequenceEqual(a) && x.Length == a.Length && (x == y) == a.SequenceEqual(b)
            && Math.Sign(x.CompareTo(y)) == Math.Sign(a.AsSpan().SequenceCompareTo(b)) && (x != y || x.GetHashCode() == y.GetHashCode());
    }

    [Property]
    public bool One_more_and_one_less_are_those_of_numbers(ulong number)
    {
        byte[] bytes = BitConverter.GetBytes(number);
        Array.Reverse(bytes);
        return KeyArithmetic.Increment(new NftValue(bytes)).ToNetworkOrderNumber() == number + 1 && KeyArithmetic.Decrement(new NftValue(bytes)).ToNetworkOrderNumber() == number - 1;
    }

    [Property]
    public bool User_data_keeps_its_entries(byte[] first, byte[] second, byte type)
    {
        (first, second) = ([.. first.Take(100)], [.. second.Take(100)]);
        byte other = (byte)(type + 1);
        NftUserData data = default(NftUserData).Add(type, first).Add(other, second);
        return data.TryGet(type, out ReadOnlySpan<byte> one) && one.SequenceEqual(first) && data.TryGet(other, out ReadOnlySpan<byte> two) && two.SequenceEqual(second)
            && data.Without(type) == default(NftUserData).Add(other, second);
    }

    [Property]
    public bool Any_user_data_is_read_without_exception(byte[] bytes, byte type)
    {
        NftUserData data = new(bytes);
        _ = (data.TryGet(type, out _), data.GetText(type), data.Without(type));
        return data.Span.SequenceEqual(bytes);
    }

    /// <summary>Ranges of 16-bit keys, written as ends, shuffled, and joined again.</summary>
    [Property]
    public bool Ranges_survive_as_ends(ushort[] cuts, int seed)
    {
        ushort[] sorted = [.. cuts.Distinct().Order()];
        NftSet set = new("s", NftType.InetService) { Flags = NftSetFlags.Interval };
        NftElement[] ranges = [.. Enumerable.Range(0, sorted.Length / 2).Select(i => NftElement.Range(NftValue.NetworkOrder(sorted[2 * i]), NftValue.NetworkOrder(sorted[(2 * i) + 1])))];
        if (ranges.Length == 0) return true;
        NetlinkBatch batch = new();
        ElementCodec.WriteSome(NfTablesWire.Begin(batch, NfTablesMessage.NewElement, NetlinkFlags.None, NftFamily.Inet), set, ranges);
        NetlinkMessageReader reader = new(batch.WrittenSpan);
        reader.MoveNext();
        List<WireElement> wire = [];
        ElementCodec.Read(reader.Current, wire);
        WireElement[] shuffled = [.. wire];
        new Random(seed).Shuffle(shuffled);
        return Intervals.Join([.. shuffled]).SequenceEqual(ranges);
    }

    /// <summary>Rules as small numbers: what the differences do to one list gives the other, and a longest common part stays.</summary>
    [Property(MaxTest = 500)]
    public bool Rule_differences_lead_from_one_chain_to_the_other(byte[] from, byte[] to)
    {
        NftRule[] have = [.. from.Take(12).Select((b, i) => Rule(b % 5) with { Handle = (ulong)i + 1 })], want = [.. to.Take(12).Select(b => Rule(b % 5))];
        RuleDiff diff = RuleDiff.Between(ValueList.Create<NftRule>(have), ValueList.Create<NftRule>(want), _ => false);
        List<NftRule> chain = [.. have];
        foreach (ulong handle in diff.Deleted) chain.RemoveAll(r => r.Handle == handle);
        foreach ((ulong handle, NftRule rule) in diff.Replaced) chain[chain.FindIndex(r => r.Handle == handle)] = rule;
        foreach ((ulong before, NftRule rule) in diff.Added) chain.Insert(before == 0 ? chain.Count : chain.FindIndex(r => r.Handle == before), rule);
        bool arrived = chain.Select(r => r.Expressions).SequenceEqual(want.Select(r => r.Expressions));
        int kept = have.Length - diff.Deleted.Count - diff.Replaced.Count;
        return arrived && kept == LongestCommon([.. have.Select(r => r.Expressions)], [.. want.Select(r => r.Expressions)]);
    }

    private static NftRule Rule(int number) => new([new ImmediateExpression(NftRegister.R1, NftValue.HostOrder((uint)number))]);

    private static int LongestCommon(ValueList<NftExpression>[] a, ValueList<NftExpression>[] b) =>
        a.Length == 0 || b.Length == 0 ? 0
            : a[0] == b[0] ? 1 + LongestCommon(a[1..], b[1..])
            : Math.Max(LongestCommon(a[1..], b), LongestCommon(a, b[1..]));
}
