using Calico.Net;

namespace Calico.Ipam.Engine;

/// <summary>By how much a handle's count in a block changes.</summary>
/// <param name="Handle">The handle's id.</param>
/// <param name="Count">Positive: addresses were assigned to it; negative: released.</param>
/// <param name="LooksNew">Try to create it without looking first: right for a handle that was just made up.</param>
/// <param name="Known">The handle as it was read a moment ago, to save a read.</param>
/// <param name="Max">The most addresses of the block's family that the handle may count; 0 for no limit.</param>
internal readonly record struct HandleDelta(string Handle, int Count, bool LooksNew = false, Versioned<IpamHandle>? Known = null, int Max = 0);

/// <summary>A handle counts as many addresses as it may; nothing was written.</summary>
internal sealed class HandleLimitException(string handle) : Exception($"handle '{handle}' has as many addresses as it may")
{
    public string Handle => handle;

    /// <summary>What is waited for when the handle is at its limit and its blocks are not.</summary>
    public static string Miscount(string handle) => $"handle '{handle}' counts more addresses than blocks hold for it (garbage collection corrects what a crash has left)";
}

/// <summary>
/// Writes a block together with the handles that count its addresses. With transactions it is one commit. What does not fit in it (or without transactions:
/// every handle) is raised before the block is written and lowered after it, so that a handle never counts too few.
/// </summary>
internal sealed class BlockWriter(IpamContext context)
{
    /// <param name="range">The block's range.</param>
    /// <param name="next">The block to write; null deletes it.</param>
    /// <param name="revision">The revision it was read at.</param>
    /// <param name="deltas">Its handles' changes, each handle once.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="HandleLimitException">A handle's limit is in the way.</exception>
    public async ValueTask<CommitResult> WriteAsync(IpPrefix range, IpamBlock? next, long revision, IReadOnlyList<HandleDelta> deltas, CancellationToken cancel)
    {
        string key = IpamKeys.Block(range);
        StoreWrite block = next is null ? StoreWrite.Delete(key, revision) : StoreWrite.Replace(key, next.Encode(), revision);
        if (deltas.Count == 0) return await context.CommitAsync(block, cancel).ConfigureAwait(false);
        int inside = Math.Min(deltas.Count, context.MaxWrites - 1);
        for (int i = inside; i < deltas.Count; i++)
        {
            if (deltas[i].Count > 0) await AdjustAsync(deltas[i], range, cancel).ConfigureAwait(false);
        }

        List<StoreWrite> writes = new(inside + 1) { block };
        for (int i = 0; i < inside; i++)
        {
            if (await PrepareAsync(deltas[i], range, cancel).ConfigureAwait(false) is { } write) writes.Add(write);
        }

        CommitResult result = await context.CommitAsync(writes.ToArray(), cancel).ConfigureAwait(false);
        if (result.Status == CommitStatus.Ambiguous) return result;

        // The rest must not be cut short: a handle left too high is repaired only by garbage collection.
        for (int i = inside; i < deltas.Count; i++)
        {
            bool undo = result.Status == CommitStatus.Conflict && deltas[i].Count > 0, lower = result.Status == CommitStatus.Done && deltas[i].Count < 0;
            if (undo || lower) await AdjustAsync(new HandleDelta(deltas[i].Handle, -Math.Abs(deltas[i].Count)), range, CancellationToken.None).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Raises or lowers a handle by itself.</summary>
    public async ValueTask AdjustAsync(HandleDelta delta, IpPrefix range, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await PrepareAsync(delta with { LooksNew = false, Known = null }, range, cancel).ConfigureAwait(false) is not { } change) return;
            CommitResult result = await context.CommitAsync(change, cancel).ConfigureAwait(false);
            if (result.Status == CommitStatus.Done) return;

            // A lowering that may have been done is not done again: a handle may count too many, never too few.
            if (result.Status == CommitStatus.Ambiguous && delta.Count < 0) return;
            await context.RetryAsync(attempt, $"counting the addresses of handle '{delta.Handle}'", cancel).ConfigureAwait(false);
        }
    }

    private async ValueTask<StoreWrite?> PrepareAsync(HandleDelta delta, IpPrefix range, CancellationToken cancel)
    {
        string key = IpamKeys.Handle(delta.Handle);
        Versioned<IpamHandle>? present = delta.Known ?? (delta.LooksNew ? null : await context.HandleAsync(delta.Handle, cancel).ConfigureAwait(false));
        if (present is null && delta.Count < 0) return null;
        IpamHandle changed = (present?.Document ?? new IpamHandle(delta.Handle)).Add(range, delta.Count);
        if (delta.Max > 0 && changed.CountOf(range.IsIPv6) > delta.Max) throw new HandleLimitException(delta.Handle);
        if (present is not { } known) return StoreWrite.Create(key, changed.Encode());
        return changed.IsEmpty ? StoreWrite.Delete(key, known.Revision) : StoreWrite.Replace(key, changed.Encode(), known.Revision);
    }
}
