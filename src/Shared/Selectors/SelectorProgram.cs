using System.Collections.Frozen;
using System.Runtime.CompilerServices;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>
/// A selector as a list of label tests, each naming the test to go to when it holds and when it does not.
/// AND, OR and NOT are only the way the targets are wired, so a run is one loop without recursion or allocation.
/// </summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class SelectorProgram
{
    private const int True = -1;
    private const int False = -2;

    private readonly Test[] _tests;
    private readonly int _start;

    private SelectorProgram(Test[] tests, int start)
    {
        _tests = tests;
        _start = start;
    }

    private readonly record struct Test(LabelName Label, TokenKind Operation, string Value, string[] Values, FrozenSet<string>? Lookup, int IfTrue, int IfFalse);

    // Built from the last operand back to the first, so that every target exists before it is named.
    public static SelectorProgram Compile(SelectorNode root)
    {
        List<Test> tests = [];
        int start = Wire(tests, root, True, False);
        return new SelectorProgram([.. tests], start);
    }

    private static int Wire(List<Test> tests, SelectorNode node, int ifTrue, int ifFalse)
    {
        if (node is LabelNode label) return Add(tests, label, ifTrue, ifFalse);
        if (node is NotNode not) return Wire(tests, not.Operand, ifFalse, ifTrue);
        if (node is not GroupNode group) return ifTrue;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        int entry = group.IsAnd ? ifTrue : ifFalse;
        for (int i = group.Operands.Length - 1; i >= 0; i--)
            entry = group.IsAnd ? Wire(tests, group.Operands[i], entry, ifFalse) : Wire(tests, group.Operands[i], ifTrue, entry);
        return entry;
    }

    private static int Add(List<Test> tests, LabelNode node, int ifTrue, int ifFalse)
    {
        tests.Add(node switch
        {
            ValueNode { Operation: TokenKind.Ne } value => new Test(value.Label, TokenKind.Eq, value.Value, [], null, ifFalse, ifTrue),
            ValueNode value => new Test(value.Label, value.Operation, value.Value, [], null, ifTrue, ifFalse),
            SetNode { Negated: true } set => new Test(set.Label, TokenKind.In, "", set.Values, set.Lookup, ifFalse, ifTrue),
            SetNode set => new Test(set.Label, TokenKind.In, "", set.Values, set.Lookup, ifTrue, ifFalse),
            _ => new Test(node.Label, TokenKind.Has, "", [], null, ifTrue, ifFalse),
        });
        return tests.Count - 1;
    }

    public bool Run<TLabels>(TLabels labels) where TLabels : ILabels, allows ref struct
    {
        int next = _start;
        while (next >= 0)
        {
            ref readonly Test test = ref _tests[next];
            next = labels.TryGet(test.Label, out string? value) && Holds(in test, value) ? test.IfTrue : test.IfFalse;
        }

        return next == True;
    }

    private static bool Holds(in Test test, string value) => test.Operation switch
    {
        TokenKind.Eq => value == test.Value,
        TokenKind.Has => true,
        TokenKind.In => test.Lookup is { } lookup ? lookup.Contains(value) : test.Values.AsSpan().Contains(value),
        TokenKind.StartsWith => value.StartsWith(test.Value, StringComparison.Ordinal),
        TokenKind.EndsWith => value.EndsWith(test.Value, StringComparison.Ordinal),
        _ => value.Contains(test.Value, StringComparison.Ordinal),
    };
}
