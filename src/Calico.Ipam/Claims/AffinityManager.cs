using System.Net;
using Calico.Ipam.Assigning;
using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;
using Calico.Ipam.Pools;
using Calico.Net;

namespace Calico.Ipam.Claims;

/// <summary>Claims and gives up blocks by range, by owner and by pool.</summary>
internal sealed class AffinityManager(IpamContext context, Claimer claimer, BlockTaker taker, OwnedBlocks owned)
{
    private const int MaxBlocksAtOnce = 1 << 16;

    public async ValueTask<ClaimResult> ClaimAsync(AffinityOwner owner, IpPrefix range, HostReservedAddresses? reserved, CancellationToken cancel)
    {
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        PoolEntry pool = cluster.PoolOf(range)
            ?? throw new IpamException(IpamErrorCode.NotInPool, $"The requested CIDR ({range}) is not within any configured pools.");
        int size = pool.Pool.BlockSize;
        if (range.Length > size) throw new IpamException(IpamErrorCode.RangeTooSmall, $"The requested CIDR ({range}) is smaller than the minimum.");
        if (size - range.Length > 16) throw new IpamException(IpamErrorCode.InvalidRequest, $"The requested CIDR ({range}) holds more than {MaxBlocksAtOnce} blocks: claim it in pieces.");
        List<IPNetwork> claimed = [], failed = [];
        for (int i = 0; i < 1 << (size - range.Length); i++)
        {
            IpPrefix block = BlockWalk.BlockAt(range, size, (uint)i);
            bool ours = await claimer.ClaimAsync(owner, block, reserved, mayCreate: true, cancel).ConfigureAwait(false) is not null;
            (ours ? claimed : failed).Add(block.ToIPNetwork());
        }

        owned.Forget(owner, range);
        return new ClaimResult(claimed, failed);
    }

    public async ValueTask ReleaseAsync(AffinityOwner owner, IpPrefix range, bool mustBeEmpty, CancellationToken cancel)
    {
        List<BlockAffinity> affinities = await context.AffinitiesAsync(owner, range.IsIPv6 ? 6 : 4, cancel).ConfigureAwait(false);
        if (affinities.Find(affinity => IpPrefix.From(affinity.Block) is var block && block.Length < range.Length && block.Contains(range)) is { } larger)
            throw new IpamException(IpamErrorCode.RangeTooSmall, $"The requested CIDR ({range}) is smaller than the minimum: it is a part of block {larger.Block}, which is given up as a whole or not at all.");
        List<IpPrefix> blocks = [.. affinities.Select(affinity => IpPrefix.From(affinity.Block)).Where(block => range.Overlaps(block))];
        if (blocks.Count == 0) blocks.Add(range);
        await ReleaseAllAsync(blocks.Select(block => (owner, block)), mustBeEmpty, cancel).ConfigureAwait(false);
    }

    public async ValueTask ReleaseOwnerAsync(AffinityOwner owner, bool mustBeEmpty, CancellationToken cancel)
    {
        List<(AffinityOwner, IpPrefix)> blocks = [];
        foreach (int version in (int[])[4, 6])
        {
            foreach (BlockAffinity affinity in await context.AffinitiesAsync(owner, version, cancel).ConfigureAwait(false))
                blocks.Add((owner, IpPrefix.From(affinity.Block)));
        }

        await ReleaseAllAsync(blocks, mustBeEmpty, cancel).ConfigureAwait(false);
    }

    public async ValueTask ReleasePoolAsync(IpPrefix pool, CancellationToken cancel) =>
        await ReleaseAllAsync((await AllAsync(cancel).ConfigureAwait(false)).Where(one => pool.Contains(one.Range)), mustBeEmpty: false, cancel).ConfigureAwait(false);

    /// <summary>Every affinity of every owner.</summary>
    public async ValueTask<List<(AffinityOwner Owner, IpPrefix Range)>> AllAsync(CancellationToken cancel)
    {
        List<(AffinityOwner, IpPrefix)> all = [];
        foreach (string prefix in (string[])[IpamKeys.HostAffinities, IpamKeys.VirtualAffinities])
        {
            foreach (StoreEntry entry in await context.ListAsync(prefix, cancel).ConfigureAwait(false))
            {
                if (IpamKeys.TryParseAffinity(entry.Key, out AffinityOwner? owner, out IPNetwork block)) all.Add((owner, IpPrefix.From(block)));
            }
        }

        return all;
    }

    public async ValueTask RemoveHostAsync(string host, CancellationToken cancel)
    {
        for (int attempt = 1; await context.GetAsync(IpamKeys.Host(host), cancel).ConfigureAwait(false) is { } entry; attempt++)
        {
            if ((await context.CommitAsync(StoreWrite.Delete(entry.Key, entry.Revision), cancel).ConfigureAwait(false)).Status == CommitStatus.Done) return;
            await context.RetryAsync(attempt, $"removing host {host}", cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Sweeps addresses whose cool-down is over out of a block that nobody uses; false when there was nothing to do or somebody was quicker.</summary>
    public async ValueTask<bool> SweepAsync(Versioned<IpamBlock> block, TimeSpan cooldown, CancellationToken cancel)
    {
        IpamBlock swept = BlockSweep.Sweep(block.Document, cooldown, context.Now);
        if (ReferenceEquals(swept, block.Document)) return false;
        SequenceStep.Written(swept);
        string key = IpamKeys.Block(swept.Range);
        StoreWrite write = swept.AffinityText is null && swept.IsEmpty() ? StoreWrite.Delete(key, block.Revision) : StoreWrite.Replace(key, swept.Encode(), block.Revision);
        bool done = (await context.CommitAsync(write, cancel).ConfigureAwait(false)).Status == CommitStatus.Done;
        taker.Forget(swept.Range);
        owned.MayHaveRoom(swept.Affinity, swept.Range);
        return done;
    }

    /// <summary>Does all it can; the first failure is thrown at the end.</summary>
    private async ValueTask ReleaseAllAsync(IEnumerable<(AffinityOwner Owner, IpPrefix Range)> blocks, bool mustBeEmpty, CancellationToken cancel)
    {
        IpamException? first = null;
        foreach ((AffinityOwner owner, IpPrefix range) in blocks)
        {
            GiveUpOutcome outcome = await claimer.GiveUpAsync(owner, range, mustBeEmpty, expectedSequence: null, cancel).ConfigureAwait(false);
            taker.Forget(range);
            owned.Forget(owner, range);
            first ??= outcome switch
            {
                GiveUpOutcome.NotEmpty => new IpamException(IpamErrorCode.BlockNotEmpty, $"block '{range}' is not empty: release its addresses first, or release the affinity with addresses in use"),
                GiveUpOutcome.NotOwned => new IpamException(IpamErrorCode.BlockNotOwned, $"block {range} is not {owner}'s; a stale affinity was removed if there was one"),
                GiveUpOutcome.Conflict => new IpamException(IpamErrorCode.Conflict, $"update conflict: {owner} claimed block {range} again while it was being released; the claim holds"),
                _ => null,
            };
        }

        if (first is not null) throw first;
    }
}
