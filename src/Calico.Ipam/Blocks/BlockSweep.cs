namespace Calico.Ipam.Blocks;

/// <summary>Gives addresses whose cool-down is over back to the queue and drops attributes that nothing points at.</summary>
internal static class BlockSweep
{
    /// <returns>The same block when there is nothing to do.</returns>
    public static IpamBlock Sweep(IpamBlock block, TimeSpan cooldown, DateTimeOffset now)
    {
        if (!NeedsSweep(block, cooldown, now)) return block;
        IpamBlock next = block.Clone();
        SweepInPlace(next, cooldown, now);
        return next;
    }

    public static void SweepInPlace(IpamBlock block, TimeSpan cooldown, DateTimeOffset now)
    {
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            if (block.Slots[ordinal] < 0 || !IsOver(block.AttributeList[block.Slots[ordinal]], cooldown, now)) continue;
            block.Slots[ordinal] = IpamBlock.Free;
            block.Sequences.Remove(ordinal);
            block.Queue.Add(ordinal);
        }

        for (int index = 0; index < block.AttributeList.Count; index++)
        {
            if (IsFromTheFuture(block.AttributeList[index], now)) block.AttributeList[index] = AllocationRecord.Released(now);
        }

        DropUnusedAttributes(block);
    }

    /// <summary>Drops attributes that nothing points at, merges equal ones and renumbers.</summary>
    public static void DropUnusedAttributes(IpamBlock block)
    {
        int[] renumbered = new int[block.AttributeList.Count];
        Array.Fill(renumbered, -1);
        List<AllocationRecord> kept = new(block.AttributeList.Count);
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            int index = block.Slots[ordinal];
            if (index < 0) continue;
            if (renumbered[index] < 0)
            {
                int equal = kept.IndexOf(block.AttributeList[index]);
                if (equal < 0)
                {
                    equal = kept.Count;
                    kept.Add(block.AttributeList[index]);
                }

                renumbered[index] = equal;
            }

            block.Slots[ordinal] = renumbered[index];
        }

        block.AttributeList.Clear();
        block.AttributeList.AddRange(kept);
    }

    private static bool NeedsSweep(IpamBlock block, TimeSpan cooldown, DateTimeOffset now)
    {
        foreach (AllocationRecord attribute in block.AttributeList)
        {
            if (IsOver(attribute, cooldown, now) || IsFromTheFuture(attribute, now)) return true;
        }

        return HasUnusedAttributes(block);
    }

    private static bool HasUnusedAttributes(IpamBlock block)
    {
        if (block.AttributeList.Count == 0) return false;
        Span<bool> used = block.AttributeList.Count <= 512 ? stackalloc bool[block.AttributeList.Count] : new bool[block.AttributeList.Count];
        foreach (int index in block.Slots)
        {
            if (index >= 0) used[index] = true;
        }

        return used.Contains(false);
    }

    private static bool IsOver(AllocationRecord attribute, TimeSpan cooldown, DateTimeOffset now) =>
        attribute.IsCooling && (attribute.ReleasedAt is not { } at || at + cooldown <= now);

    // A clock that was once far ahead must not keep an address for ever: its cool-down starts again now.
    private static bool IsFromTheFuture(AllocationRecord attribute, DateTimeOffset now) =>
        attribute.ReleasedAt is { } at && at - now > TimeSpan.FromSeconds(IpamConfig.MaxCooldownSeconds);
}
