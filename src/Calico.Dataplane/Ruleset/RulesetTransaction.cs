using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Ruleset;

/// <summary>Puts changes in the order the kernel needs: what is named exists before it is named, and is deleted only when nothing names it.</summary>
internal static class RulesetTransaction
{
    private const int ElementsPerChange = 16_384;

    public static List<NftChange> Order(NftTableId table, RulesetChange change)
    {
        List<NftChange> changes = [new NftAddTable(new NftTable(table.Family, table.Name))];
        foreach ((KernelSet? before, KernelSet? after) in change.Sets)
        {
            if (before is null && after is not null) changes.Add(new NftAddSet(table, after.Definition));
            else if (before is not null) changes.Add(new NftFlushSet(table, before.Name));
        }

        foreach ((NftChain? before, NftChain? after) in change.Chains)
        {
            if (before is null) changes.Add(new NftAddChain(table, after! with { Rules = default }));
        }

        foreach ((NftChain? before, NftChain? after) in change.Chains)
        {
            if (before is not null) changes.Add(new NftFlushChain(table, before.Name));
            foreach (NftRule rule in after?.Rules ?? default) changes.Add(new NftAddRule(table, after!.Name, rule));
        }

        foreach ((KernelSet set, ElementChanges elements) in change.Elements)
        {
            AddChunks(elements.Removed, chunk => changes.Add(new NftDeleteElements(table, set.Definition, chunk)));
            AddChunks(elements.Added, chunk => changes.Add(new NftAddElements(table, set.Definition, chunk)));
        }

        foreach ((_, KernelSet? after) in change.Sets)
        {
            if (after is not null) AddChunks(after.Elements, chunk => changes.Add(new NftAddElements(table, after.Definition, chunk)));
        }

        foreach ((NftChain? before, NftChain? after) in change.Chains)
        {
            if (after is null) changes.Add(new NftDeleteChain(table, before!.Name));
        }

        foreach ((KernelSet? before, KernelSet? after) in change.Sets)
        {
            if (after is null) changes.Add(new NftDeleteSet(table, before!.Name));
        }

        return changes;
    }

    private static void AddChunks(IEnumerable<NftElement> elements, Action<ValueList<NftElement>> add)
    {
        foreach (NftElement[] chunk in elements.Chunk(ElementsPerChange)) add(ValueList.Create<NftElement>(chunk));
    }
}
