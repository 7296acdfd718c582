using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Keeps our table in the kernel equal to the wanted one. Normally only changes are committed. On start, when asked to resync, and after a refused
/// transaction the table is read and the difference committed; so restart and repair are the same path as the first start.
/// </summary>
internal sealed class RulesetApplier(IDataplaneKernel kernel, RulesetState state)
{
    public static readonly NftTableId Table = new(NftFamily.Inet, Names.Table);

    private bool _known;

    /// <summary>The next apply compares with the kernel instead of trusting what was committed before.</summary>
    public void Distrust() => _known = false;

    /// <returns>How many changes were committed.</returns>
    /// <exception cref="NftTransactionException">The kernel refuses what is wanted even compared with what it has.</exception>
    public async ValueTask<int> ApplyAsync(RulesetChange change, CancellationToken cancellationToken)
    {
        if (_known)
        {
            if (change.IsEmpty) return 0;
            List<NftChange> changes = RulesetTransaction.Order(Table, change);
            try
            {
                await kernel.CommitAsync(changes, cancellationToken).ConfigureAwait(false);
                return changes.Count;
            }
            catch (NftTransactionException)
            {
                _known = false; // someone else changed our table, or a change is bad: find out which below
            }
        }

        return await ResyncAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> ResyncAsync(CancellationToken cancellationToken)
    {
        NftTable? current = await kernel.ReadTableAsync(Table, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<NftChange> changes = NftPlanner.Plan(current, state.ToTable(Table.Family, Table.Name));
        if (changes.Count > 0) await kernel.CommitAsync(changes, cancellationToken).ConfigureAwait(false);
        _known = true;
        return changes.Count;
    }
}
