using System.Buffers.Binary;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.NfTables;

/// <summary>Changes that the kernel makes all at once or not at all. Reuse one by <see cref="Clear"/>: adding elements then allocates nothing. Not thread-safe.</summary>
/// <remarks>
/// Changes are made in the order they are added: tables, sets, chains, elements, rules; and the reverse to delete.
/// Source: nfnetlink batches, linux/netfilter/nfnetlink.h (NFNL_MSG_BATCH_BEGIN, NFNL_BATCH_GENID).
/// </remarks>
public sealed class NftTransaction
{
    private readonly NetlinkBatch _batch;
    private readonly List<(int FirstMessage, NftChange Change)> _changes = [];
    private uint _setId;
    private uint _chainId;
    private int _generationOffset;
    private bool _sealed;

    /// <summary>An empty transaction.</summary>
    /// <param name="capacity">Bytes to start with.</param>
    public NftTransaction(int capacity = 4096)
    {
        _batch = new NetlinkBatch(capacity);
        Clear();
    }

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _batch.Count == 1;

    /// <summary>The messages added, apart from the two that begin and end the transaction.</summary>
    public int MessageCount => _batch.Count - (_sealed ? 2 : 1);

    /// <summary>The bytes that go to the kernel, apart from the message that ends the transaction.</summary>
    public int Bytes => _batch.Length;

    /// <summary>The changes added as such; elements added by span are not among them.</summary>
    public IEnumerable<NftChange> Changes => _changes.Select(c => c.Change);

    /// <summary>Adds a change.</summary>
    /// <param name="change">The change.</param>
    /// <returns>This transaction.</returns>
    public NftTransaction Add(NftChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Unseal();
        _changes.Add((_batch.Count, change));
        Write(change);
        return this;
    }

    /// <summary>Adds changes, in order.</summary>
    /// <param name="changes">The changes.</param>
    /// <returns>This transaction.</returns>
    public NftTransaction Add(IEnumerable<NftChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (NftChange change in changes) Add(change);
        return this;
    }

    /// <summary>Adds elements to a set or map, without an object for the change.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set; its own elements do not count.</param>
    /// <param name="elements">The elements.</param>
    public void AddElements(NftTableId table, NftSet set, ReadOnlySpan<NftElement> elements)
    {
        ArgumentNullException.ThrowIfNull(set);
        Unseal();
        WriteElements(NfTablesMessage.NewElement, NetlinkFlags.Create, table, set, elements, 0);
    }

    /// <summary>Deletes elements of a set or map, without an object for the change.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set; its own elements do not count.</param>
    /// <param name="elements">The elements; their keys count.</param>
    public void DeleteElements(NftTableId table, NftSet set, ReadOnlySpan<NftElement> elements)
    {
        ArgumentNullException.ThrowIfNull(set);
        Unseal();
        WriteElements(NfTablesMessage.DeleteElement, NetlinkFlags.None, table, set, elements, 0);
    }

    /// <summary>Empties the transaction and keeps its buffer.</summary>
    public void Clear()
    {
        _batch.Clear();
        _changes.Clear();
        _setId = 0;
        _chainId = 0;
        _sealed = false;
        NetlinkMessageWriter begin = _batch.BeginNetfilter(0, (byte)NfTablesWire.BatchBegin, NetlinkFlags.None, 0, NfTablesWire.Subsystem);
        begin.AttributeUInt32BigEndian(NfTablesWire.BatchGeneration, 0);
        _generationOffset = _batch.Length - 4;
    }

