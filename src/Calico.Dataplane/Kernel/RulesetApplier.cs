using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Keeps our table in the kernel equal to the wanted one. Normally only changes are committed. On start, when asked to resync, and after a refused
/// transaction the table is read and the difference committed; so restart and repair are the same path as the first start.
/// What the kernel refuses even then is found – it says so itself, or halves are tried – and closed, and the rest applies.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="state">The wanted table; others change it meanwhile, under <paramref name="gate"/>.</param>
/// <param name="gate">Held whenever the state or the quarantine is looked at, never while the kernel is waited for.</param>
internal sealed class RulesetApplier(IDataplaneKernel kernel, RulesetState state, Lock gate)
{
    public static readonly NftTableId Table = new(NftFamily.Inet, Names.Table);

    private const int Attempts = 16;

    /// <summary>So many times in a row a lack of memory is taken for a passing one; after that for the fault of what is asked for.</summary>
    private const int Patience = 4;

    private int _lacking;
    private bool _known;

    /// <summary>What the kernel refused. Look at it under the gate.</summary>
    public Quarantine Quarantine { get; } = new();

    /// <summary>The next apply compares with the kernel instead of trusting what was committed before, and tries what is closed again. Call it under the gate.</summary>
    public void Distrust()
    {
        _known = false;
        Quarantine.Clear();
    }

    /// <returns>How many changes were committed.</returns>
    /// <exception cref="NftTransactionException">The kernel refuses even what cannot be closed, such as a base chain; or it lacks memory. Nothing was applied.</exception>
    /// <exception cref="NetlinkException">The kernel cannot be spoken to.</exception>
    public async ValueTask<int> ApplyAsync(RulesetChange change, CancellationToken cancellationToken)
    {
        bool opened;
        lock (gate) opened = Quarantine.Forget(change);
        if (_known && !opened)
        {
            if (change.IsEmpty) return 0;
            List<NftChange> changes = RulesetTransaction.Order(Table, change);
            try
            {
                await LargeTransaction.CommitAsync(kernel, changes, cancellationToken).ConfigureAwait(false);
                return changes.Count;
            }
            catch (NftTransactionException)
            {
                // Someone else changed our table, or a change is bad: which, is found below.
            }
            catch (NetlinkException e) when (e.Errno == Errno.NoBuffers)
            {
                // The answer was lost: below the table is read.
            }
            catch
            {
                _known = false;
                throw;
            }
        }

        return await ResyncAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> ResyncAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            // Taken as known from here on: whoever distrusts it meanwhile is heard at the next apply.
            _known = true;
            IReadOnlyList<NftChange> changes = [];
            try
            {
                NftTable? current = await kernel.ReadTableAsync(Table, cancellationToken).ConfigureAwait(false);
                lock (gate) changes = [.. NftPlanner.Plan(current, Quarantine.Apply(Whole())).Where(c => !Quarantine.IsKept(c))];
                if (changes.Count > 0) await LargeTransaction.CommitAsync(kernel, changes, cancellationToken).ConfigureAwait(false);
                _lacking = 0;
                return changes.Count;
            }
            catch (NftTransactionException e) when (attempt < Attempts && e.IsGenerationConflict)
            {
            }
            catch (NetlinkException e) when (attempt < Attempts && e.Errno == Errno.NoBuffers)
            {
            }
            catch (NftTransactionException e) when (attempt < Attempts && (!IsLack(e) || ++_lacking > Patience))
            {
                if (await CloseAsync(e, changes, cancellationToken).ConfigureAwait(false)) continue;
                _known = false;
                throw;
            }
            catch
            {
                _known = false;
                throw;
            }
        }
    }

    private NftTable Whole() => state.ToTable(Table.Family, Table.Name);

    private static bool IsLack(NftTransactionException e) => e.Failures.Count > 0 && e.Failures.All(f => f.Error.Code is Errno.OutOfMemory or Errno.TryAgain or Errno.Interrupted or Errno.NoBuffers);

    /// <summary>Closes what the kernel names, or, when it names nothing or many at once, what a rehearsal finds.</summary>
    private async ValueTask<bool> CloseAsync(NftTransactionException refusal, IReadOnlyList<NftChange> changes, CancellationToken cancellationToken)
    {
        List<(RulesetPart Part, string Reason)> guilty = [];
        HashSet<RulesetPart> suspects = [];
        List<(RulesetPart, string)> namedSets = [];
        bool kept = false;
        foreach (NftFailure failure in refusal.Failures)
        {
            RulesetPart[] named = [.. RulesetPart.Of(failure.Change)];
            if (named is [{ } one]) guilty.Add((one, $"{failure.Change!.Subject}: {failure.Error}"));
            else suspects.UnionWith(named);
            if (failure.Change is NftAddElements elements && named.Length > 1) namedSets.Add((new RulesetPart.Set(elements.Set.Name), $"{elements.Subject}: {failure.Error}"));
            if (failure.Change is { } deletion && named.Length == 0)
            {
                lock (gate) kept |= Quarantine.Keep(deletion, $"{failure.Error}");
            }
        }

        if (guilty.Count == 0 && !kept)
        {
            if (suspects.Count == 0) suspects = [.. changes.SelectMany(RulesetPart.Of)];
            NftTable wanted;
            lock (gate) wanted = Quarantine.Apply(Whole());
            IReadOnlyList<(RulesetPart, string)> found = await new Rehearsal(kernel, wanted).FindAsync([.. suspects], cancellationToken).ConfigureAwait(false);
            guilty.AddRange(found.Count > 0 ? found : namedSets);
        }

        bool any = kept;
        lock (gate)
        {
            foreach ((RulesetPart part, string reason) in guilty) any |= Quarantine.Close(part, reason, state);
        }

        return any;
    }
}
