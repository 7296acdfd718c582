using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Keeps our table in the kernel equal to the wanted one. Normally only changes are committed. On start, when asked to resync, and after a refused
/// transaction the table is read and the difference committed; so restart and repair are the same path as the first start.
/// What the kernel refuses even then is found and quarantined: its chain drops everything until its content changes or the next resync, and the rest applies.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="state">The wanted table; others change it meanwhile, under <paramref name="gate"/>.</param>
/// <param name="gate">Held whenever the state is looked at, never while the kernel is waited for.</param>
internal sealed class RulesetApplier(IDataplaneKernel kernel, RulesetState state, Lock gate)
{
    public static readonly NftTableId Table = new(NftFamily.Inet, Names.Table);

    private const int Attempts = 16;
    private readonly Dictionary<string, (NftChain Refused, string Reason)> _quarantined = new(StringComparer.Ordinal);
    private bool _known;

    /// <summary>The next apply compares with the kernel instead of trusting what was committed before, and tries quarantined chains again.</summary>
    public void Distrust()
    {
        _known = false;
        _quarantined.Clear();
    }

    /// <summary>Chains that drop everything because the kernel refused their content, and why.</summary>
    public IEnumerable<(string Chain, string Reason)> Quarantined => _quarantined.Select(q => (q.Key, q.Value.Reason));

    /// <returns>How many changes were committed.</returns>
    /// <exception cref="NftTransactionException">The kernel refuses even what nothing can be quarantined for, such as a base chain.</exception>
    public async ValueTask<int> ApplyAsync(RulesetChange change, CancellationToken cancellationToken)
    {
        if (_known && _quarantined.Count == 0)
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

        lock (gate) ForgetChanged();
        return await ResyncAsync(cancellationToken).ConfigureAwait(false);
    }

    private void ForgetChanged()
    {
        foreach (string changed in _quarantined.Where(q => !q.Value.Refused.Equals(state.Chains.GetValueOrDefault(q.Key))).Select(q => q.Key).ToList()) _quarantined.Remove(changed);
    }

    private async ValueTask<int> ResyncAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            // Taken as known from here on: whoever distrusts it meanwhile is heard at the next apply.
            _known = true;
            try
            {
                NftTable? current = await kernel.ReadTableAsync(Table, cancellationToken).ConfigureAwait(false);
                NftTable wanted;
                lock (gate) wanted = Wanted();
                IReadOnlyList<NftChange> changes = NftPlanner.Plan(current, wanted);
                if (changes.Count > 0) await kernel.CommitAsync(changes, cancellationToken).ConfigureAwait(false);
                return changes.Count;
            }
            catch (NftTransactionException e) when (attempt < Attempts && !e.IsGenerationConflict)
            {
                bool any;
                lock (gate) any = Quarantine(e);
                if (!any)
                {
                    _known = false;
                    throw;
                }
            }
            catch (NftTransactionException e) when (attempt < Attempts && e.IsGenerationConflict)
            {
            }
            catch
            {
                _known = false;
                throw;
            }
        }
    }

    /// <summary>The kernel names every message it refused. A refused set takes the chains that test it with it: without its members they cannot be trusted.</summary>
    private bool Quarantine(NftTransactionException refusal)
    {
        bool any = false;
        foreach (NftFailure failure in refusal.Failures)
        {
            IEnumerable<string> chains = failure.Change switch
            {
                NftAddRule c => [c.Chain],
                NftReplaceRule c => [c.Chain],
                NftAddChain c => [c.Definition.Name],
                NftAddSet c => ChainsThatTest(c.Definition.Name),
                NftAddElements c => ChainsThatTest(c.Set.Name),
                _ => [],
            };
            foreach (string name in chains)
            {
                if (state.Chains.TryGetValue(name, out NftChain? chain) && chain.Base is null) any |= _quarantined.TryAdd(name, (chain, $"{failure.Change!.Subject}: {failure.Error}"));
            }
        }

        return any;
    }

    private IEnumerable<string> ChainsThatTest(string set) =>
        state.Chains.Values.Where(c => c.Rules.Any(r => r.Expressions.Any(e => e is Netlink.NfTables.Expressions.LookupExpression lookup && lookup.Set == set))).Select(c => c.Name);

    private NftTable Wanted()
    {
        NftTable table = state.ToTable(Table.Family, Table.Name);
        if (_quarantined.Count == 0) return table;
        NftRule drop = new RuleWriter().Count().Verdict(NftVerdict.Drop).Build("quarantined: the kernel refused this chain");
        table = table with { Chains = table.Chains.Select(c => _quarantined.ContainsKey(c.Name) ? c with { Rules = [drop] } : c).ToValueList() };
        HashSet<string> tested = [.. table.Chains.SelectMany(c => c.Rules).SelectMany(r => r.Expressions).OfType<Netlink.NfTables.Expressions.LookupExpression>().Select(l => l.Set)];
        return table with { Sets = table.Sets.Where(s => tested.Contains(s.Name) || !IsPolicySet(s.Name)).ToValueList() };
    }

    private static bool IsPolicySet(string name) => name.StartsWith("ips", StringComparison.Ordinal) || name.StartsWith("nets", StringComparison.Ordinal) || name.StartsWith("ports", StringComparison.Ordinal)
        || name.StartsWith("hosts", StringComparison.Ordinal) || name.StartsWith("ranges", StringComparison.Ordinal) || name.StartsWith("protocols", StringComparison.Ordinal)
        || name.StartsWith("classes", StringComparison.Ordinal);
}
