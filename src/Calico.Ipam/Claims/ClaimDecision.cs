using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;
using Calico.Net;

namespace Calico.Ipam.Claims;

/// <summary>
/// The next step of taking a block, by what the two documents say now. Pure; the order of writes is Calico's:
/// affinity pending → block created (or touched) → affinity confirmed. An affinity that somebody else wrote is written anew, so that whoever deletes it loses.
/// </summary>
internal static class ClaimDecision
{
    /// <param name="view">The documents, and which of them this very claim wrote.</param>
    /// <param name="reserved">Host-reserved addresses of a new block.</param>
    /// <param name="now">The claim's time.</param>
    /// <param name="salt">For a new block's sequence numbers.</param>
    /// <param name="mayCreate">Whether a missing block may be made.</param>
    public static ClaimStep Next(in ClaimView view, HostReservedAddresses? reserved, DateTimeOffset now, uint salt = 0, bool mayCreate = true)
    {
        if (view.Block is { } block && !block.Document.IsOwnedBy(view.Owner))
            return view.Affinity is { } stale ? ClaimStep.DeleteAffinity(stale.Revision) : ClaimStep.Taken;
        if (view.Affinity is { Document.State: AffinityState.Confirmed } && view.Block is not null) return ClaimStep.Owned;
        if (view.Block is null && !mayCreate) return ClaimStep.Missing;
        if (view.Affinity is not { } affinity) return ClaimStep.WriteAffinity(AffinityState.Pending, 0);
        if (!view.AffinityIsMine) return ClaimStep.WriteAffinity(AffinityState.Pending, affinity.Revision);
        if (view.Block is not { } mine) return ClaimStep.WriteBlock(BlockFactory.Create(view.Range, view.Owner, reserved, now, salt), 0);
        if (!view.BlockIsMine) return ClaimStep.WriteBlock(Touch(mine.Document), mine.Revision);
        return ClaimStep.WriteAffinity(AffinityState.Confirmed, affinity.Revision);
    }

    private static IpamBlock Touch(IpamBlock block)
    {
        IpamBlock next = block.Clone();
        SequenceStep.Written(next);
        return next;
    }
}

/// <summary>What a claim or a release of a block sees.</summary>
internal readonly record struct ClaimView(AffinityOwner Owner, IpPrefix Range)
{
    public Versioned<BlockAffinity>? Affinity { get; init; }

    /// <summary>The affinity is exactly as this operation wrote it.</summary>
    public bool AffinityIsMine { get; init; }

    public Versioned<IpamBlock>? Block { get; init; }

    /// <summary>The block is exactly as this operation wrote it.</summary>
    public bool BlockIsMine { get; init; }
}

internal enum ClaimAction
{
    /// <summary>The block is the owner's and the affinity says so.</summary>
    Owned,

    /// <summary>The block is somebody else's.</summary>
    Taken,

    /// <summary>There is no block, and none may be made.</summary>
    Missing,

    /// <summary>Nothing is left to do.</summary>
    Released,

    /// <summary>Addresses are in use and the caller wanted none to be.</summary>
    NotEmpty,

    /// <summary>Write the affinity with a state.</summary>
    WriteAffinity,

    /// <summary>Delete the affinity.</summary>
    DeleteAffinity,

    /// <summary>Write the block.</summary>
    WriteBlock,

    /// <summary>Delete the block.</summary>
    DeleteBlock,
}

/// <summary>One step: an outcome, or a write with the revision it expects (0: the document must not exist).</summary>
internal readonly record struct ClaimStep(ClaimAction Action, AffinityState State = default, IpamBlock? Block = null, long Revision = 0)
{
    public static ClaimStep Owned => new(ClaimAction.Owned);

    public static ClaimStep Taken => new(ClaimAction.Taken);

    public static ClaimStep Missing => new(ClaimAction.Missing);

    public static ClaimStep Released => new(ClaimAction.Released);

    public static ClaimStep NotEmpty => new(ClaimAction.NotEmpty);

    public bool IsOutcome => Action <= ClaimAction.NotEmpty;

    public static ClaimStep WriteAffinity(AffinityState state, long revision) => new(ClaimAction.WriteAffinity, state, Revision: revision);

    public static ClaimStep DeleteAffinity(long revision) => new(ClaimAction.DeleteAffinity, Revision: revision);

    public static ClaimStep WriteBlock(IpamBlock block, long revision) => new(ClaimAction.WriteBlock, Block: block, Revision: revision);

    public static ClaimStep DeleteBlock(long revision) => new(ClaimAction.DeleteBlock, Revision: revision);
}
