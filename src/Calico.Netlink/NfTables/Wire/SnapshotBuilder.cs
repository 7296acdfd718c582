using System.Runtime.InteropServices;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Puts dumped objects together into tables, anonymous sets into the expressions that use them.</summary>
internal sealed class SnapshotBuilder(string? onlyTable, ushort generation)
{
    private readonly List<NftTable> _tables = [];
    private readonly Dictionary<NftTableId, List<NftChain>> _chains = [];
    private readonly Dictionary<(NftTableId, string), List<NftRule>> _rules = [];
    private readonly Dictionary<NftTableId, List<NftObject>> _objects = [];
    private readonly Dictionary<NftTableId, List<NftFlowTable>> _flowTables = [];
    private readonly Dictionary<(NftTableId, string), List<WireElement>> _elements = [];
    private readonly ExpressionCache _expressions = new();
    private (NftTableId Table, string Chain, List<NftRule> Rules)? _lastRules;
    private List<WireElement>? _current;

    public List<(NftTableId Table, NftSet Set)> Sets { get; } = [];

    /// <summary>Whether a message was of another generation.</summary>
    public bool IsInterrupted { get; private set; }

    public void BeginElements(NftTableId table, NftSet set) => _elements[(table, set.Name)] = _current = [];

    public void Take(int request, in NetlinkMessage message)
    {
        if (message.Subsystem != NfTablesWire.Subsystem) return;
        IsInterrupted |= MessageScope.Generation(message) != generation;
        NfTablesMessage type = (NfTablesMessage)(byte)message.Type;
        if (type == NfTablesMessage.NewElement)
        {
            ElementCodec.Read(message, _current!);
            return;
        }

        NftTableId table = MessageScope.Table(message);
        if (onlyTable is not null && table.Name != onlyTable) return;
        switch (type)
        {
            case NfTablesMessage.NewTable: _tables.Add(TableCodec.Read(message)); break;
            case NfTablesMessage.NewChain: ListOf(_chains, table).Add(ChainCodec.Read(message)); break;
            case NfTablesMessage.NewRule: RulesOf(table, MessageScope.Text(message, RuleCodec.Chain)).Add(RuleCodec.Read(message, out _, _expressions)); break;
            case NfTablesMessage.NewSet: Sets.Add((table, SetCodec.Read(message, out _))); break;
            case NfTablesMessage.NewObject: ListOf(_objects, table).Add(ObjectCodec.Read(message)); break;
            case NfTablesMessage.NewFlowTable: ListOf(_flowTables, table).Add(FlowTableCodec.Read(message)); break;
        }
    }

    public NftSnapshot Build(NftGeneration read) => new(read, _tables.Select(BuildTable).ToValueList());

    private NftTable BuildTable(NftTable table)
    {
        NftTableId id = table.Id;
        AnonymousParts anonymous = new(_chains.GetValueOrDefault(id, []).Where(c => c.Flags.HasFlag(NftChainFlags.Binding)), name => _rules.GetValueOrDefault((id, name), []));
        List<NftSet> sets = [];
        foreach (NftSet set in Sets.Where(s => s.Table == id).Select(s => WithElements(id, s.Set)))
        {
            if (set.Flags.HasFlag(NftSetFlags.Anonymous)) anonymous.Add(set);
            else sets.Add(set);
        }

        return table with
        {
            Chains = _chains.GetValueOrDefault(id, []).Where(c => !c.Flags.HasFlag(NftChainFlags.Binding)).Select(c => c with { Rules = Rules(id, c.Name, anonymous) }).ToValueList(),
            Sets = sets.ToValueList(),
            Objects = _objects.GetValueOrDefault(id, []).ToValueList(),
            FlowTables = _flowTables.GetValueOrDefault(id, []).ToValueList(),
        };
    }

    private ValueList<NftRule> Rules(NftTableId table, string chain, AnonymousParts anonymous)
    {
        if (!_rules.TryGetValue((table, chain), out List<NftRule>? rules)) return [];
        return anonymous.IsEmpty ? rules.ToValueList() : rules.Select(anonymous.Inline).ToValueList();
    }

    private NftSet WithElements(NftTableId table, NftSet set)
    {
        if (!_elements.TryGetValue((table, set.Name), out List<WireElement>? wire)) return set;
        if (set.SplitsRanges) return set with { Elements = Intervals.Join(wire).ToValueList() };
        NftElement[] elements = new NftElement[wire.Count];
        for (int i = 0; i < elements.Length; i++) elements[i] = wire[i].Element;
        return set with { Elements = new(ImmutableCollectionsMarshal.AsImmutableArray(elements)) };
    }

    // The rules of one chain come one after the other.
    private List<NftRule> RulesOf(NftTableId table, string chain)
    {
        if (_lastRules is { } last && ReferenceEquals(last.Chain, chain) && last.Table == table) return last.Rules;
        List<NftRule> rules = ListOf(_rules, (table, chain));
        _lastRules = (table, chain, rules);
        return rules;
    }

    private static List<TItem> ListOf<TKey, TItem>(Dictionary<TKey, List<TItem>> lists, TKey key)
        where TKey : notnull
    {
        ref List<TItem>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(lists, key, out _);
        return list ??= [];
    }
}