    /// <summary>Ends the batch; generation 0 is not checked by the kernel.</summary>
    internal NetlinkBatch Seal(uint generation)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_batch.At(_generationOffset, 4), generation);
        if (!_sealed) _batch.BeginNetfilter(0, (byte)NfTablesWire.BatchEnd, NetlinkFlags.None, 0, NfTablesWire.Subsystem);
        _sealed = true;
        return _batch;
    }

    /// <summary>The change that a message belongs to; null for the batch itself and for elements added by span.</summary>
    internal NftChange? ChangeOf(int message)
    {
        int low = 0, high = _changes.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_changes[middle].FirstMessage <= message) low = middle + 1;
            else high = middle;
        }

        return low == 0 || message >= _batch.Count - (_sealed ? 1 : 0) ? null : _changes[low - 1].Change;
    }

    private void Unseal()
    {
        if (!_sealed) return;
        _batch.RemoveLast();
        _sealed = false;
    }

    private void Write(NftChange change)
    {
        NftTableId table = change.Table;
        switch (change)
        {
            case NftAddTable c:
                TableCodec.Write(Begin(NfTablesMessage.NewTable, table, NetlinkFlags.Create | (c.Exclusive ? NetlinkFlags.Exclusive : 0)), c.Definition);
                break;
            case NftDeleteTable:
                TableCodec.WriteName(Begin(NfTablesMessage.DeleteTable, table), table.Name);
                break;
            case NftAddChain c:
                ChainCodec.Write(Begin(NfTablesMessage.NewChain, table, NetlinkFlags.Create), table, c.Definition);
                break;
            case NftDeleteChain c:
                ChainCodec.WriteName(Begin(NfTablesMessage.DeleteChain, table), table, c.Chain);
                break;
            case NftFlushChain c:
                RuleCodec.WriteName(Begin(NfTablesMessage.DeleteRule, table), table, c.Chain);
                break;
            case NftAddRule c:
                NftRule added = WriteAnonymous(table, c.Rule);
                NetlinkFlags where = c.Before == 0 ? NetlinkFlags.Append : NetlinkFlags.None;
                RuleCodec.Write(Begin(NfTablesMessage.NewRule, table, NetlinkFlags.Create | where), table, c.Chain, added, position: c.Before);
                break;
            case NftReplaceRule c:
                NftRule replacement = WriteAnonymous(table, c.Rule);
                RuleCodec.Write(Begin(NfTablesMessage.NewRule, table, NetlinkFlags.Replace), table, c.Chain, replacement, handle: c.Handle);
                break;
            case NftDeleteRule c:
                RuleCodec.WriteName(Begin(NfTablesMessage.DeleteRule, table), table, c.Chain, c.Handle);
                break;
            case NftAddSet c:
                SetCodec.Write(Begin(NfTablesMessage.NewSet, table, NetlinkFlags.Create), table, c.Definition, ++_setId);
                break;
            case NftDeleteSet c:
                SetCodec.WriteName(Begin(NfTablesMessage.DeleteSet, table), table, c.Set);
                break;
            case NftFlushSet c:
                ElementCodec.WriteName(Begin(NfTablesMessage.DeleteElement, table), table, c.Set);
                break;
            case NftAddElements c:
                WriteElements(NfTablesMessage.NewElement, NetlinkFlags.Create, table, c.Set, c.Elements.AsSpan(), 0);
                break;
            case NftDeleteElements c:
                WriteElements(NfTablesMessage.DeleteElement, NetlinkFlags.None, table, c.Set, c.Elements.AsSpan(), 0);
                break;
            case NftAddObject c:
                ObjectCodec.Write(Begin(NfTablesMessage.NewObject, table, NetlinkFlags.Create), table, c.Definition);
                break;
            case NftDeleteObject c:
                ObjectCodec.WriteName(Begin(NfTablesMessage.DeleteObject, table), table, c.Name, c.Type);
                break;
            case NftAddFlowTable c:
                FlowTableCodec.Write(Begin(NfTablesMessage.NewFlowTable, table, NetlinkFlags.Create), table, c.Definition);
                break;
            case NftDeleteFlowTable c:
                FlowTableCodec.WriteName(Begin(NfTablesMessage.DeleteFlowTable, table), table, c.FlowTable);
                break;
            default:
                throw new ArgumentException($"A change of type {change.GetType().Name} is not known.", nameof(change));
        }
    }

    private NetlinkMessageWriter Begin(NfTablesMessage type, NftTableId table, NetlinkFlags flags = NetlinkFlags.None) =>
        NfTablesWire.Begin(_batch, type, flags, table.Family);

    /// <summary>Anonymous sets and chains come before their rule, which names them by an id that holds within the transaction.</summary>
    private NftRule WriteAnonymous(NftTableId table, NftRule rule)
    {
        NftExpression[]? expressions = null;
        for (int i = 0; i < rule.Expressions.Count; i++)
        {
            NftExpression? replaced = rule.Expressions[i] switch
            {
                LookupExpression { Anonymous: { } set } lookup => lookup with { SetId = WriteAnonymousSet(table, set) },
                ObjrefExpression { Anonymous: { } set } objref => objref with { SetId = WriteAnonymousSet(table, set) },
                VerdictExpression { Anonymous: { } chain } verdict => verdict with { ChainId = WriteAnonymousChain(table, chain) },
                _ => null,
            };
            if (replaced is null) continue;
            expressions ??= [.. rule.Expressions];
            expressions[i] = replaced;
        }

        return expressions is null ? rule : rule with { Expressions = ValueList.Create<NftExpression>(expressions) };
    }

    private uint WriteAnonymousSet(NftTableId table, NftSet set)
    {
        uint id = ++_setId;
        SetCodec.Write(Begin(NfTablesMessage.NewSet, table, NetlinkFlags.Create), table, set, id);
        WriteElements(NfTablesMessage.NewElement, NetlinkFlags.Create, table, set, set.Elements.AsSpan(), id);
        return id;
    }

    private uint WriteAnonymousChain(NftTableId table, NftChain chain)
    {
        uint id = ++_chainId;
        ChainCodec.WriteAnonymous(Begin(NfTablesMessage.NewChain, table, NetlinkFlags.Create), table, id);
        foreach (NftRule rule in chain.Rules)
        {
            NftRule added = WriteAnonymous(table, rule);
            RuleCodec.WriteAnonymous(Begin(NfTablesMessage.NewRule, table, NetlinkFlags.Create | NetlinkFlags.Append), table, id, added);
        }

        return id;
    }

    private void WriteElements(NfTablesMessage type, NetlinkFlags flags, NftTableId table, NftSet set, ReadOnlySpan<NftElement> elements, uint setId)
    {
        while (!elements.IsEmpty)
        {
            NetlinkMessageWriter writer = Begin(type, table, flags);
            ElementCodec.WriteName(writer, table, set.Name, setId);
            elements = elements[ElementCodec.WriteSome(writer, set, elements)..];
        }
    }
}
