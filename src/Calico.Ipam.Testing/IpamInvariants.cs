namespace Calico.Ipam.Testing;

/// <summary>What holds for every block after every write, and for a whole store at rest.</summary>
public static class IpamInvariants
{
    /// <summary>What is wrong with a block; empty when nothing is.</summary>
    /// <param name="block">The block.</param>
    public static IReadOnlyList<string> Check(IpamBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        List<string> wrong = [];
        HashSet<int> used = [], allocated = [];
        for (int ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.AttributeIndex(ordinal) is not { } index) continue;
            if (index >= block.Attributes.Count) wrong.Add($"{block.Cidr}: ordinal {ordinal} points at attribute {index} of {block.Attributes.Count}");
            used.Add(index);
            allocated.Add(ordinal);
            if (!block.Attributes[index].IsCooling && block.Attributes[index].HandleId != HostReservedAddresses.WindowsHandle && block.SequenceNumberFor(ordinal) is null)
                wrong.Add($"{block.Cidr}: ordinal {ordinal} has no sequence number");
        }

        if (used.Count != block.Attributes.Count) wrong.Add($"{block.Cidr}: {block.Attributes.Count - used.Count} attributes are not used");
        if (block.Unallocated.Distinct().Count() != block.Unallocated.Count) wrong.Add($"{block.Cidr}: an ordinal is free twice");
        if (block.Unallocated.Any(allocated.Contains)) wrong.Add($"{block.Cidr}: an ordinal is free and allocated");
        if (block.Unallocated.Count + allocated.Count != block.Size) wrong.Add($"{block.Cidr}: {block.Size - block.Unallocated.Count - allocated.Count} ordinals are lost");
        return wrong;
    }

    /// <summary>What is wrong with the blocks that a commit is about to write.</summary>
    /// <param name="writes">The commit.</param>
    public static IReadOnlyList<string> Check(ReadOnlySpan<StoreWrite> writes)
    {
        List<string> wrong = [];
        foreach (ref readonly StoreWrite write in writes)
        {
            if (write.Value is { } value && IpamKeys.TryParseBlock(write.Key, out System.Net.IPNetwork cidr))
            {
                IpamBlock block = IpamBlock.Decode(value, write.Key);
                if (block.Cidr != cidr) wrong.Add($"{write.Key} holds block {block.Cidr}");
                wrong.AddRange(Check(block));
            }
        }

        return wrong;
    }

    /// <summary>What is wrong with a store at rest: blocks of their own, blocks that overlap, owned blocks without an affinity, handles that count too few.</summary>
    /// <param name="client">A client of the store.</param>
    public static async Task<IReadOnlyList<string>> CheckAsync(IpamClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        IReadOnlyList<IpamBlock> blocks = await client.GetBlocksAsync().ConfigureAwait(false);
        List<string> wrong = [.. blocks.SelectMany(Check)];
        HashSet<(string, System.Net.IPNetwork)> affinities = [.. (await client.GetAffinitiesAsync().ConfigureAwait(false)).Select(affinity => (affinity.Owner.ToString(), affinity.Block))];
        foreach (IpamBlock block in blocks)
        {
            if (block.Affinity is { } owner && !affinities.Contains((owner.ToString(), block.Cidr))) wrong.Add($"{block.Cidr}: no affinity of {owner}");
            wrong.AddRange(blocks.Where(other => other != block && other.Cidr.Contains(block.Cidr.BaseAddress)).Select(other => $"{block.Cidr} overlaps {other.Cidr}"));
        }

        Dictionary<string, IpamHandle> handles = (await client.GetHandlesAsync().ConfigureAwait(false)).ToDictionary(handle => handle.Id);
        foreach (IGrouping<(string Handle, System.Net.IPNetwork Block), BlockAllocation> group in blocks.SelectMany(block => block.Allocations)
            .Where(allocation => allocation.Attribute.HandleId is not (null or HostReservedAddresses.WindowsHandle)).GroupBy(allocation => (allocation.Attribute.HandleId!, allocation.Block)))
        {
            int counted = handles.TryGetValue(group.Key.Handle, out IpamHandle? handle) ? handle.CountIn(group.Key.Block) : 0;
            if (counted < group.Count()) wrong.Add($"handle {group.Key.Handle} counts {counted} in {group.Key.Block}, the block has {group.Count()}");
        }

        return wrong;
    }
}
