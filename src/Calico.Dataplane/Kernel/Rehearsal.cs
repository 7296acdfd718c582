using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Finds what the kernel refuses when it does not say. Parts are put into a table of their own that is made and deleted in one transaction: no packet meets it,
/// nothing is left of it, and the kernel has judged it. Halves of what is refused are tried in turn, so that one offender among n takes about 2 log₂ n transactions.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="wanted">The table the parts are from.</param>
internal sealed class Rehearsal(IDataplaneKernel kernel, NftTable wanted)
{
    private static readonly NftTableId Table = new(NftFamily.Inet, "calico-rehearsal");
    private readonly Dictionary<string, NftChain> _chains = wanted.Chains.ToDictionary(c => c.Name);
    private readonly Dictionary<string, NftSet> _sets = wanted.Sets.ToDictionary(s => s.Name);

    /// <summary>The parts that are refused by themselves, each with what the kernel said; none when only their meeting is.</summary>
    /// <exception cref="NetlinkException">The kernel cannot be spoken to.</exception>
    public async ValueTask<IReadOnlyList<(RulesetPart Part, string Reason)>> FindAsync(IReadOnlyList<RulesetPart> parts, CancellationToken cancellationToken)
    {
        List<(RulesetPart, string)> found = [];
        if (parts.Count > 0) await SearchAsync(parts, await RefusalAsync(parts, cancellationToken).ConfigureAwait(false), found, cancellationToken).ConfigureAwait(false);
        return found;
    }

    private async ValueTask SearchAsync(IReadOnlyList<RulesetPart> parts, Exception? refusal, List<(RulesetPart, string)> found, CancellationToken cancellationToken)
    {
        if (refusal is null) return;
        if (parts.Count == 1)
        {
            found.Add((parts[0], refusal is NftTransactionException { Failures: [{ Change: { } change, Error: var error }, ..] } ? $"{Ours(change.Subject)}: {error}" : $"it: {refusal.Message}"));
            return;
        }

        foreach (IReadOnlyList<RulesetPart> half in (IReadOnlyList<RulesetPart>[])[[.. parts.Take(parts.Count / 2)], [.. parts.Skip(parts.Count / 2)]])
            await SearchAsync(half, await RefusalAsync(half, cancellationToken).ConfigureAwait(false), found, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Exception?> RefusalAsync(IReadOnlyList<RulesetPart> parts, CancellationToken cancellationToken)
    {
        try
        {
            await kernel.CommitAsync([.. NftPlanner.Plan(null, With(parts)).Select(Exclusively), new NftDeleteTable(Table)], cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (NftTransactionException e) when (!e.IsGenerationConflict)
        {
            return e;
        }
        catch (NetlinkException e) when (e.Errno == Errno.MessageTooLong)
        {
            return e;
        }
    }

    private static NftChange Exclusively(NftChange change) => change is NftAddTable table ? table with { Exclusive = true } : change;

    private static string Ours(string subject) => subject.Replace(Table.ToString(), RulesetApplier.Table.ToString(), StringComparison.Ordinal);

    /// <summary>The parts, and as much of what they name as they need to stand.</summary>
    private NftTable With(IReadOnlyList<RulesetPart> parts)
    {
        Dictionary<string, NftChain> chains = new(StringComparer.Ordinal);
        Dictionary<string, NftSet> sets = new(StringComparer.Ordinal);
        foreach (RulesetPart.Chain part in parts.OfType<RulesetPart.Chain>())
        {
            if (_chains.TryGetValue(part.Name, out NftChain? chain)) chains[part.Name] = chain with { Base = null };
        }

        foreach (RulesetPart.Set part in parts.OfType<RulesetPart.Set>())
        {
            if (_sets.TryGetValue(part.Name, out NftSet? set)) sets[part.Name] = set;
        }

        foreach (IGrouping<string, RulesetPart.Element> part in parts.OfType<RulesetPart.Element>().GroupBy(e => e.SetName))
        {
            HashSet<NftValue> keys = [.. part.Select(e => e.Key)];
            if (_sets.TryGetValue(part.Key, out NftSet? set)) sets.TryAdd(part.Key, set with { Elements = set.Elements.Where(e => keys.Contains(e.Key)).ToValueList() });
        }

        foreach (string name in chains.Values.SelectMany(RulesetPart.SetsOf).ToList())
        {
            if (_sets.TryGetValue(name, out NftSet? set)) sets.TryAdd(name, set with { Elements = default });
        }

        IEnumerable<string> targets = chains.Values.SelectMany(RulesetPart.TargetsOf).Concat(sets.Values.SelectMany(s => s.Elements).Select(e => e.Verdict?.Chain).OfType<string>());
        foreach (string name in targets.ToList()) chains.TryAdd(name, new NftChain(name));
        return new NftTable(Table.Family, Table.Name) { Chains = [.. chains.Values], Sets = [.. sets.Values] };
    }
}
