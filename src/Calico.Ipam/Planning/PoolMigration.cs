using System.Net;
using Calico.Ipam.Blocks;

namespace Calico.Ipam.Planning;

/// <summary>What a migration from one pool to another has to do next.</summary>
public enum MigrationAction
{
    /// <summary>The target pool is missing: create it.</summary>
    CreateTarget,

    /// <summary>The target pool gives no addresses: enable it.</summary>
    EnableTarget,

    /// <summary>The source pool still gives addresses: disable it.</summary>
    DisableSource,

    /// <summary>Addresses of the source are in use: restart what uses them, it gets addresses of the target.</summary>
    Drain,

    /// <summary>Blocks of the source are empty: release their affinities.</summary>
    ReleaseBlocks,

    /// <summary>Nothing of the source is left: delete it.</summary>
    DeleteSource,

    /// <summary>Done: the source is gone.</summary>
    Done,
}

/// <summary>The next step of a migration.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Description">For people.</param>
/// <param name="InUse">For <see cref="MigrationAction.Drain"/>: what uses addresses of the source.</param>
/// <param name="Blocks">For <see cref="MigrationAction.ReleaseBlocks"/>: which.</param>
public sealed record MigrationStep(MigrationAction Action, string Description, IReadOnlyList<BlockAllocation> InUse, IReadOnlyList<(AffinityOwner? Owner, IPNetwork Block)> Blocks);

/// <summary>
/// Moves a pool's users to another pool, such as one with another block size. The next step follows from the documents alone, so a migration can be stopped,
/// resumed and watched at any time, by anybody.
/// </summary>
public static class PoolMigration
{
    /// <summary>The next step.</summary>
    /// <param name="pools">All pools.</param>
    /// <param name="blocks">All blocks.</param>
    /// <param name="source">The name of the pool to empty.</param>
    /// <param name="target">The name of the pool that takes over; of the same family.</param>
    /// <exception cref="IpamException">The target cannot take over: other family, other uses, too small.</exception>
    public static MigrationStep Next(IReadOnlyCollection<IPPool> pools, IReadOnlyCollection<IpamBlock> blocks, string source, string target)
    {
        ArgumentNullException.ThrowIfNull(pools);
        ArgumentNullException.ThrowIfNull(blocks);
        if (source == target) throw new IpamException(IpamErrorCode.InvalidRequest, $"pool {source} cannot be migrated to itself: a block size cannot be changed, make a pool of another range");
        IPPool? from = pools.FirstOrDefault(pool => pool.Name == source), to = pools.FirstOrDefault(pool => pool.Name == target);
        if (from is null && to is null) throw new IpamException(IpamErrorCode.PoolNotUsable, $"there is neither a pool '{source}' nor a pool '{target}': {Known(pools)}");
        if (from is null) return Step(MigrationAction.Done, $"pool {source} is gone: nothing is left to do");
        if (to is null) return Step(MigrationAction.CreateTarget, $"create pool {target}: IPv{from.IpVersion}, not overlapping {from.Cidr}");
        if (from.IpVersion != to.IpVersion) throw new IpamException(IpamErrorCode.InvalidRequest, $"pool {source} is IPv{from.IpVersion}, {target} IPv{to.IpVersion}");
        if ((from.AllowedUses & ~to.AllowedUses) != 0) throw new IpamException(IpamErrorCode.InvalidRequest, $"pool {source} is used for {from.AllowedUses}, {target} only for {to.AllowedUses}: allow the missing uses first");
        if (to is { Disabled: false, IsAllocatable: false }) throw new IpamException(IpamErrorCode.PoolNotUsable, $"pool {target} is not allocatable ({to.NotAllocatableReason}): it cannot take over");
        List<IpamBlock> left = [.. blocks.Where(block => from.Range.Contains(block.Range))];
        List<BlockAllocation> used = [.. left.SelectMany(block => block.Allocations).Where(one => !HostReservedAddresses.IsWindows(one.Attribute.HandleId))];
        int hostBits = to.Range.MaxLength - to.Range.Length;
        if (hostBits < 31 && used.Count > 1 << hostBits) throw new IpamException(IpamErrorCode.InvalidRequest, $"pool {target} ({to.Cidr}) has {1 << hostBits} addresses, of pool {source} {used.Count} are in use: make a larger one");
        if (!to.IsUsable) return Step(MigrationAction.EnableTarget, $"enable pool {target}");
        if (!from.Disabled) return Step(MigrationAction.DisableSource, $"disable pool {source}, so that nothing new comes into it");
        List<IpamBlock> empty = [.. left.Where(block => block.IsEmpty())];
        if (empty.Count > 0)
            return Step(MigrationAction.ReleaseBlocks, $"release {empty.Count} empty block{(empty.Count == 1 ? "" : "s")} of pool {source}") with { Blocks = [.. empty.Select(block => (block.Affinity, block.Cidr))] };
        int cooling = used.RemoveAll(one => one.Attribute.IsCooling);
        if (used.Count > 0) return Step(MigrationAction.Drain, $"{used.Count} address{(used.Count == 1 ? "" : "es")} of pool {source} {(used.Count == 1 ? "is" : "are")} in use: restart what uses them") with { InUse = used };
        return cooling > 0
            ? Step(MigrationAction.Drain, $"{cooling} address{(cooling == 1 ? "" : "es")} of pool {source} cool{(cooling == 1 ? "s" : "")} down: wait, nothing else is to be done")
            : Step(MigrationAction.DeleteSource, $"delete pool {source}: nothing of it is left");
    }

    /// <summary>The pools there are, for an error about one that is not.</summary>
    internal static string Known(IEnumerable<IPPool> pools) => $"pools are {string.Join(", ", pools.Select(pool => pool.Name).DefaultIfEmpty("none"))}";

    private static MigrationStep Step(MigrationAction action, string description) => new(action, description, [], []);
}
