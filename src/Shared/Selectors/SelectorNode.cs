using System.Collections.Frozen;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>The syntax tree. The parser bounds its depth (<see cref="SelectorParser.MaxDepth"/>), so walking it by recursion is safe.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal abstract class SelectorNode
{
    public static SelectorNode All { get; } = new EverythingNode(isGlobal: false);
    public static SelectorNode Global { get; } = new EverythingNode(isGlobal: true);

    public abstract SelectorNode WithPrefix(string prefix);

    public static bool Any(SelectorNode node, Func<SelectorNode, bool> test) => test(node) || node switch
    {
        NotNode not => Any(not.Operand, test),
        GroupNode group => Array.Exists(group.Operands, operand => Any(operand, test)),
        _ => false,
    };
}

/// <summary><c>all()</c> and <c>global()</c>: true at this level.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class EverythingNode(bool isGlobal) : SelectorNode
{
    public bool IsGlobal { get; } = isGlobal;

    public override SelectorNode WithPrefix(string prefix) => this;
}

#if !CALICO_POLICY
[Embedded]
#endif
internal abstract class LabelNode(LabelName label) : SelectorNode
{
    public LabelName Label { get; } = label;
}

#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class HasNode(LabelName label) : LabelNode(label)
{
    public override SelectorNode WithPrefix(string prefix) => new HasNode(new LabelName(prefix + Label.Text));
}

/// <summary><c>==</c>, <c>!=</c>, <c>contains</c>, <c>starts with</c>, <c>ends with</c>.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class ValueNode(LabelName label, TokenKind operation, string value) : LabelNode(label)
{
    public TokenKind Operation { get; } = operation;
    public string Value { get; } = value;

    public override SelectorNode WithPrefix(string prefix) => new ValueNode(new LabelName(prefix + Label.Text), Operation, Value);
}

/// <summary><c>in</c> and <c>not in</c>; values are sorted as Calico sorts them and distinct.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class SetNode(LabelName label, bool negated, string[] values) : LabelNode(label)
{
    private const int HashFrom = 5;

    public bool Negated { get; } = negated;
    public string[] Values { get; } = values;
    public FrozenSet<string>? Lookup { get; } = values.Length >= HashFrom ? values.ToFrozenSet(StringComparer.Ordinal) : null;

    public override SelectorNode WithPrefix(string prefix) => new SetNode(new LabelName(prefix + Label.Text), Negated, Values);
}

#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class NotNode(SelectorNode operand) : SelectorNode
{
    public SelectorNode Operand { get; } = operand;

    public override SelectorNode WithPrefix(string prefix) => new NotNode(Operand.WithPrefix(prefix));
}

#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class GroupNode(bool isAnd, SelectorNode[] operands) : SelectorNode
{
    public bool IsAnd { get; } = isAnd;
    public SelectorNode[] Operands { get; } = operands;

    public override SelectorNode WithPrefix(string prefix) =>
        new GroupNode(IsAnd, Array.ConvertAll(Operands, operand => operand.WithPrefix(prefix)));
}
