using System.Net;
using Calico.Net;

namespace Calico.Ipam.Blocks;

/// <summary>Giving addresses of a block back.</summary>
internal static class BlockRelease
{
    /// <summary>Releases what the conditions allow, or refuses the whole request: a wrong sequence number or handle means that somebody else has the address now.</summary>
    public static BlockReleaseResult Addresses(IpamBlock block, IReadOnlyCollection<ReleaseOption> options, TimeSpan cooldown, DateTimeOffset now)
    {
        List<int> released = [];
        List<IPAddress> unallocated = [];
        foreach (ReleaseOption option in options)
        {
            IpPrefix address = IpPrefix.From(option.Address);
            if (!block.TryGetOrdinal(address, out int ordinal)) throw new ArgumentException($"{address} is not in {block.Range}.", nameof(options));
            ulong sequence = block.SequenceNumberFor(ordinal) ?? 0;
            if (option.SequenceNumber is { } expected && expected != sequence)
                return BlockReleaseResult.Refused(IpamErrorCode.BadSequenceNumber, $"{option.Address} was allocated with sequence number {sequence}, not {expected}: it has been assigned anew since. Read it again before releasing it.");
            AllocationRecord? attribute = block.Attribute(ordinal);
            if (attribute is null || attribute.IsCooling) unallocated.Add(option.Address);
            else if (option.Handle is { Length: > 0 } handle && !(attribute.HandleId is { } id && BlockQueries.Same(id, handle)))
                return BlockReleaseResult.Refused(IpamErrorCode.BadHandle, $"{option.Address} belongs to handle '{attribute.HandleId}', not '{handle}'.");
            else if (!released.Contains(ordinal)) released.Add(ordinal);
        }

        BlockReleaseResult result = Release(block, released, unallocated, cooldown, now);

        if (cooldown > TimeSpan.Zero)
        {
            // As Calico: an address that cools is of another number than the allocation that it was.
            foreach (int ordinal in released) result.Next!.Sequences[ordinal] = block.SequenceNumber;
        }

        return result;
    }

    /// <summary>Releases everything of a handle; with a sequence number only what was allocated with it.</summary>
    public static BlockReleaseResult Handle(IpamBlock block, string handle, ulong? sequenceNumber, TimeSpan cooldown, DateTimeOffset now)
    {
        List<int> ordinals = [.. block.ByHandle(handle).Where(ordinal => sequenceNumber is not { } number || number == (block.SequenceNumberFor(ordinal) ?? 0))];
        return Release(block, ordinals, [], cooldown, now);
    }

    private static BlockReleaseResult Release(IpamBlock block, List<int> ordinals, List<IPAddress> unallocated, TimeSpan cooldown, DateTimeOffset now)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        IpamBlock next = BlockSweep.Sweep(block, cooldown, now);
        if (ordinals.Count == 0) return new BlockReleaseResult(block, ordinals, unallocated, counts);
        if (ReferenceEquals(next, block)) next = block.Clone();
        int cooling = next.AttributeList.Count;
        next.AttributeList.Add(AllocationRecord.Released(now));
        foreach (int ordinal in ordinals)
        {
            if (next.AttributeList[next.Slots[ordinal]].HandleId is { } id && IpamHandle.Sanitize(id) is { Length: > 0 } handle)
            {
                counts[handle] = counts.GetValueOrDefault(handle) + 1;
            }

            next.Slots[ordinal] = cooling;
        }

        // Released a moment ago counts as over when there is no cool-down, whatever the clock does.
        if (cooldown <= TimeSpan.Zero) FreeNow(next, cooling);
        BlockSweep.DropUnusedAttributes(next);
        SequenceStep.Written(next);
        return new BlockReleaseResult(next, ordinals, unallocated, counts);
    }

    private static void FreeNow(IpamBlock block, int attribute)
    {
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            if (block.Slots[ordinal] != attribute) continue;
            block.Slots[ordinal] = IpamBlock.Free;
            block.Sequences.Remove(ordinal);
            block.Queue.Add(ordinal);
        }
    }
}

/// <summary>What a release did to a block.</summary>
/// <param name="Next">The block to write; the very block that was given when nothing changed.</param>
/// <param name="Released">The ordinals that were in use and are no longer.</param>
/// <param name="Unallocated">Addresses that were not in use.</param>
/// <param name="CountByHandle">By how much to lower which handle.</param>
internal sealed record BlockReleaseResult(IpamBlock? Next, IReadOnlyList<int> Released, IReadOnlyList<IPAddress> Unallocated, IReadOnlyDictionary<string, int> CountByHandle)
{
    public (IpamErrorCode Code, string Message)? Refusal { get; private init; }

    /// <summary>The block as it was, kept while it is not known whether the write was done.</summary>
    public IpamBlock? Before { get; init; }

    public static BlockReleaseResult Refused(IpamErrorCode code, string message) =>
        new(null, [], [], new Dictionary<string, int>()) { Refusal = (code, message) };
}
