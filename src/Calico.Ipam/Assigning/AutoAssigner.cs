using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>
/// Assigns any free addresses, in Calico's order: the owner's blocks as they are listed; new blocks along the host's walk; empty blocks of other hosts;
/// then, unless affinity is strict, free addresses of anybody's blocks.
/// </summary>
internal sealed class AutoAssigner(IpamContext context, Claimer claimer, BlockTaker taker, OwnedBlocks owned)
{
    private const int ReadAhead = 32;

    public async ValueTask<Assignments> AssignAsync(AutoAssignRequest request, int ipVersion, CancellationToken cancel)
    {
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        AssignJob job = Prepare(cluster, request, ipVersion, cancel);
        if (job.MaxPerHandle > 0 && await HeldAsync(job, cancel).ConfigureAwait(false) is { } present) return present;
        OwnerBlocks blocks = owned.Of(job.Owner, ipVersion);
        blocks.Enqueue(job);
        using (await EnterAsync(job, blocks, cancel).ConfigureAwait(false))
        {
            // Whoever was inside before may have served this request along with its own.
            job.Close();
            if (job.Missing > 0) await ServeAsync(job, blocks, cancel).ConfigureAwait(false);
        }

        if (job.Missing > 0) await BorrowAsync(job, cancel).ConfigureAwait(false);
        for (int attempt = 1; job.IsAtHandleLimit; attempt++)
        {
            if (await HeldAsync(job, cancel).ConfigureAwait(false) is { } held) return held;
            await context.RetryAsync(attempt, HandleLimitException.Miscount(job.Handle!), cancel).ConfigureAwait(false);
        }

        return job.Result();
    }

    /// <summary>The addresses that the handle has already, when more would be too many; null when all that is asked for may come.</summary>
    private async ValueTask<Assignments?> HeldAsync(AssignJob job, CancellationToken cancel)
    {
        List<AssignedAddress> held = await taker.OfHandleAsync(job.Handle!, job.IpVersion, cancel).ConfigureAwait(false);
        if (held.Count + job.Requested <= job.MaxPerHandle) return null;
        if (held.Count >= job.Requested) return job.Present(held);
        throw new IpamException(
            IpamErrorCode.HandleLimit,
            $"handle '{job.Handle}' has {held.Count} IPv{job.IpVersion} addresses{(held.Count == 0 ? "" : $" ({string.Join(", ", held)})")}, {job.Requested} more are asked for and {job.MaxPerHandle} are allowed: ask for fewer, or release some first");
    }

    /// <summary>A block of the owner's with free addresses, claimed if there is none: what Windows hosts ask for when they start.</summary>
    public async ValueTask<IpPrefix> EnsureBlockAsync(AutoAssignRequest request, int ipVersion, CancellationToken cancel)
    {
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        AssignJob job = Prepare(cluster, request, ipVersion, cancel);
        OwnerBlocks blocks = owned.Of(job.Owner, ipVersion);
        using IDisposable inside = await blocks.EnterAsync(cancel).ConfigureAwait(false);
        foreach (IpPrefix range in await blocks.ReloadAsync(job, everything: true, cancel).ConfigureAwait(false))
        {
            if (job.PoolFor(range) is not null && !job.Reserved.Covers(range) && await claimer.ClaimAsync(job.Owner, range, job.HostReserved, mayCreate: true, cancel).ConfigureAwait(false) is not null)
                return range;
        }

        return await ClaimNewAsync(job, blocks, cancel).ConfigureAwait(false)
            ?? throw new IpamException(job.Error ?? IpamErrorCode.NoQualifiedPool, $"no block for {job.Owner}: {(job.Messages.Count > 0 ? string.Join("; ", job.Messages) : "every block of every usable pool is taken")}");
    }

    private static AssignJob Prepare(IpamCluster cluster, AutoAssignRequest request, int ipVersion, CancellationToken cancel)
    {
        HostReservedAddresses.Require(request.HostReserved, cluster.Config, request.Node);
        PoolRequest pools = new(request.Node, ipVersion, ipVersion == 6 ? request.IPv6Pools : request.IPv4Pools, request.Use, request.NamespaceLabels, request.HostReserved);
        return new AssignJob(cluster, request, ipVersion, PoolChoice.Decide(cluster, pools), cancel);
    }

    // A caller that gives up while it waits still waits for whoever is inside: addresses may just be on their way to it, and then it gets them.
    private static async ValueTask<IDisposable> EnterAsync(AssignJob job, OwnerBlocks blocks, CancellationToken cancel)
    {
        try
        {
            return await blocks.EnterAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            IDisposable inside = await blocks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
            job.Close();
            if (job.Missing == 0) return inside;
            inside.Dispose();
            throw;
        }
    }

