using Calico.Ipam.Documents;
using Calico.Ipam.Pools;
using Calico.Ipam.Warm;

namespace Calico.Ipam.Blocks;

/// <summary>Taking addresses from a block. Every function leaves its argument alone and gives the block to write.</summary>
internal static class BlockAssign
{
    /// <summary>Takes up to <paramref name="count"/> addresses from the head of the queue, passing over reserved ones.</summary>
    /// <returns>The same block and no ordinals when none is free.</returns>
    public static (IpamBlock Next, IReadOnlyList<int> Ordinals) FromHead(IpamBlock block, int count, AllocationRecord whose, AddressFilter reserved, SequenceStep step)
    {
        bool filter = reserved.Overlaps(block.Range);
        List<int> taken = new(Math.Min(count, block.Queue.Count));
        List<int> left = new(block.Queue.Count);
        foreach (int ordinal in block.Queue)
        {
            if (taken.Count < count && !(filter && reserved.Contains(block.Range.AddressAt((uint)ordinal)))) taken.Add(ordinal);
            else left.Add(ordinal);
        }

        if (taken.Count == 0) return (block, taken);
        IpamBlock next = block.Clone();
        next.Queue.Clear();
        next.Queue.AddRange(left);
        step.BeforeAssign(next);
        int index = Attribute(next, whose);
        foreach (int ordinal in taken) Point(next, ordinal, index);
        SequenceStep.Written(next);
        return (next, taken);
    }

    /// <summary>Takes one address by name; null when it is in use or cooling.</summary>
    public static IpamBlock? Named(IpamBlock block, int ordinal, AllocationRecord whose, SequenceStep step)
    {
        if (block.Slots[ordinal] >= 0) return null;
        IpamBlock next = block.Clone();
        next.Queue.Remove(ordinal);
        step.BeforeAssign(next);
        Point(next, ordinal, Attribute(next, whose));
        SequenceStep.Written(next);
        return next;
    }

    /// <summary>Changes the owners of addresses without touching their allocation.</summary>
    public static IpamBlock WithOwners(IpamBlock block, IEnumerable<int> ordinals, Func<AllocationRecord, AllocationRecord> change, SequenceStep step)
    {
        IpamBlock next = block.Clone();
        foreach (int ordinal in ordinals) next.Slots[ordinal] = Attribute(next, change(next.AttributeList[next.Slots[ordinal]]));
        BlockSweep.DropUnusedAttributes(next);
        SequenceStep.Written(next);
        return next;
    }

    /// <summary>Gives addresses to other owners in place; each must still be under the handle and number that it was seen with, or be the new owner's already.</summary>
    public static (IpamBlock Next, List<RecordChange> Changed, HashSet<int> Held) Move(IpamBlock block, IReadOnlyList<RecordChange> changes, SequenceStep step)
    {
        List<RecordChange> due = [];
        HashSet<int> held = [];
        foreach (RecordChange change in changes)
        {
            if (block.Attribute(change.Ordinal) is not { IsCooling: false } record || block.SequenceNumberFor(change.Ordinal) != change.SequenceNumber) continue;
            bool moved = record.Equals(change.To);
            if (!moved && record.HandleId != change.From && record.HandleId != change.OrFrom) continue;
            held.Add(change.Ordinal);
            if (!moved) due.Add(change with { From = record.HandleId! });
        }

        if (due.Count == 0) return (block, due, held);
        IpamBlock next = block.Clone();
        foreach (RecordChange change in due) next.Slots[change.Ordinal] = Attribute(next, change.To);
        BlockSweep.DropUnusedAttributes(next);
        SequenceStep.Written(next);
        return (next, due, held);
    }

    /// <summary>The block given to an owner, with the claim's time.</summary>
    public static IpamBlock WithAffinity(IpamBlock block, AffinityOwner? owner, DateTimeOffset now, SequenceStep step)
    {
        IpamBlock next = block.Clone();
        next.AffinityText = owner?.ToString();
        next.HostAffinityText = null;
        next.ClaimTimeText = owner is null ? null : JsonText.Rfc3339(now);
        SequenceStep.Written(next);
        return next;
    }

    private static void Point(IpamBlock block, int ordinal, int index)
    {
        block.Slots[ordinal] = index;
        block.Sequences[ordinal] = block.SequenceNumber;
    }

    private static int Attribute(IpamBlock block, AllocationRecord whose)
    {
        int index = block.AttributeList.IndexOf(whose);
        if (index >= 0) return index;
        block.AttributeList.Add(whose);
        return block.AttributeList.Count - 1;
    }
}
