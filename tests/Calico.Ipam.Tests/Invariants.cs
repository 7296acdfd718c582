namespace Calico.Ipam.Tests;

/// <summary>What holds for every block after every write.</summary>
internal static class Invariants
{
    public static void Check(IpamBlock block)
    {
        HashSet<int> used = [];
        List<int> allocated = [];
        for (int ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.AttributeIndex(ordinal) is not { } index) continue;
            Assert.InRange(index, 0, block.Attributes.Count - 1);
            used.Add(index);
            allocated.Add(ordinal);
        }

        Assert.Equal(block.Attributes.Count, used.Count);
        Assert.Equal(block.Unallocated.Count, block.Unallocated.Distinct().Count());
        Assert.Empty(block.Unallocated.Intersect(allocated));
        Assert.Equal(block.Size, block.Unallocated.Count + allocated.Count);
    }
}

internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
