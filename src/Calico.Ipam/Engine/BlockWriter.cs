using Calico.Net;

namespace Calico.Ipam.Engine;

/// <summary>
/// Writes a block together with the handles that count its addresses. With transactions it is one commit; without, the handle is raised before the block and
/// lowered after it (or after the block's write failed), so that a handle never counts too few.
/// </summary>
internal sealed class BlockWriter(IpamContext context)
{
    /// <summary>Writes a block in which addresses were assigned to a handle.</summary>
    /// <param name="range">The block's range.</param>
    /// <param name="next">The block to write.</param>
    /// <param name="revision">The revision it was read at.</param>
    /// <param name="handle">The handle, or null.</param>
    /// <param name="count">By how much to raise it.</param>
    /// <param name="handleIsNew">Try to create the handle without looking first: right for a handle that was just made up.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<CommitResult> AssignAsync(IpPrefix range, IpamBlock next, long revision, string? handle, int count, bool handleIsNew, CancellationToken cancel)
    {
        StoreWrite block = StoreWrite.Replace(IpamKeys.Block(range), next.Encode(), revision);
        if (handle is null) return await context.CommitAsync(block, cancel).ConfigureAwait(false);
        if (context.MaxWrites >= 2)
        {
            StoreWrite[] writes = [block, await RaiseAsync(handle, range, count, handleIsNew, cancel).ConfigureAwait(false)];
            return await context.CommitAsync(writes, cancel).ConfigureAwait(false);
        }

        await AdjustAsync(handle, range, count, cancel).ConfigureAwait(false);
        CommitResult result = await context.CommitAsync(block, cancel).ConfigureAwait(false);
        if (result.Status == CommitStatus.Conflict) await AdjustAsync(handle, range, -count, CancellationToken.None).ConfigureAwait(false);
        return result;
    }

    /// <summary>Writes, or deletes, a block in which addresses were released, and lowers their handles.</summary>
    public async ValueTask<CommitResult> ReleaseAsync(IpPrefix range, IpamBlock? next, long revision, IReadOnlyDictionary<string, int> counts, CancellationToken cancel)
    {
        string key = IpamKeys.Block(range);
        List<StoreWrite> writes = [next is null ? StoreWrite.Delete(key, revision) : StoreWrite.Replace(key, next.Encode(), revision)];
        List<KeyValuePair<string, int>> later = [];
        foreach (KeyValuePair<string, int> count in counts)
        {
            if (writes.Count >= context.MaxWrites) later.Add(count);
            else if (await LowerAsync(count.Key, range, count.Value, cancel).ConfigureAwait(false) is { } write) writes.Add(write);
        }

        CommitResult result = await context.CommitAsync(writes.ToArray(), cancel).ConfigureAwait(false);
        if (result.Status != CommitStatus.Done) return result;
        foreach ((string handle, int count) in later) await AdjustAsync(handle, range, -count, CancellationToken.None).ConfigureAwait(false);
        return result;
    }

    /// <summary>Raises or lowers a handle by itself.</summary>
    public async ValueTask AdjustAsync(string handle, IpPrefix range, int delta, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            StoreWrite? write = delta > 0
                ? await RaiseAsync(handle, range, delta, isNew: false, cancel).ConfigureAwait(false)
                : await LowerAsync(handle, range, -delta, cancel).ConfigureAwait(false);
            if (write is not { } change) return;
            CommitResult result = await context.CommitAsync(change, cancel).ConfigureAwait(false);
            if (result.Status == CommitStatus.Done) return;

            // A lowering that may have been done is not done again: a handle may count too many, never too few.
            if (result.Status == CommitStatus.Ambiguous && delta < 0) return;
            await context.RetryAsync(attempt, $"counting the addresses of handle '{handle}'", cancel).ConfigureAwait(false);
        }
    }

    private async ValueTask<StoreWrite> RaiseAsync(string handle, IpPrefix range, int count, bool isNew, CancellationToken cancel)
    {
        Versioned<IpamHandle>? present = isNew ? null : await context.HandleAsync(handle, cancel).ConfigureAwait(false);
        string key = IpamKeys.Handle(handle);
        return present is { } known
            ? StoreWrite.Replace(key, known.Document.Add(range, count).Encode(), known.Revision)
            : StoreWrite.Create(key, new IpamHandle(handle).Add(range, count).Encode());
    }

    private async ValueTask<StoreWrite?> LowerAsync(string handle, IpPrefix range, int count, CancellationToken cancel)
    {
        if (await context.HandleAsync(handle, cancel).ConfigureAwait(false) is not { } present) return null;
        IpamHandle lowered = present.Document.Add(range, -count);
        string key = IpamKeys.Handle(handle);
        return lowered.IsEmpty ? StoreWrite.Delete(key, present.Revision) : StoreWrite.Replace(key, lowered.Encode(), present.Revision);
    }
}
