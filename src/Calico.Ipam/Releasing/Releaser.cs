using System.Net;
using Calico.Ipam.Assigning;
using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam.Releasing;

/// <summary>Releases addresses: by name, with what must hold for each, and by handle.</summary>
internal sealed class Releaser(IpamContext context, Claimer claimer, BlockTaker taker, BlockWriter writer, OwnedBlocks owned)
{
    public async ValueTask<ReleaseResult> ReleaseAsync(IReadOnlyCollection<ReleaseOption> options, CancellationToken cancel)
    {
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        List<IPAddress> released = [], unallocated = [];
        List<IpamException> refused = [];
        Dictionary<int, HashSet<IpPrefix>> known = [];
        foreach ((IpPrefix range, List<ReleaseOption> group) in await GroupAsync(cluster, options, unallocated, known, cancel).ConfigureAwait(false))
        {
            try
            {
                await ReleaseFromAsync(cluster, range, block => BlockRelease.Addresses(block, group, Cooldown(cluster), context.Now), released, unallocated, group, knownHandle: null, cancel).ConfigureAwait(false);
            }
            catch (IpamException e)
            {
                IpamLog.NotReleased(context.Log, e.Message);
                refused.Add(e);
            }
        }

        return refused.Count switch
        {
            0 => new ReleaseResult(released, unallocated),
            1 => throw refused[0],
            _ => throw new IpamException(refused[0].Code, string.Join("; ", refused.Select(e => e.Message)), refused[0]),
        };
    }

    public async ValueTask<ReleaseResult> ReleaseHandleAsync(string handleId, ulong? sequenceNumber, CancellationToken cancel)
    {
        string handle = IpamHandle.Sanitize(handleId);
        Versioned<IpamHandle> present = await context.HandleAsync(handle, cancel).ConfigureAwait(false)
            ?? throw new IpamException(IpamErrorCode.HandleNotFound, $"resource does not exist: IPAMHandle({handle}): it has no addresses, or they were released already");
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        List<IPAddress> released = [], unallocated = [];
        Versioned<IpamHandle>? fresh = present;
        foreach ((IPNetwork cidr, int count) in present.Document.Blocks)
        {
            IpPrefix range = IpPrefix.From(cidr);
            bool found = await ReleaseFromAsync(cluster, range, block => BlockRelease.Handle(block, handle, sequenceNumber, Cooldown(cluster), context.Now), released, unallocated, [], fresh, cancel).ConfigureAwait(false);
            fresh = null;
            if (!found) await writer.AdjustAsync(new HandleDelta(handle, -count), range, cancel).ConfigureAwait(false);
        }

        return new ReleaseResult(released, unallocated);
    }

    /// <returns>False when the block is not there.</returns>
    private async ValueTask<bool> ReleaseFromAsync(
        IpamCluster cluster,
        IpPrefix range,
        Func<IpamBlock, BlockReleaseResult> decide,
        List<IPAddress> released,
        List<IPAddress> unallocated,
        List<ReleaseOption> asked,
        Versioned<IpamHandle>? knownHandle,
        CancellationToken cancel)
    {
        BlockReleaseResult? unsure = null;
        for (int attempt = 1; ; attempt++)
        {
            Versioned<IpamBlock>? read = attempt == 1 && taker.TryRecall(range, out Versioned<IpamBlock> recalled) ? recalled : await context.BlockAsync(range, cancel).ConfigureAwait(false);
            if (unsure is not null && WasReleased(read?.Document, unsure))
            {
                Report(range, unsure, released, unallocated);
                return true;
            }

            if (read is not { } block)
            {
                unallocated.AddRange(asked.Select(option => option.Address).Distinct());
                return false;
            }

            BlockReleaseResult result = decide(block.Document);
            if (result.Refusal is { } refusal)
            {
                if (!IsRecalled(attempt, range)) throw new IpamException(refusal.Code, $"update conflict: {refusal.Message}");
                taker.Forget(range);
                continue;
            }

            if (result.Released.Count == 0)
            {
                if (IsRecalled(attempt, range))
                {
                    taker.Forget(range);
                    continue;
                }

                unallocated.AddRange(result.Unallocated);
                return true;
            }

            bool gone = result.Next!.AffinityText is null && result.Next.IsEmpty();
            CommitResult commit = await writer.WriteAsync(range, gone ? null : result.Next, block.Revision, Deltas(result, attempt == 1 ? knownHandle : null), cancel).ConfigureAwait(false);
            taker.Forget(range);
            if (commit.Status == CommitStatus.Done)
            {
                if (!gone) taker.Remember(range, new(result.Next, commit.Revision));
                owned.MayHaveRoom(result.Next.Affinity, range);
                Report(range, result, released, unallocated);
                await GiveUpIfNotSelectedAsync(cluster, result.Next, cancel).ConfigureAwait(false);
                return true;
            }

            if (commit.Status == CommitStatus.Ambiguous) unsure = result with { Before = block.Document };
            await context.RetryAsync(attempt, $"releasing addresses of {range}", cancel).ConfigureAwait(false);
        }
    }

