using Calico.Ipam.Engine;
using Calico.Ipam.Planning;

namespace Calico.Ipam;

public sealed partial class IpamClient
{
    /// <summary>The pools and reservations that the client decides by.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<IPPool>> GetPoolsAsync(CancellationToken cancellationToken = default) =>
        (await _context.ClusterAsync(cancellationToken).ConfigureAwait(false)).Pools;

    /// <summary>Splits a pool in the store in one commit: either the pool is there or all of its parts.</summary>
    /// <param name="name">The pool's name.</param>
    /// <param name="parts">How many parts, a power of two.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The parts.</returns>
    /// <exception cref="IpamException">There is no such pool, the number does not fit, or the store has no transaction of that size.</exception>
    public async Task<IReadOnlyList<IPPool>> SplitPoolAsync(string name, int parts, CancellationToken cancellationToken = default)
    {
        for (int attempt = 1; ; attempt++)
        {
            StoreEntry entry = await RequirePoolAsync(name, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<IPPool> pools = PoolSplit.Plan(IPPool.Decode(entry.Value, entry.Key), parts);
            if (parts + 1 > _context.MaxWrites)
                throw new IpamException(IpamErrorCode.InvalidRequest, $"this store writes {_context.MaxWrites} keys at once, splitting into {parts} needs {parts + 1}: split into fewer parts, and those again");
            StoreWrite[] writes = [StoreWrite.Delete(entry.Key, entry.Revision), .. pools.Select(pool => StoreWrite.Create(pool.Key, pool.Encode()))];
            CommitResult result = await _context.CommitAsync(writes, cancellationToken).ConfigureAwait(false);
            if (result.Status == CommitStatus.Done) return pools;
            if (result.Status == CommitStatus.Ambiguous && await _context.GetAsync(pools[0].Key, cancellationToken).ConfigureAwait(false) is not null) return pools;
            await _context.RetryAsync(attempt, $"splitting pool {name}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the next step of a migration, if it is one that can be taken from here; safe to call again and again.</summary>
    /// <param name="source">The pool to empty.</param>
    /// <param name="target">The pool that takes over.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The step that was taken; or, when it is for others to take (create the target, restart users), the step as it stands.</returns>
    public async Task<(MigrationStep Step, bool Taken)> MigratePoolAsync(string source, string target, CancellationToken cancellationToken = default)
    {
        await SweepCooledAsync(cancellationToken).ConfigureAwait(false);
        MigrationStep step = PoolMigration.Next(await GetPoolsAsync(cancellationToken).ConfigureAwait(false), await GetBlocksAsync(cancellationToken).ConfigureAwait(false), source, target);
        switch (step.Action)
        {
            case MigrationAction.DisableSource:
                await ChangePoolAsync(source, pool => pool with { Disabled = true }, cancellationToken).ConfigureAwait(false);
                return (step, true);
            case MigrationAction.EnableTarget:
                await ChangePoolAsync(target, pool => pool with { Disabled = false }, cancellationToken).ConfigureAwait(false);
                return (step, true);
            case MigrationAction.ReleaseBlocks:
                foreach ((AffinityOwner? owner, System.Net.IPNetwork block) in step.Blocks)
                    await _affinities.ReleaseAsync(owner ?? AffinityOwner.Host(""), Calico.Net.IpPrefix.From(block), mustBeEmpty: true, cancellationToken).ConfigureAwait(false);
                return (step, true);
            case MigrationAction.DeleteSource:
                StoreEntry entry = await RequirePoolAsync(source, cancellationToken).ConfigureAwait(false);
                CommitResult result = await _context.CommitAsync(StoreWrite.Delete(entry.Key, entry.Revision), cancellationToken).ConfigureAwait(false);
                return (step, result.Status == CommitStatus.Done);
            default:
                return (step, false);
        }
    }

    private async ValueTask ChangePoolAsync(string name, Func<IPPool, IPPool> change, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            StoreEntry entry = await RequirePoolAsync(name, cancellationToken).ConfigureAwait(false);
            IPPool changed = change(IPPool.Decode(entry.Value, entry.Key));
            if ((await _context.CommitAsync(StoreWrite.Replace(entry.Key, changed.Encode(), entry.Revision), cancellationToken).ConfigureAwait(false)).Status == CommitStatus.Done) return;
            await _context.RetryAsync(attempt, $"changing pool {name}", cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<StoreEntry> RequirePoolAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return await _context.GetAsync(IpamKeys.Pool(name), cancellationToken).ConfigureAwait(false)
            ?? throw new IpamException(IpamErrorCode.PoolNotUsable, $"there is no pool '{name}': {PoolMigration.Known(await GetPoolsAsync(cancellationToken).ConfigureAwait(false))}");
    }
}
