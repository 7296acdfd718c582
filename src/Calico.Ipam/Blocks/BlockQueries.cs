using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Blocks;

/// <summary>Questions to a block.</summary>
internal static class BlockQueries
{
    /// <summary>No address in use or cooling; the Windows reserve does not count.</summary>
    public static bool IsEmpty(this IpamBlock block)
    {
        foreach (int index in block.Slots)
        {
            if (index >= 0 && !HostReservedAddresses.IsWindows(block.AttributeList[index].HandleId)) return false;
        }

        return true;
    }

    public static bool IsOwnedBy(this IpamBlock block, AffinityOwner owner) => block.AffinityText == owner.ToString();

    /// <summary>Free addresses that are not reserved.</summary>
    public static int FreeCount(this IpamBlock block, AddressFilter reserved)
    {
        if (!reserved.Overlaps(block.Range)) return block.Queue.Count;
        int free = 0;
        foreach (int ordinal in block.Queue)
        {
            if (!reserved.Contains(block.Range.AddressAt((uint)ordinal))) free++;
        }

        return free;
    }

    public static int ReservedCount(this IpamBlock block, AddressFilter reserved) => (int)reserved.CountIn(block.Range);

    /// <summary>Addresses that somebody uses: not free, not cooling.</summary>
    public static IEnumerable<int> InUse(this IpamBlock block)
    {
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            if (block.Slots[ordinal] >= 0 && !block.AttributeList[block.Slots[ordinal]].IsCooling) yield return ordinal;
        }
    }

    public static IEnumerable<int> ByHandle(this IpamBlock block, string handle)
    {
        for (int ordinal = 0; ordinal < block.Slots.Length; ordinal++)
        {
            if (block.Slots[ordinal] >= 0 && block.AttributeList[block.Slots[ordinal]].HandleId is { } id && Same(id, handle)) yield return ordinal;
        }
    }

    /// <summary>Ids as Calico compares them: up to the first carriage return.</summary>
    public static bool Same(string left, string right) => left == right || IpamHandle.Sanitize(left) == IpamHandle.Sanitize(right);
}
