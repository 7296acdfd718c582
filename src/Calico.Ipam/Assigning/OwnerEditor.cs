using System.Net;
using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;
using Calico.Ipam.Warm;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>Reads and changes whose an address is, without freeing it: a virtual machine that moves, a fixed address that changes hands.</summary>
internal sealed class OwnerEditor(IpamContext context, BlockTaker taker, BlockWriter writer)
{
    /// <summary>Moves addresses of one block to other handles in one write.</summary>
    /// <returns>The ordinals that are their new owners' now; the others belong to somebody else.</returns>
    public async ValueTask<HashSet<int>> MoveAsync(IpPrefix range, IReadOnlyList<RecordChange> changes, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            Versioned<IpamBlock>? read = attempt == 1 && taker.TryRecall(range, out Versioned<IpamBlock> recalled) ? recalled : await context.BlockAsync(range, cancel).ConfigureAwait(false);
            if (read is not { } block) return [];
            (IpamBlock next, List<RecordChange> due, HashSet<int> held) = BlockAssign.Move(block.Document, changes, context.Step);
            if (held.Count < changes.Count && attempt == 1)
            {
                taker.Forget(range);
                continue;
            }

            if (due.Count == 0) return held;
            CommitResult result = await writer.WriteAsync(range, next, block.Revision, Deltas(due), cancel).ConfigureAwait(false);
            if (result.Status == CommitStatus.Done)
            {
                taker.Remember(range, new(next, result.Revision));
                return held;
            }

            taker.Forget(range);
            await context.RetryAsync(attempt, $"writing down owners in {range}", cancel).ConfigureAwait(false);
        }
    }

    private static List<HandleDelta> Deltas(List<RecordChange> due)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (RecordChange change in due)
        {
            counts[change.To.HandleId!] = counts.GetValueOrDefault(change.To.HandleId!) + 1;
            counts[change.From] = counts.GetValueOrDefault(change.From) - 1;
        }

        return [.. counts.Where(count => count.Value != 0).OrderByDescending(count => count.Value).Select(count => new HandleDelta(count.Key, count.Value))];
    }

    public async ValueTask<(Versioned<IpamBlock> Block, int Ordinal)?> FindAsync(IpPrefix address, CancellationToken cancel)
    {
        IpamCluster cluster = await context.ClusterAsync(cancel).ConfigureAwait(false);
        IpPrefix? range = cluster.PoolOf(address) is { } pool
            ? address.Truncate(pool.Pool.BlockSize)
            : (await context.BlockRangesAsync(address.IsIPv6 ? 6 : 4, cancel).ConfigureAwait(false)).Where(block => block.Contains(address)).Select(block => (IpPrefix?)block).FirstOrDefault();
        return range is { } found && await context.BlockAsync(found, cancel).ConfigureAwait(false) is { } block && block.Document.TryGetOrdinal(address, out int ordinal)
            ? (block, ordinal)
            : null;
    }

    public async ValueTask SetAsync(IPAddress address, string handle, OwnerChange change, CancellationToken cancel)
    {
        IpPrefix prefix = IpPrefix.From(address);
        for (int attempt = 1; ; attempt++)
        {
            if (await FindAsync(prefix, cancel).ConfigureAwait(false) is not { } found || found.Block.Document.Attribute(found.Ordinal) is not { IsCooling: false } present)
                throw new IpamException(IpamErrorCode.NotAllocated, $"{address} is not allocated: assign it first");
            if (!(present.HandleId is { } id && BlockQueries.Same(id, handle)))
                throw new IpamException(IpamErrorCode.BadHandle, $"{address} belongs to handle '{present.HandleId}', not '{handle}'");
            AllocationRecord changed = change.Apply(present, address);
            if (changed.Equals(present)) return;
            IpamBlock next = BlockAssign.WithOwners(found.Block.Document, [found.Ordinal], _ => changed, context.Step);
            CommitResult result = await context.CommitAsync(StoreWrite.Replace(IpamKeys.Block(next.Range), next.Encode(), found.Block.Revision), cancel).ConfigureAwait(false);
            taker.Forget(next.Range);
            if (result.Status == CommitStatus.Done) return;

            // A lost reply is answered by reading again: when the change is there, the next look finds nothing to do.
            if (result.Status == CommitStatus.Ambiguous && await FindAsync(prefix, cancel).ConfigureAwait(false) is { } now && changed.Equals(now.Block.Document.Attribute(now.Ordinal))) return;
            await context.RetryAsync(attempt, $"changing the owner of {address}", cancel).ConfigureAwait(false);
        }
    }
}
