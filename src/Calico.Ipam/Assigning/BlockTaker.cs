using System.Collections.Concurrent;
using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>Takes addresses out of one block by compare-and-swap. Remembers blocks as last written, so that the usual assignment reads nothing.</summary>
internal sealed class BlockTaker(IpamContext context, Claimer claimer, BlockWriter writer)
{
    private const int MaxRemembered = 4096;
    private readonly ConcurrentDictionary<IpPrefix, Versioned<IpamBlock>> _remembered = new();

    /// <summary>Takes what the job still misses, or as much as there is.</summary>
    /// <param name="job">What to take.</param>
    /// <param name="range">The block.</param>
    /// <param name="mustOwn">Only from a block of the job's owner; claims it when the documents do not say so yet.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What is left of the block.</returns>
    public async ValueTask<TakeOutcome> TakeAsync(AssignJob job, IpPrefix range, bool mustOwn, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            Versioned<IpamBlock>? read = mustOwn && attempt == 1 && _remembered.TryGetValue(range, out Versioned<IpamBlock> known) && known.Document.IsOwnedBy(job.Owner)
                ? known
                : await ReadAsync(job, range, mustOwn, cancel).ConfigureAwait(false);
            if (read is not { } block) return TakeOutcome.Gone;
            IpamBlock swept = BlockSweep.Sweep(block.Document, job.Cooldown, context.Now);
            (IpamBlock next, IReadOnlyList<int> ordinals) = BlockAssign.FromHead(swept, job.Missing, job.Whose, job.Reserved, context.Step);
            if (ordinals.Count == 0) return TakeOutcome.Full;
            CommitResult result = await writer.AssignAsync(range, next, block.Revision, job.Handle, ordinals.Count, job.HandleLooksNew, cancel).ConfigureAwait(false);
            job.HandleLooksNew = false;
            if (result.Status == CommitStatus.Done)
            {
                Remember(range, new(next, result.Revision));
                job.Took(next, ordinals);
                return next.Queue.Count == 0 ? TakeOutcome.Full : TakeOutcome.Open;
            }

            Forget(range);
            if (result.Status == CommitStatus.Ambiguous && await LandedAsync(next, ordinals, cancel).ConfigureAwait(false) is { Count: > 0 } landed)
            {
                job.Took(next, landed);
                return TakeOutcome.Open;
            }

            await context.RetryAsync(attempt, $"assigning from block {range}", cancel).ConfigureAwait(false);
        }
    }

    /// <summary>After a lost reply: which of the addresses are ours. The sequence number tells our write from anybody else's.</summary>
    public async ValueTask<List<int>> LandedAsync(IpamBlock written, IReadOnlyList<int> ordinals, CancellationToken cancel)
    {
        if (await context.BlockAsync(written.Range, cancel).ConfigureAwait(false) is not { } now) return [];
        return [.. ordinals.Where(ordinal => now.Document.SequenceNumberFor(ordinal) == written.SequenceNumberFor(ordinal) && Equals(now.Document.Attribute(ordinal), written.Attribute(ordinal)))];
    }

    /// <summary>The addresses of one family that a handle has.</summary>
    public async ValueTask<List<AssignedAddress>> OfHandleAsync(string handle, int ipVersion, CancellationToken cancel)
    {
        List<AssignedAddress> addresses = [];
        if (await context.HandleAsync(IpamHandle.Sanitize(handle), cancel).ConfigureAwait(false) is not { } present) return addresses;
        foreach ((System.Net.IPNetwork cidr, _) in present.Document.Blocks)
        {
            IpPrefix range = IpPrefix.From(cidr);
            if (range.IsIPv6 != (ipVersion == 6) || await context.BlockAsync(range, cancel).ConfigureAwait(false) is not { } block) continue;
            foreach (int ordinal in block.Document.ByHandle(handle))
            {
                BlockAllocation allocation = new(block.Document, ordinal);
                addresses.Add(new AssignedAddress(allocation.Address, cidr, allocation.SequenceNumber, allocation.IsBorrowed));
            }
        }

        return addresses;
    }

    public void Remember(in IpPrefix range, Versioned<IpamBlock> block)
    {
        if (_remembered.Count >= MaxRemembered) _remembered.Clear();
        _remembered[range] = block;
    }

    public bool TryRecall(in IpPrefix range, out Versioned<IpamBlock> block) => _remembered.TryGetValue(range, out block);

    public void Forget(in IpPrefix range) => _remembered.TryRemove(range, out _);

    private ValueTask<Versioned<IpamBlock>?> ReadAsync(AssignJob job, IpPrefix range, bool mustOwn, CancellationToken cancel) => mustOwn
        ? claimer.ClaimAsync(job.Owner, range, job.HostReserved, mayCreate: true, cancel)
        : context.BlockAsync(range, cancel);
}

internal enum TakeOutcome
{
    /// <summary>It may have more.</summary>
    Open,

    /// <summary>Nothing is free in it.</summary>
    Full,

    /// <summary>It is not there, or not the owner's.</summary>
    Gone,
}
