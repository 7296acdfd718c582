using System.Net;
using Calico.Ipam.Documents;
using Calico.Net;

namespace Calico.Ipam.Blocks;

/// <summary>Makes new blocks.</summary>
internal static class BlockFactory
{
    /// <summary>A block with all addresses free but the host-reserved ones, owned from now on.</summary>
    /// <param name="range">The block's range.</param>
    /// <param name="owner">Its owner, or null.</param>
    /// <param name="reserved">Addresses at both ends that the host's system needs (Windows), or null.</param>
    /// <param name="now">The claim's time, and the start of its sequence numbers.</param>
    /// <param name="salt">Added to that start, in case the clock was set back since an earlier block of this range.</param>
    public static IpamBlock Create(in IpPrefix range, AffinityOwner? owner, HostReservedAddresses? reserved, DateTimeOffset now, uint salt = 0)
    {
        int size = 1 << (range.MaxLength - range.Length);
        int[] slots = new int[size];
        Array.Fill(slots, IpamBlock.Free);
        List<int> queue = new(size);
        IpamBlock block = new(range, slots, queue, [], new SequenceNumbers(size))
        {
            AffinityText = owner?.ToString(),
            ClaimTimeText = owner is null ? null : JsonText.Rfc3339(now),
            SequenceNumber = Nanoseconds(now) + salt,
        };
        int start = Math.Min(reserved?.StartOfBlock ?? 0, size), end = Math.Max(start, size - (reserved?.EndOfBlock ?? 0));
        for (int ordinal = start; ordinal < end; ordinal++) queue.Add(ordinal);
        if (queue.Count == size) return block;
        block.AttributeList.Add(reserved!.Attribute);
        for (int ordinal = 0; ordinal < size; ordinal++)
        {
            if (ordinal < start || ordinal >= end) slots[ordinal] = 0;
        }

        return block;
    }

    public static IpamBlock Create(IPNetwork range, AffinityOwner? owner, HostReservedAddresses? reserved, DateTimeOffset now) =>
        Create(IpPrefix.From(range), owner, reserved, now);

    private static ulong Nanoseconds(DateTimeOffset now) =>
        now <= DateTimeOffset.UnixEpoch ? 1 : (ulong)(now - DateTimeOffset.UnixEpoch).Ticks * 100;
}
