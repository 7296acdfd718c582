using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>Finds blocks: new ones along the host's walk, empty ones of others, and such that can lend addresses.</summary>
internal static class BlockSearch
{
    /// <summary>So many candidates are looked at in one go before all blocks of the cluster are listed.</summary>
    private const int Probes = 8;

    /// <summary>Claims the first block along the walk that is free in any of the job's pools; failing that, an empty block that another host has had for a while.</summary>
    public static async ValueTask<Versioned<IpamBlock>?> FindAsync(IpamContext context, Claimer claimer, AssignJob job, OwnerBlocks owned, CancellationToken cancel)
    {
        HashSet<IpPrefix>? existing = null;
        foreach (PoolEntry pool in job.Pools)
        {
            IEnumerable<IpPrefix> walk = BlockWalk.From(job.Owner.Name, pool, Seed(context), job.Reserved).Where(candidate => !owned.Has(candidate));
            if (existing is null)
            {
                IpPrefix[] near = [.. walk.Take(Probes)];
                Versioned<IpamBlock>?[] there = await context.BlocksAsync(near, cancel).ConfigureAwait(false);
                foreach ((IpPrefix candidate, Versioned<IpamBlock>? block) in near.Zip(there))
                {
                    if (block is not null && !block.Value.Document.IsOwnedBy(job.Owner)) continue;
                    if (await ClaimAsync(context, claimer, job, candidate, cancel).ConfigureAwait(false) is { } claimed) return claimed;
                }

                if (near.Length < Probes) continue;
                existing = await context.BlockRangesAsync(job.IpVersion, cancel).ConfigureAwait(false);
            }

            foreach (IpPrefix candidate in walk)
            {
                if (!existing.Contains(candidate) && await ClaimAsync(context, claimer, job, candidate, cancel).ConfigureAwait(false) is { } claimed) return claimed;
            }
        }

        return await ReclaimAsync(context, claimer, job, cancel).ConfigureAwait(false);
    }

    private static async ValueTask<Versioned<IpamBlock>?> ClaimAsync(IpamContext context, Claimer claimer, AssignJob job, IpPrefix candidate, CancellationToken cancel) =>
        await claimer.ClaimAsync(job.Owner, candidate, job.HostReserved, mayCreate: true, cancel).ConfigureAwait(false) is { } claimed && claimed.Document.FreeCount(job.Reserved) > 0 ? claimed : null;

    /// <summary>Blocks of others with free addresses, in the order of the host's walk.</summary>
    public static async ValueTask<List<IpPrefix>> LendersAsync(IpamContext context, AssignJob job, PoolEntry pool, CancellationToken cancel)
    {
        List<Versioned<IpamBlock>> blocks = await context.BlocksAsync(job.IpVersion, cancel).ConfigureAwait(false);
        return [.. AlongWalk(context, job, pool, blocks).Where(block => block.FreeCount(job.Reserved) > 0).Select(block => block.Range)];
    }

    /// <summary>The blocks of a pool as they are after a sweep, in the order of the host's walk.</summary>
    private static IEnumerable<IpamBlock> AlongWalk(IpamContext context, AssignJob job, PoolEntry pool, List<Versioned<IpamBlock>> blocks)
    {
        int size = pool.Pool.BlockSize;
        (UInt128 start, _) = BlockWalk.Start(job.Owner.Name, pool.Range, size, Seed(context));
        DateTimeOffset now = context.Now;
        return blocks.Select(block => block.Document)
            .Where(block => pool.Range.Contains(block.Range))
            .OrderBy(block => BlockWalk.Distance(pool.Range, size, start, block.Range))
            .Select(block => BlockSweep.Sweep(block, job.Cooldown, now));
    }

    private static async ValueTask<Versioned<IpamBlock>?> ReclaimAsync(IpamContext context, Claimer claimer, AssignJob job, CancellationToken cancel)
    {
        DateTimeOffset now = context.Now;
        List<Versioned<IpamBlock>> blocks = await context.BlocksAsync(job.IpVersion, cancel).ConfigureAwait(false);
        foreach (IpamBlock block in job.Pools.SelectMany(pool => AlongWalk(context, job, pool, blocks)))
        {
            if (!block.IsEmpty() || block.FreeCount(job.Reserved) == 0) continue;
            if (block.Affinity is not { } owner || owner == job.Owner || now - (block.AffinityClaimTime ?? DateTimeOffset.MinValue) < context.Options.ReclaimAge) continue;
            if (await claimer.GiveUpAsync(owner, block.Range, mustBeEmpty: true, block.SequenceNumber, cancel).ConfigureAwait(false) != GiveUpOutcome.Released) continue;
            if (await claimer.ClaimAsync(job.Owner, block.Range, job.HostReserved, mayCreate: true, cancel).ConfigureAwait(false) is { } claimed) return claimed;
        }

        return null;
    }

    private static long Seed(IpamContext context) => (context.Now - DateTimeOffset.UnixEpoch).Ticks * 100;
}