    private async ValueTask ServeAsync(AssignJob job, OwnerBlocks blocks, CancellationToken cancel)
    {
        await FromOwnBlocksAsync(job, blocks, cancel).ConfigureAwait(false);
        while (job.Missing > 0 && await ClaimNewAsync(job, blocks, cancel).ConfigureAwait(false) is { } range)
            await TakeAsync(job, blocks, range, cancel).ConfigureAwait(false);
        if (job.Missing > 0 && blocks.HasFull) await AgainAsync(job, blocks, everything: true, cancel).ConfigureAwait(false);
    }

    private async ValueTask FromOwnBlocksAsync(AssignJob job, OwnerBlocks blocks, CancellationToken cancel)
    {
        await TakeFromAsync(job, blocks, await blocks.OpenAsync(job, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        if (job.Missing == 0 || blocks.IsFresh) return;
        await AgainAsync(job, blocks, everything: false, cancel).ConfigureAwait(false);
    }

    private async ValueTask AgainAsync(AssignJob job, OwnerBlocks blocks, bool everything, CancellationToken cancel)
    {
        IReadOnlyCollection<IpPrefix> open = await blocks.ReloadAsync(job, everything, cancel).ConfigureAwait(false);
        foreach (IpPrefix range in open) taker.Forget(range);
        await TakeFromAsync(job, blocks, open, cancel).ConfigureAwait(false);
    }

    private async ValueTask TakeFromAsync(AssignJob job, OwnerBlocks blocks, IReadOnlyCollection<IpPrefix> open, CancellationToken cancel)
    {
        if (open.Count == 1)
        {
            IpPrefix only = open.First();
            if (IsUsable(job, only)) await TakeAsync(job, blocks, only, cancel).ConfigureAwait(false);
            return;
        }

        foreach (IpPrefix[] next in open.Where(range => IsUsable(job, range)).ToArray().Chunk(ReadAhead))
        {
            if (job.Missing == 0) return;
            await taker.ReadAheadAsync(job.Owner, next.Where(range => blocks.IsConfirmed(range)), cancel).ConfigureAwait(false);
            foreach (IpPrefix range in next)
            {
                if (job.Missing == 0) return;
                await TakeAsync(job, blocks, range, cancel).ConfigureAwait(false);
            }
        }
    }

    private static bool IsUsable(AssignJob job, in IpPrefix range) => job.PoolFor(range) is not null && !job.Reserved.Covers(range);

    private async ValueTask<TakeOutcome> TakeAsync(AssignJob job, OwnerBlocks blocks, IpPrefix range, CancellationToken cancel)
    {
        TakeOutcome outcome = await taker.TakeAsync(blocks.Batch(job, range, taker.MaxBatch), range, blocks.IsConfirmed(range) ? TakeFrom.Owned : TakeFrom.Claimed, cancel).ConfigureAwait(false);
        if (outcome == TakeOutcome.Full) blocks.MarkFull(range);
        else if (outcome == TakeOutcome.Gone) blocks.Remove(range);
        return outcome;
    }

    private async ValueTask<IpPrefix?> ClaimNewAsync(AssignJob job, OwnerBlocks blocks, CancellationToken cancel)
    {
        if (!job.Cluster.Config.AutoAllocateBlocks)
        {
            job.Say("Making blocks is turned off (autoAllocateBlocks): claim one for the owner, or turn it on");
            return null;
        }

        if (blocks.CountFor(job) >= job.MaxBlocks)
        {
            job.StopAtBlockLimit();
            return null;
        }

        if (await BlockSearch.FindAsync(context, claimer, job, blocks, cancel).ConfigureAwait(false) is not { } found) return null;
        blocks.Add(found.Document.Range);
        return found.Document.Range;
    }

    private async ValueTask BorrowAsync(AssignJob job, CancellationToken cancel)
    {
        if (job.Error is not null) return;
        List<PoolEntry> lenders = [.. job.Pools.Where(pool => !(pool.Pool.StrictAffinity ?? job.Cluster.Config.StrictAffinity))];
        if (lenders.Count == 0)
        {
            job.Say("No more free affine blocks and strict affinity enabled");
            return;
        }

        foreach (PoolEntry pool in lenders)
        {
            foreach (IpPrefix range in await BlockSearch.LendersAsync(context, job, pool, cancel).ConfigureAwait(false))
            {
                if (job.Missing == 0) return;
                await taker.TakeAsync([job], range, TakeFrom.Anybody, cancel).ConfigureAwait(false);
            }
        }

        if (job.Missing > 0) job.Say($"No IPs available in pools: [{string.Join(' ', lenders.Select(pool => pool.Pool.CidrText))}]");
    }
}
