using System.Net;
using Calico.Ipam.Blocks;

namespace Calico.Ipam.Planning;

/// <summary>A look at all of IPAM's documents: what does not fit together. Pure; reads and repairs nothing.</summary>
public static class IpamCheck
{
    /// <summary>Compares blocks, affinities, handles and pools with each other and with the addresses that are known to be in use.</summary>
    /// <param name="pools">All pools.</param>
    /// <param name="blocks">All blocks.</param>
    /// <param name="affinities">All affinities.</param>
    /// <param name="handles">All handles.</param>
    /// <param name="inUse">Addresses known to be in use, each with who uses it; null when that is not known.</param>
    public static IpamCheckReport Look(
        IReadOnlyCollection<IPPool> pools, IReadOnlyCollection<IpamBlock> blocks, IReadOnlyCollection<BlockAffinity> affinities, IReadOnlyCollection<IpamHandle> handles, IReadOnlyDictionary<IPAddress, IReadOnlyList<string>>? inUse)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(affinities);
        ArgumentNullException.ThrowIfNull(handles);
        ArgumentNullException.ThrowIfNull(pools);
        List<CheckedAddress> addresses = [];
        List<string> problems = [];
        Dictionary<string, int> counted = new(StringComparer.Ordinal);
        HashSet<(string, IPNetwork)> owned = [.. affinities.Select(affinity => (affinity.Owner.ToString(), affinity.Block))];
        foreach (IpamBlock block in blocks)
        {
            if (!pools.Any(pool => pool.Range.Contains(block.Range))) problems.Add($"block {block.Cidr} lies in no pool");
            if (block.AffinityText is { } owner && !owned.Contains((owner, block.Cidr))) problems.Add($"block {block.Cidr} is {owner}'s, but there is no affinity");
            int lost = block.Size - block.Unallocated.Count - block.Allocations.Count();
            if (lost > 0) problems.Add($"block {block.Cidr}: {lost} addresses are neither free nor allocated");
            foreach (BlockAllocation allocation in block.Allocations)
            {
                IReadOnlyList<string> users = inUse?.GetValueOrDefault(allocation.Address) ?? [];
                addresses.Add(new CheckedAddress(allocation, users));
                if (allocation.Attribute.HandleId is { } handle) counted[IpamHandle.Sanitize(handle)] = counted.GetValueOrDefault(IpamHandle.Sanitize(handle)) + 1;
            }
        }

        HashSet<IPAddress> allocated = [.. addresses.Select(address => address.Allocation.Address)];
        List<(IPAddress, string)> notAllocated = [.. (inUse ?? new Dictionary<IPAddress, IReadOnlyList<string>>()).Where(pair => !allocated.Contains(pair.Key) && pools.Any(pool => pool.Cidr.Contains(pair.Key))).Select(pair => (pair.Key, string.Join(", ", pair.Value)))];
        problems.AddRange(notAllocated.Select(one => $"{one.Item1} is used by {one.Item2}, but not allocated"));
        Dictionary<IPNetwork, string?> owners = blocks.ToDictionary(block => block.Cidr, block => block.AffinityText);
        problems.AddRange(affinities.Where(affinity => !(owners.TryGetValue(affinity.Block, out string? actual) && actual == affinity.Owner.ToString()))
            .Select(affinity => $"affinity of {affinity.Owner} to {affinity.Block} ({BlockAffinity.StateText(affinity.State)}): the block is {(owners.TryGetValue(affinity.Block, out string? actual) ? actual ?? "nobody's" : "not there")}"));
        return new IpamCheckReport(addresses, [.. handles.Where(handle => !counted.ContainsKey(handle.Id))], notAllocated, problems, inUse is not null);
    }
}

/// <summary>What a check found.</summary>
/// <param name="Addresses">Every allocation with who is known to use it.</param>
/// <param name="LeakedHandles">Handles that count addresses that no block has.</param>
/// <param name="NotAllocated">Addresses of pools that are in use and not allocated: two could get them.</param>
/// <param name="Problems">What does not fit together, for people.</param>
/// <param name="UsersAreKnown">Whether it was known who uses what; else no allocation counts as leaked.</param>
public sealed record IpamCheckReport(
    IReadOnlyList<CheckedAddress> Addresses, IReadOnlyList<IpamHandle> LeakedHandles, IReadOnlyList<(IPAddress Address, string User)> NotAllocated, IReadOnlyList<string> Problems, bool UsersAreKnown)
{
    /// <summary>Allocations that nobody is known to use.</summary>
    public IEnumerable<CheckedAddress> Leaked => UsersAreKnown ? Addresses.Where(address => !address.IsInUse) : [];
}

/// <summary>An allocation as a check sees it.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Users">Who is known to use it.</param>
public sealed record CheckedAddress(BlockAllocation Allocation, IReadOnlyList<string> Users)
{
    /// <summary>
    /// Somebody uses it; or it is held on purpose (cooling down, reserved for Windows, kept ready, fixed); or nothing could prove that nobody does, as with a
    /// virtual machine's address that names no pod.
    /// </summary>
    public bool IsInUse => Users.Count > 0 || Allocation.Attribute.IsCooling || IsHeld(Allocation.Attribute.HandleId) || !NamesItsUser;

    private bool NamesItsUser =>
        Allocation.Attribute.Owner.ContainsKey(OwnerAttributes.Pod) ||
        (Allocation.Attribute.Owner.TryGetValue(OwnerAttributes.Type, out string? type) && OwnerAttributes.TunnelTypes.Contains(type));

    private static bool IsHeld(string? handle) =>
        HostReservedAddresses.IsWindows(handle) || FixedAddresses.IsHandle(handle) || handle?.StartsWith(Warm.WarmSync.Prefix, StringComparison.Ordinal) == true;
}
