namespace Calico.Policy.Analysis;

/// <summary>Sets of packet classes: one bit for each. The loops are plain so that the compiler can vectorize what little there is.</summary>
internal static class Bits
{
    public static bool IsEmpty(ReadOnlySpan<ulong> bits) => !bits.ContainsAnyExcept(0UL);

    public static void And(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        for (int i = 0; i < target.Length; i++) target[i] &= other[i];
    }

    public static void AndNot(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        for (int i = 0; i < target.Length; i++) target[i] &= ~other[i];
    }

    public static void Or(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        for (int i = 0; i < target.Length; i++) target[i] |= other[i];
    }

    public static void Intersect(Span<ulong> target, ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right)
    {
        for (int i = 0; i < target.Length; i++) target[i] = left[i] & right[i];
    }

    public static int First(ReadOnlySpan<ulong> bits)
    {
        int word = bits.IndexOfAnyExcept(0UL);
        return word < 0 ? -1 : (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(bits[word]);
    }
}
