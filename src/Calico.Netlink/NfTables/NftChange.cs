namespace Calico.Netlink.NfTables;

/// <summary>One change to one table: what a transaction is made of.</summary>
/// <param name="Table">The table.</param>
public abstract record NftChange(NftTableId Table)
{
    /// <summary>What the change is to, for messages to people.</summary>
    /// <returns>For example <c>chain web of inet filter</c>.</returns>
    public abstract string Subject { get; }
}

/// <summary>Adds a table, or changes its flags when it is there; its content is not part of this.</summary>
/// <param name="Definition">The table.</param>
/// <param name="Exclusive">Whether it must not be there.</param>
public sealed record NftAddTable(NftTable Definition, bool Exclusive = false) : NftChange(Definition.Id)
{
    /// <inheritdoc/>
    public override string Subject => $"table {Table}";
}

/// <summary>Deletes a table and everything in it.</summary>
/// <param name="Table">The table.</param>
public sealed record NftDeleteTable(NftTableId Table) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"table {Table}";
}

/// <summary>Adds a chain, or changes a base chain's policy when it is there; its rules are not part of this.</summary>
/// <param name="Table">The table.</param>
/// <param name="Definition">The chain.</param>
public sealed record NftAddChain(NftTableId Table, NftChain Definition) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"chain {Definition.Name} of {Table}";
}

/// <summary>Deletes a chain and its rules; nothing may point to it any more.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain's name.</param>
public sealed record NftDeleteChain(NftTableId Table, string Chain) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"chain {Chain} of {Table}";
}

/// <summary>Deletes all rules of a chain.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain's name.</param>
public sealed record NftFlushChain(NftTableId Table, string Chain) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rules of chain {Chain} of {Table}";
}

/// <summary>Adds a rule at the end of a chain, or before another rule.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Before">The handle of the rule it goes before; 0 is the chain's end.</param>
public sealed record NftAddRule(NftTableId Table, string Chain, NftRule Rule, ulong Before = 0) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rule of chain {Chain} of {Table}{(Rule.Comment is { } comment ? $" ({comment})" : "")}";
}

/// <summary>Puts a rule in another's place.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Handle">The handle of the rule that goes.</param>
/// <param name="Rule">The rule that comes.</param>
public sealed record NftReplaceRule(NftTableId Table, string Chain, ulong Handle, NftRule Rule) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rule {Handle} of chain {Chain} of {Table}{(Rule.Comment is { } comment ? $" ({comment})" : "")}";
}

/// <summary>Deletes a rule.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Handle">The rule's handle.</param>
public sealed record NftDeleteRule(NftTableId Table, string Chain, ulong Handle) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rule {Handle} of chain {Chain} of {Table}";
}

/// <summary>Adds a set or map; its elements are not part of this.</summary>
/// <param name="Table">The table.</param>
/// <param name="Definition">The set.</param>
public sealed record NftAddSet(NftTableId Table, NftSet Definition) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"set {Definition.Name} of {Table}";
}

/// <summary>Deletes a set or map with its elements; no rule may use it any more.</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">The set's name.</param>
public sealed record NftDeleteSet(NftTableId Table, string Set) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"set {Set} of {Table}";
}

/// <summary>Deletes all elements of a set or map.</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">The set's name.</param>
public sealed record NftFlushSet(NftTableId Table, string Set) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Set} of {Table}";
}

/// <summary>Adds elements to a set or map. One that is there with the same data is left as it is; with other data it is an error (EEXIST).</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">The set; its own elements do not count.</param>
/// <param name="Elements">The elements.</param>
public sealed record NftAddElements(NftTableId Table, NftSet Set, ValueList<NftElement> Elements) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Set.Name} of {Table}";
}

/// <summary>Deletes elements of a set or map; each must be there.</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">The set; its own elements do not count.</param>
/// <param name="Elements">The elements; their keys count.</param>
public sealed record NftDeleteElements(NftTableId Table, NftSet Set, ValueList<NftElement> Elements) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Set.Name} of {Table}";
}

/// <summary>Adds a stateful object; one of the same name and kind is left as it is.</summary>
/// <param name="Table">The table.</param>
/// <param name="Definition">The object.</param>
public sealed record NftAddObject(NftTableId Table, NftObject Definition) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"{Definition.Content.Type.ToString().ToLowerInvariant()} {Definition.Name} of {Table}";
}

/// <summary>Deletes a stateful object; nothing may use it any more.</summary>
/// <param name="Table">The table.</param>
/// <param name="Type">The kind.</param>
/// <param name="Name">The name.</param>
public sealed record NftDeleteObject(NftTableId Table, NftObjectType Type, string Name) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"{Type.ToString().ToLowerInvariant()} {Name} of {Table}";
}

/// <summary>Adds a flow table, or devices to one that is there.</summary>
/// <param name="Table">The table.</param>
/// <param name="Definition">The flow table.</param>
public sealed record NftAddFlowTable(NftTableId Table, NftFlowTable Definition) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"flowtable {Definition.Name} of {Table}";
}

/// <summary>Deletes a flow table; no rule may use it any more.</summary>
/// <param name="Table">The table.</param>
/// <param name="FlowTable">The flow table's name.</param>
public sealed record NftDeleteFlowTable(NftTableId Table, string FlowTable) : NftChange(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"flowtable {FlowTable} of {Table}";
}
