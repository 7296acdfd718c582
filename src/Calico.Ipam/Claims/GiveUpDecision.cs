using Calico.Ipam.Blocks;
using Calico.Ipam.Engine;

namespace Calico.Ipam.Claims;

/// <summary>
/// The next step of giving a block up. Pure; the order of writes is Calico's: affinity pendingDeletion → block deleted when empty, else orphaned → affinity deleted.
/// </summary>
internal static class GiveUpDecision
{
    /// <param name="view">The documents, and which of them this very release wrote.</param>
    /// <param name="mustBeEmpty">Refuse while addresses are in use.</param>
    /// <param name="now">The time, for the orphaned block.</param>
    /// <param name="step">How sequence numbers move.</param>
    public static ClaimStep Next(in ClaimView view, bool mustBeEmpty, DateTimeOffset now, SequenceStep step)
    {
        bool owned = view.Block is { } block && block.Document.IsOwnedBy(view.Owner);
        if (owned && mustBeEmpty && !view.Block!.Value.Document.IsEmpty())
            return view is { AffinityIsMine: true, Affinity: { Document.State: AffinityState.PendingDeletion } marked } ? ClaimStep.WriteAffinity(AffinityState.Confirmed, marked.Revision) : ClaimStep.NotEmpty;
        if (view.Affinity is not { } affinity) return view.Block is { } left && (owned || IsEmptyOrphan(left)) ? LetGo(left, now, step) : ClaimStep.Released;
        if (!(view.AffinityIsMine && affinity.Document.State == AffinityState.PendingDeletion)) return ClaimStep.WriteAffinity(AffinityState.PendingDeletion, affinity.Revision);
        if (view.Block is { } mine && (owned || IsEmptyOrphan(mine))) return LetGo(mine, now, step);
        return ClaimStep.DeleteAffinity(affinity.Revision);
    }

    private static bool IsEmptyOrphan(Versioned<IpamBlock> block) => block.Document.AffinityText is null && block.Document.IsEmpty();

    private static ClaimStep LetGo(Versioned<IpamBlock> block, DateTimeOffset now, SequenceStep step) => block.Document.IsEmpty()
        ? ClaimStep.DeleteBlock(block.Revision)
        : ClaimStep.WriteBlock(BlockAssign.WithAffinity(block.Document, null, now, step), block.Revision);
}
