namespace Calico.Cli.Output.GoTemplates;

/// <summary>A part of a template.</summary>
internal abstract record Node;

internal sealed record TextNode(string Text) : Node;

/// <summary><c>{{ pipeline }}</c>: its value is printed, unless it only sets a variable.</summary>
internal sealed record OutputNode(Pipeline Pipeline) : Node;

internal sealed record IfNode(Pipeline Condition, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node;

/// <summary>Like <c>if</c>, with the value as the dot inside.</summary>
internal sealed record WithNode(Pipeline Condition, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node;

internal sealed record RangeNode(Pipeline Over, IReadOnlyList<Node> Body, IReadOnlyList<Node> Else) : Node;

internal sealed record BreakNode(bool Continues) : Node;

/// <summary>Commands; the value of each is the last argument of the next. Variables take the value of the last (in a range: index and element).</summary>
internal sealed record Pipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<Command> Commands, int Line);

/// <summary>An operand alone, or a function with its arguments.</summary>
internal sealed record Command(IReadOnlyList<Operand> Operands);

internal abstract record Operand;

internal sealed record Constant(object? Value) : Operand;

internal sealed record Function(string Name, int Line) : Operand;

/// <summary>A value and the fields to follow from it: <c>.Spec.CIDR</c>, <c>$pool.metadata.name</c>, <c>(index .items 0).metadata</c>.</summary>
internal sealed record Chain(ChainStart Start, string Variable, Pipeline? Inner, IReadOnlyList<string> Fields) : Operand;

internal enum ChainStart
{
    Dot,
    Variable,
    Pipeline,
}
