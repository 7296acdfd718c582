using Calico.Ipam.Blocks;
using Calico.Ipam.Claims;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam.Assigning;

/// <summary>Takes addresses out of one block by compare-and-swap. Remembers blocks as last written, so that the usual assignment reads nothing.</summary>
internal sealed class BlockTaker(IpamContext context, Claimer claimer, BlockWriter writer)
{
    /// <summary>How many jobs one write may serve: each brings a handle.</summary>
    public int MaxBatch => Math.Max(1, context.MaxWrites - 1);

    /// <summary>Takes what the jobs still miss, or as much as there is, in one write.</summary>
    /// <param name="jobs">What to take; all of one owner, at most <see cref="MaxBatch"/>.</param>
    /// <param name="range">The block.</param>
    /// <param name="from">Whose block it may be.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What is left of the block.</returns>
    public async ValueTask<TakeOutcome> TakeAsync(IReadOnlyList<AssignJob> jobs, IpPrefix range, TakeFrom from, CancellationToken cancel)
    {
        AssignJob first = jobs[0];
        for (int attempt = 1; ; attempt++)
        {
            Versioned<IpamBlock>? read = from != TakeFrom.Anybody && attempt == 1 && context.Known.TryRecall(range, out Versioned<IpamBlock> known) && known.Document.IsOwnedBy(first.Owner)
                ? known
                : await ReadAsync(first, range, attempt == 1 ? from : Surer(from), cancel).ConfigureAwait(false);
            if (read is not { } block) return TakeOutcome.Gone;
            IpamBlock next = BlockSweep.Sweep(block.Document, first.Cooldown, context.Now);
            List<(AssignJob Job, IReadOnlyList<int> Ordinals)> taken = new(jobs.Count);
            foreach (AssignJob job in jobs)
            {
                (next, IReadOnlyList<int> ordinals) = BlockAssign.FromHead(next, job.Missing, job.Whose, job.Reserved, context.Step);
                if (ordinals.Count > 0) taken.Add((job, ordinals));
            }

            if (taken.Count == 0) return TakeOutcome.Full;
            CommitResult result;
            try
            {
                result = await writer.WriteAsync(range, next, block.Revision, Deltas(taken), cancel).ConfigureAwait(false);
            }
            catch (HandleLimitException e)
            {
                foreach (AssignJob job in jobs)
                {
                    if (job.Handle == e.Handle) job.StopAtHandleLimit();
                }

                if (first.Missing == 0) return TakeOutcome.Open;
                attempt--;
                continue;
            }

            foreach ((AssignJob job, _) in taken) job.HandleLooksNew = false;
            if (result.Status == CommitStatus.Done)
            {
                Remember(range, new(next, result.Revision));
                foreach ((AssignJob job, IReadOnlyList<int> ordinals) in taken) job.Took(next, ordinals);
                return next.Queue.Count == 0 ? TakeOutcome.Full : TakeOutcome.Open;
            }

            Forget(range);
            if (result.Status == CommitStatus.Ambiguous && await context.BlockAsync(range, cancel).ConfigureAwait(false) is { } now && Landed(now.Document, next, taken)) return TakeOutcome.Open;
            await context.RetryAsync(attempt, $"assigning from block {range}", cancel).ConfigureAwait(false);
        }
    }

    private static bool Landed(IpamBlock now, IpamBlock written, List<(AssignJob Job, IReadOnlyList<int> Ordinals)> taken)
    {
        bool any = false;
        foreach ((AssignJob job, IReadOnlyList<int> ordinals) in taken)
        {
            List<int> ours = [.. ordinals.Where(ordinal => IsOurs(now, written, ordinal))];
            job.Took(written, ours);
            any |= ours.Count > 0;
        }

        return any;
    }

    private static List<HandleDelta> Deltas(List<(AssignJob Job, IReadOnlyList<int> Ordinals)> taken)
    {
        List<HandleDelta> deltas = new(taken.Count);
        foreach ((AssignJob job, IReadOnlyList<int> ordinals) in taken)
        {
            if (job.Handle is not { } handle) continue;
            int same = deltas.FindIndex(delta => delta.Handle == handle);
            if (same < 0) deltas.Add(new HandleDelta(handle, ordinals.Count, job.HandleLooksNew, Max: job.MaxPerHandle));
            else deltas[same] = deltas[same] with { Count = deltas[same].Count + ordinals.Count };
        }

        return deltas;
    }

    /// <summary>After a lost reply: whether an address is ours. The sequence number tells our write from anybody else's.</summary>
    public async ValueTask<bool> LandedAsync(IpamBlock written, int ordinal, CancellationToken cancel) =>
        await context.BlockAsync(written.Range, cancel).ConfigureAwait(false) is { } now && IsOurs(now.Document, written, ordinal);

    private static bool IsOurs(IpamBlock now, IpamBlock written, int ordinal) =>
        now.SequenceNumberFor(ordinal) == written.SequenceNumberFor(ordinal) && Equals(now.Attribute(ordinal), written.Attribute(ordinal));

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

    /// <summary>Reads blocks of an owner at the same time, so that taking from them one after the other waits for the store once.</summary>
    public async ValueTask ReadAheadAsync(AffinityOwner owner, IEnumerable<IpPrefix> ranges, CancellationToken cancel)
    {
        IpPrefix[] unknown = [.. ranges.Where(range => !context.Known.TryRecall(range, out _))];
        if (unknown.Length == 0) return;
        foreach (Versioned<IpamBlock>? read in await context.BlocksAsync(unknown, cancel).ConfigureAwait(false))
        {
            if (read is { } block && block.Document.IsOwnedBy(owner)) Remember(block.Document.Range, block);
        }
    }

    public void Remember(in IpPrefix range, Versioned<IpamBlock> block) => context.Known.Remember(range, block);

    public bool TryRecall(in IpPrefix range, out Versioned<IpamBlock> block) => context.Known.TryRecall(range, out block);

    public void Forget(in IpPrefix range) => context.Known.Forget(range);

    private async ValueTask<Versioned<IpamBlock>?> ReadAsync(AssignJob job, IpPrefix range, TakeFrom from, CancellationToken cancel)
    {
        if (from != TakeFrom.Claimed && await context.BlockAsync(range, cancel).ConfigureAwait(false) is { } block && (from == TakeFrom.Anybody || block.Document.IsOwnedBy(job.Owner))) return block;
        return from == TakeFrom.Anybody ? null : await claimer.ClaimAsync(job.Owner, range, job.HostReserved, mayCreate: true, cancel).ConfigureAwait(false);
    }

    private static TakeFrom Surer(TakeFrom from) => from == TakeFrom.Owned ? TakeFrom.Claimed : from;
}

internal enum TakeFrom
{
    /// <summary>The owner's, by the list of affinities; the block is read and must say so too.</summary>
    Owned,

    /// <summary>The owner's, after a claim that repairs whatever is half done.</summary>
    Claimed,

    /// <summary>Anybody's: borrowing.</summary>
    Anybody,
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