    private static List<HandleDelta> Deltas(BlockReleaseResult result, Versioned<IpamHandle>? known) =>
        [.. result.CountByHandle.Select(count => new HandleDelta(count.Key, -count.Value, Known: known is { } handle && handle.Document.Id == count.Key ? known : null))];

    private bool IsRecalled(int attempt, IpPrefix range) => attempt == 1 && taker.TryRecall(range, out _);

    // After a lost reply: none of the addresses is as it was, so it was our write (or somebody's to the same end).
    private static bool WasReleased(IpamBlock? now, BlockReleaseResult unsure) =>
        now is null || unsure.Released.All(ordinal =>
            now.SequenceNumberFor(ordinal) != unsure.Before!.SequenceNumberFor(ordinal) || !Equals(now.Attribute(ordinal), unsure.Before.Attribute(ordinal)));

    private static void Report(IpPrefix range, BlockReleaseResult result, List<IPAddress> released, List<IPAddress> unallocated)
    {
        IpamMetrics.Released.Add(result.Released.Count);
        released.AddRange(result.Released.Select(ordinal => range.AddressAt((uint)ordinal).ToAddress()));
        unallocated.AddRange(result.Unallocated);
    }

    private async ValueTask GiveUpIfNotSelectedAsync(IpamCluster cluster, IpamBlock block, CancellationToken cancel)
    {
        if (block.Affinity is not { IsHost: true } owner || !block.IsEmpty() || cluster.PoolOf(block.Range) is not { } pool || pool.SelectsNode(cluster.NodeLabels(owner.Name))) return;
        await claimer.GiveUpAsync(owner, block.Range, mustBeEmpty: true, expectedSequence: null, cancel).ConfigureAwait(false);
        taker.Forget(block.Range);
        owned.Forget(owner, block.Range);
    }

    private async ValueTask<Dictionary<IpPrefix, List<ReleaseOption>>> GroupAsync(
        IpamCluster cluster, IReadOnlyCollection<ReleaseOption> options, List<IPAddress> unallocated, Dictionary<int, HashSet<IpPrefix>> known, CancellationToken cancel)
    {
        Dictionary<IpPrefix, List<ReleaseOption>> groups = [];
        foreach (ReleaseOption option in options)
        {
            IpPrefix address = IpPrefix.From(option.Address);
            IpPrefix? range = cluster.PoolOf(address) is { } pool ? address.Truncate(pool.Pool.BlockSize) : await ScanAsync(address, known, cancel).ConfigureAwait(false);
            if (range is not { } block)
            {
                if (!unallocated.Contains(option.Address)) unallocated.Add(option.Address);
                continue;
            }

            if (!groups.TryGetValue(block, out List<ReleaseOption>? group)) groups[block] = group = [];
            if (!group.Contains(option)) group.Add(option);
        }

        return groups;
    }

    // The pool is gone: its blocks are still there.
    private async ValueTask<IpPrefix?> ScanAsync(IpPrefix address, Dictionary<int, HashSet<IpPrefix>> known, CancellationToken cancel)
    {
        int version = address.IsIPv6 ? 6 : 4;
        if (!known.TryGetValue(version, out HashSet<IpPrefix>? ranges)) known[version] = ranges = await context.BlockRangesAsync(version, cancel).ConfigureAwait(false);
        foreach (IpPrefix range in ranges)
        {
            if (range.Contains(address)) return range;
        }

        return null;
    }

    private static TimeSpan Cooldown(IpamCluster cluster) => TimeSpan.FromSeconds(cluster.Config.CooldownSeconds);
}
