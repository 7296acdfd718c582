using Calico.Collections;

namespace Calico.Policy.Tests.Engine;

public sealed class BatchSetsTests
{
    [Fact]
    public void A_large_batch_leaves_no_large_table_to_clear()
    {
        HashSet<int> set = [.. Enumerable.Range(0, 100_000)];
        set.Empty();
        Assert.Empty(set);
        Assert.InRange(set.Capacity, 0, 1024);
    }

    [Fact]
    public void A_small_batch_keeps_its_table()
    {
        HashSet<int> set = [.. Enumerable.Range(0, 100)];
        int capacity = set.Capacity;
        set.Empty();
        Assert.Empty(set);
        Assert.Equal(capacity, set.Capacity);
    }
}
