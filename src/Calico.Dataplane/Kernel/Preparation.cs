using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>What of a transaction can go ahead of it: chains and sets that are new, with all that is in them. Nothing in force leads to them, so no packet can meet them.</summary>
internal static class Preparation
{
    public static (List<NftChange> Ahead, List<NftChange> Last) Split(IReadOnlyList<NftChange> changes)
    {
        if (changes.Any(c => c is NftDeleteTable)) return ([], [.. changes]);
        HashSet<string> made = Made(changes);
        return ([.. changes.Where(IsAhead)], [.. changes.Where(c => !IsAhead(c))]);

        bool IsAhead(NftChange change) => change is NftAddTable || (change is NftAddSet or NftAddChain or NftAddElements or NftAddRule && made.Contains(NameOf(change)));
    }

    /// <summary>
    /// Whether elements of a set in force will lead to a new chain. Such a chain has to go ahead: the kernel judges a packet by the rules of the moment its walk began, but by elements
    /// as they are when it looks (net/netfilter/nf_tables_core.c nft_do_chain, nft_genmask_cur), and to the older rules a chain made in the same transaction is empty.
    /// </summary>
    public static bool IsNeeded(IReadOnlyList<NftChange> changes)
    {
        if (!changes.Any(c => c is NftAddChain)) return false;
        HashSet<string> made = Made(changes);
        return changes.Any(c => c is NftAddElements add && !made.Contains(NameOf(add)) && add.Elements.Any(e => e.Verdict?.Chain is { } chain && made.Contains(OfChain(chain))));
    }

    private static HashSet<string> Made(IReadOnlyList<NftChange> changes)
    {
        HashSet<string> remade = [.. changes.Where(c => c is NftDeleteChain or NftDeleteSet or NftFlushChain or NftFlushSet).Select(NameOf)];
        return [.. changes.Where(c => c is NftAddSet or NftAddChain { Definition.Base: null }).Select(NameOf).Where(name => !remade.Contains(name))];
    }

    private static string OfChain(string name) => "chain " + name;

    /// <summary>Chains and sets have names of their own each.</summary>
    private static string NameOf(NftChange change) => change switch
    {
        NftAddChain c => OfChain(c.Definition.Name),
        NftAddRule c => OfChain(c.Chain),
        NftFlushChain c => OfChain(c.Chain),
        NftDeleteChain c => OfChain(c.Chain),
        NftAddSet c => "set " + c.Definition.Name,
        NftAddElements c => "set " + c.Set.Name,
        NftFlushSet c => "set " + c.Set,
        NftDeleteSet c => "set " + c.Set,
        _ => change.Subject,
    };
}
