using System.Security.Cryptography;
using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;
using Calico.Net;
using Microsoft.Extensions.Logging;

namespace Calico.Ipam.Claims;

/// <summary>Carries out claims and releases of blocks: reads the documents, asks the decision, writes, until there is an outcome.</summary>
internal sealed class Claimer(IpamContext context)
{
    /// <summary>Makes a block the owner's, or finds that it is; null when somebody else has it (or when there is none and none may be made).</summary>
    public async ValueTask<Versioned<IpamBlock>?> ClaimAsync(AffinityOwner owner, IpPrefix range, HostReservedAddresses? reserved, bool mayCreate, CancellationToken cancel)
    {
        ClaimView view = await ReadAsync(new ClaimView(owner, range), cancel).ConfigureAwait(false);
        if (view.Affinity is null && view.Block is null && mayCreate && context.MaxWrites >= 2)
        {
            if (await ClaimAtOnceAsync(view, reserved, cancel).ConfigureAwait(false) is { } claimed) return claimed;
            view = await ReadAsync(view, cancel).ConfigureAwait(false);
        }

        bool created = false;
        for (int attempt = 0; ;)
        {
            ClaimStep step = ClaimDecision.Next(view, reserved, context.Now, Salt(), mayCreate);
            if (step.Action == ClaimAction.Owned)
            {
                if (created) Claimed(view);
                return view.Block;
            }

            if (step.IsOutcome) return null;
            (view, bool done) = await CarryOutAsync(view, step, cancel).ConfigureAwait(false);
            if (!done && step.Action == ClaimAction.DeleteAffinity) return null; // A stale affinity is a hint that the next caller repairs.
            created |= done && step is { Action: ClaimAction.WriteBlock, Revision: 0 };
            if (!done) await context.RetryAsync(++attempt, $"claiming {range} for {owner}", cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a block up. The affinity's and the block's fate are told by the outcome.</summary>
    /// <param name="owner">Whose affinity.</param>
    /// <param name="range">The block.</param>
    /// <param name="mustBeEmpty">Refuse while addresses are in use.</param>
    /// <param name="expectedSequence">Only while the block has this sequence number; null for any.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<GiveUpOutcome> GiveUpAsync(AffinityOwner owner, IpPrefix range, bool mustBeEmpty, ulong? expectedSequence, CancellationToken cancel)
    {
        ClaimView view = await ReadAsync(new ClaimView(owner, range), cancel).ConfigureAwait(false);
        if (expectedSequence is { } sequence && view.Block?.Document.SequenceNumber != sequence) return GiveUpOutcome.Conflict;
        if (view.Block is { } block && block.Document.AffinityText is { } actual && actual != owner.ToString())
        {
            if (view.Affinity is { } stale) await context.CommitAsync(StoreWrite.Delete(IpamKeys.Affinity(owner, range), stale.Revision), cancel).ConfigureAwait(false);
            return GiveUpOutcome.NotOwned;
        }

        if (view.Affinity is null && view.Block is null) return GiveUpOutcome.Nothing;
        bool marked = false;
        for (int attempt = 0; ;)
        {
            ClaimStep step = GiveUpDecision.Next(view, mustBeEmpty, context.Now, context.Step);
            if (step.Action == ClaimAction.NotEmpty) return GiveUpOutcome.NotEmpty;
            if (step.IsOutcome)
            {
                if (context.Log.IsEnabled(LogLevel.Information)) IpamLog.GaveUp(context.Log, owner.ToString(), range.ToString());
                return GiveUpOutcome.Released;
            }

            (view, bool done) = await CarryOutAsync(view, step, cancel).ConfigureAwait(false);
            if (done && step.Action == ClaimAction.WriteAffinity && step.State == AffinityState.PendingDeletion) marked = true;

            // Somebody claims it again: the affinity is theirs now, and so is the block.
            if (!done && marked && !view.AffinityIsMine) return view.Affinity is null && view.Block is null ? GiveUpOutcome.Released : GiveUpOutcome.Conflict;
            if (!done) await context.RetryAsync(++attempt, $"releasing {range} of {owner}", cancel).ConfigureAwait(false);
        }
    }

    // Nobody has touched it: with transactions the three writes are one.
    private async ValueTask<Versioned<IpamBlock>?> ClaimAtOnceAsync(ClaimView view, HostReservedAddresses? reserved, CancellationToken cancel)
    {
        BlockAffinity affinity = new(view.Owner, view.Range.ToIPNetwork(), AffinityState.Confirmed);
        IpamBlock block = BlockFactory.Create(view.Range, view.Owner, reserved, context.Now, Salt());
        StoreWrite[] writes = [StoreWrite.Create(affinity.Key, affinity.Encode()), StoreWrite.Create(IpamKeys.Block(view.Range), block.Encode())];
        CommitResult result = await context.CommitAsync(writes, cancel).ConfigureAwait(false);
        if (result.Status != CommitStatus.Done) return null;
        Claimed(view);
        return new(block, result.Revision);
    }

    private void Claimed(in ClaimView view)
    {
        IpamMetrics.Claimed.Add(1);
        if (context.Log.IsEnabled(LogLevel.Information)) IpamLog.Claimed(context.Log, view.Owner.ToString(), view.Range.ToString());
    }

    private static uint Salt() => (uint)RandomNumberGenerator.GetInt32(int.MaxValue);

    private async ValueTask<ClaimView> ReadAsync(ClaimView view, CancellationToken cancel)
    {
        ValueTask<Versioned<BlockAffinity>?> affinityRead = context.AffinityAsync(view.Owner, view.Range, cancel);
        Versioned<IpamBlock>? block = await context.BlockAsync(view.Range, cancel).ConfigureAwait(false);
        Versioned<BlockAffinity>? affinity = await affinityRead.ConfigureAwait(false);
        return view with
        {
            Affinity = affinity,
            AffinityIsMine = view.AffinityIsMine && affinity is { } a && a.Revision == view.Affinity?.Revision,
            Block = block,
            BlockIsMine = view.BlockIsMine && block is { } b && b.Revision == view.Block?.Revision,
        };
    }

    private async ValueTask<(ClaimView View, bool Done)> CarryOutAsync(ClaimView view, ClaimStep step, CancellationToken cancel)
    {
        string affinityKey = IpamKeys.Affinity(view.Owner, view.Range), blockKey = IpamKeys.Block(view.Range);
        BlockAffinity? affinity = step.Action != ClaimAction.WriteAffinity
            ? null
            : (view.Affinity?.Document ?? new BlockAffinity(view.Owner, view.Range.ToIPNetwork(), step.State)) with { State = step.State };
        StoreWrite write = step.Action switch
        {
            ClaimAction.WriteAffinity => Put(affinityKey, affinity!.Encode(), step.Revision),
            ClaimAction.WriteBlock => Put(blockKey, step.Block!.Encode(), step.Revision),
            ClaimAction.DeleteAffinity => StoreWrite.Delete(affinityKey, step.Revision),
            _ => StoreWrite.Delete(blockKey, step.Revision),
        };
        CommitResult result = await context.CommitAsync(write, cancel).ConfigureAwait(false);
        if (result.Status != CommitStatus.Done) return (await ReadAsync(view, cancel).ConfigureAwait(false), false);
        return (step.Action switch
        {
            ClaimAction.WriteAffinity => view with { Affinity = new(affinity!, result.Revision), AffinityIsMine = true },
            ClaimAction.WriteBlock => view with { Block = new(step.Block!, result.Revision), BlockIsMine = true },
            ClaimAction.DeleteAffinity => view with { Affinity = null, AffinityIsMine = false },
            _ => view with { Block = null, BlockIsMine = false },
        }, true);
    }

    private static StoreWrite Put(string key, byte[] value, long revision) =>
        revision == 0 ? StoreWrite.Create(key, value) : StoreWrite.Replace(key, value, revision);
}

internal enum GiveUpOutcome
{
    /// <summary>The affinity is gone; the block is gone too, or orphaned when addresses were in use.</summary>
    Released,

    /// <summary>There was neither an affinity nor a block.</summary>
    Nothing,

    /// <summary>Addresses are in use; everything is as before.</summary>
    NotEmpty,

    /// <summary>The block belongs to somebody else; a stale affinity was removed.</summary>
    NotOwned,

    /// <summary>Somebody claimed or changed it at the same time; theirs holds.</summary>
    Conflict,
}
