namespace Calico.Netlink.NfTables;

/// <summary>The plan for one table: what points to something goes before it, what is pointed to comes first.</summary>
/// <remarks>
/// What the kernel cannot change in place is made anew under the same name ("remade"): everything that points to the old one lets go of it
/// first and is added again afterwards. The kernel checks use counts message by message, so the order of the parts matters.
/// </remarks>
internal sealed class TablePlan(NftTable current, NftTable wanted, bool isNew)
{
    private readonly NftTableId _id = wanted.Id;
    private readonly List<NftChange> _letGo = [];
    private readonly List<NftChange> _deleteRemade = [];
    private readonly List<NftChange> _add = [];
    private readonly List<NftChange> _addElements = [];
    private readonly List<NftChange> _rules = [];
    private readonly List<NftChange> _deleteGone = [];
    private readonly HashSet<(ReferenceKind, string)> _remade = [];

    public IReadOnlyList<NftChange> Changes()
    {
        ByName<NftObject, (NftObjectType, string)> objects = new(current.Objects, wanted.Objects, o => (o.Content.Type, o.Name), SameObject);
        ByName<NftFlowTable, string> flowTables = new(current.FlowTables, wanted.FlowTables, f => f.Name, SameFlowTable);
        ByName<NftSet, string> sets = new(current.Sets, wanted.Sets, s => s.Name, NftPlanner.SameSet);
        ByName<NftChain, string> chains = new(current.Chains, wanted.Chains, c => c.Name, SameChain);
        foreach (NftObject o in objects.Remade) _remade.Add((ReferenceKind.Object, o.Name));
        foreach (NftFlowTable f in flowTables.Remade) _remade.Add((ReferenceKind.FlowTable, f.Name));
        foreach (NftSet s in sets.Remade) _remade.Add((ReferenceKind.Set, s.Name));
        foreach (NftChain c in chains.Remade) _remade.Add((ReferenceKind.Chain, c.Name));

        Chains(chains);
        Sets(sets);
        _deleteRemade.AddRange(sets.Remade.Select(s => new NftDeleteSet(_id, s.Name)));
        _deleteRemade.AddRange(chains.Remade.Select(c => new NftDeleteChain(_id, c.Name)));
        _deleteRemade.AddRange(objects.Remade.Select(o => new NftDeleteObject(_id, o.Content.Type, o.Name)));
        _deleteRemade.AddRange(flowTables.Remade.Select(f => new NftDeleteFlowTable(_id, f.Name)));
        _add.InsertRange(0, flowTables.Made.Select(f => new NftAddFlowTable(_id, f)));
        _add.InsertRange(0, objects.Made.Select(o => new NftAddObject(_id, o)));
        _deleteGone.AddRange(sets.Gone.Select(s => new NftDeleteSet(_id, s.Name)));
        _deleteGone.AddRange(chains.Gone.Select(c => new NftDeleteChain(_id, c.Name)));
        _deleteGone.AddRange(objects.Gone.Select(o => new NftDeleteObject(_id, o.Content.Type, o.Name)));
        _deleteGone.AddRange(flowTables.Gone.Select(f => new NftDeleteFlowTable(_id, f.Name)));

        List<NftChange> changes = [];
        if (isNew || current.Flags != wanted.Flags) changes.Add(new NftAddTable(wanted with { Chains = [], Sets = [], Objects = [], FlowTables = [] }));
        foreach (List<NftChange> part in new[] { _letGo, _deleteRemade, _add, _addElements, _rules, _deleteGone }) changes.AddRange(part);
        return changes;
    }

    private void Chains(ByName<NftChain, string> chains)
    {
        foreach (NftChain want in chains.Made) _add.Add(new NftAddChain(_id, want with { Rules = [] }));
        foreach ((NftChain have, NftChain want) in chains.Kept)
        {
            if (have.Base?.Policy != want.Base?.Policy) _add.Add(new NftAddChain(_id, want with { Rules = [] }));
            Rules(have.Rules, want);
        }

        foreach (NftChain want in chains.Made) Rules([], want);
        // Chains that go may point to each other and to other things that go.
        foreach (NftChain have in chains.Remade.Concat(chains.Gone))
            if (have.Rules.Any(r => References.Of(r).Any())) _letGo.Add(new NftFlushChain(_id, have.Name));
    }

    private void Rules(ValueList<NftRule> have, NftChain want)
    {
        RuleDiff diff = RuleDiff.Between(have, want.Rules, rule => _remade.Count > 0 && References.Of(rule).Any(_remade.Contains));
        foreach (ulong handle in diff.Deleted) _letGo.Add(new NftDeleteRule(_id, want.Name, handle));
        foreach ((ulong handle, NftRule rule) in diff.Replaced) _rules.Add(new NftReplaceRule(_id, want.Name, handle, rule));
        foreach ((ulong before, NftRule rule) in diff.Added) _rules.Add(new NftAddRule(_id, want.Name, rule, before));
    }

    private void Sets(ByName<NftSet, string> sets)
    {
        foreach (NftSet want in sets.Made)
        {
            NftSet bare = want with { Elements = [] };
            _add.Add(new NftAddSet(_id, bare));
            if (!want.Elements.IsEmpty) _addElements.Add(new NftAddElements(_id, bare, want.Elements));
        }

        foreach ((NftSet have, NftSet want) in sets.Kept)
        {
            SetDiff diff = SetDiff.Between(have, want, element => _remade.Count > 0 && References.Of(element).Any(_remade.Contains));
            NftSet bare = want with { Elements = [] };
            if (diff.Removed.Count > 0) _letGo.Add(new NftDeleteElements(_id, bare, diff.Removed.ToValueList()));
            if (diff.Added.Count > 0) _addElements.Add(new NftAddElements(_id, bare, diff.Added.ToValueList()));
        }
    }

    // The kernel changes a base chain's policy in place and nothing else.
    private static bool SameChain(NftChain a, NftChain b) =>
        a.UserData == b.UserData && a.Flags == b.Flags && (a.Base, b.Base) switch
        {
            (null, null) => true,
            ({ } x, { } y) => (x.Type, x.Hook, x.Priority) == (y.Type, y.Hook, y.Priority) && x.Devices.Order().SequenceEqual(y.Devices.Order()),
            _ => false,
        };

    private static bool SameObject(NftObject a, NftObject b) => a.UserData == b.UserData && (a.Content, b.Content) switch
    {
        (NftStatefulObject x, NftStatefulObject y) => x.State.Normalize().Equals(y.State.Normalize()),
        _ => a.Content == b.Content,
    };

    private static bool SameFlowTable(NftFlowTable a, NftFlowTable b) =>
        (a.Priority, a.Flags) == (b.Priority, b.Flags) && a.Devices.Order().SequenceEqual(b.Devices.Order());
}
