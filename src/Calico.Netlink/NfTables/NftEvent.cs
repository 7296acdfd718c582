namespace Calico.Netlink.NfTables;

/// <summary>Something that was committed to the ruleset of a network namespace.</summary>
/// <param name="Table">The table it belongs to.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public abstract record NftEvent(NftTableId Table, bool IsDeleted);

/// <summary>A table came, changed or went.</summary>
/// <param name="Definition">The table, without what is in it.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftTableEvent(NftTable Definition, bool IsDeleted) : NftEvent(Definition.Id, IsDeleted);

/// <summary>A chain came, changed or went.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">The chain, without its rules.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftChainEvent(NftTableId Table, NftChain Chain, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>A rule came or went.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain's name.</param>
/// <param name="Rule">The rule; anonymous sets are not part of it.</param>
/// <param name="After">The handle of the rule before it; 0 when it is the first.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftRuleEvent(NftTableId Table, string Chain, NftRule Rule, ulong After, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>A set or map came or went.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Set">The set, without its elements.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftSetEvent(NftTableId Table, NftSet Set, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>An element came or went; also one that timed out or that a rule added.</summary>
/// <param name="Table">Its set's table.</param>
/// <param name="Set">Its set's name.</param>
/// <param name="Element">The element; of a range in a single-field interval set one of its two ends.</param>
/// <param name="IsRangeEnd">Whether it is where a range is over, which is one past its last key.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftElementEvent(NftTableId Table, string Set, NftElement Element, bool IsRangeEnd, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>A stateful object came or went; quotas tell that they are used up.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Object">The object.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftObjectEvent(NftTableId Table, NftObject Object, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>A flow table came, changed or went.</summary>
/// <param name="Table">Its table.</param>
/// <param name="FlowTable">The flow table.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
public sealed record NftFlowTableEvent(NftTableId Table, NftFlowTable FlowTable, bool IsDeleted) : NftEvent(Table, IsDeleted);

/// <summary>A transaction is complete: what came before it since the last one belongs together.</summary>
/// <param name="Generation">The generation it made, and who made it.</param>
public sealed record NftGenerationEvent(NftGeneration Generation) : NftEvent(default, IsDeleted: false);

/// <summary>The reader was too slow and events were lost: what is known of the ruleset is stale, read it back.</summary>
public sealed record NftEventsLost() : NftEvent(default, IsDeleted: false);
