using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Labels;

/// <summary>
/// A selector over numbered labels: a list of tests, each naming the test to go to when it holds and when it does not.
/// Equality is a comparison of numbers; only contains, starts with and ends with look at text.
/// </summary>
internal sealed class CompiledSelector
{
    private const int True = -1;
    private const int False = -2;

    private readonly Test[] _tests;
    private readonly int _start;
    private readonly StringTable _texts;

    private CompiledSelector(Test[] tests, int start, StringTable texts)
    {
        _tests = tests;
        _start = start;
        _texts = texts;
    }

    private readonly record struct Test(int Name, TokenKind Operation, int Value, int[] Values, string Text, int IfTrue, int IfFalse);

    /// <summary>Compiles and counts a use of every text; <see cref="Release"/> gives them back.</summary>
    public static CompiledSelector Compile(Selector selector, StringTable texts)
    {
        List<Test> tests = [];
        int start = Wire(tests, texts, selector.Root, True, False);
        return new CompiledSelector([.. tests], start, texts);
    }

    public bool Matches(ReadOnlySpan<ulong> own, ReadOnlySpan<ulong> inherited)
    {
        int next = _start;
        while (next >= 0)
        {
            ref readonly Test test = ref _tests[next];
            int value = LabelPairs.Find(own, test.Name);
            if (value < 0) value = LabelPairs.Find(inherited, test.Name);
            next = value >= 0 && Holds(in test, value) ? test.IfTrue : test.IfFalse;
        }

        return next == True;
    }

    public void Release()
    {
        foreach (Test test in _tests)
        {
            _texts.Release(test.Name);
            if (test.Operation == TokenKind.Eq) _texts.Release(test.Value);
            foreach (int value in test.Values) _texts.Release(value);
        }
    }

    private bool Holds(in Test test, int value) => test.Operation switch
    {
        TokenKind.Eq => value == test.Value,
        TokenKind.Has => true,
        TokenKind.In => test.Values.AsSpan().BinarySearch(value) >= 0,
        TokenKind.StartsWith => _texts[value].StartsWith(test.Text, StringComparison.Ordinal),
        TokenKind.EndsWith => _texts[value].EndsWith(test.Text, StringComparison.Ordinal),
        _ => _texts[value].Contains(test.Text, StringComparison.Ordinal),
    };

    // Built from the last operand back to the first, so that every target exists before it is named.
    private static int Wire(List<Test> tests, StringTable texts, SelectorNode node, int ifTrue, int ifFalse)
    {
        switch (node)
        {
            case LabelNode label:
                tests.Add(Compile(texts, label, ifTrue, ifFalse));
                return tests.Count - 1;
            case NotNode not:
                return Wire(tests, texts, not.Operand, ifFalse, ifTrue);
            case GroupNode group:
                int entry = group.IsAnd ? ifTrue : ifFalse;
                foreach (SelectorNode operand in group.Operands.Reverse())
                    entry = group.IsAnd ? Wire(tests, texts, operand, entry, ifFalse) : Wire(tests, texts, operand, ifTrue, entry);
                return entry;
            default:
                return ifTrue;
        }
    }

    private static Test Compile(StringTable texts, LabelNode node, int ifTrue, int ifFalse)
    {
        int name = texts.Acquire(node.Label.Text);
        switch (node)
        {
            case ValueNode { Operation: TokenKind.Eq } value:
                return new Test(name, TokenKind.Eq, texts.Acquire(value.Value), [], "", ifTrue, ifFalse);
            case ValueNode { Operation: TokenKind.Ne } value:
                return new Test(name, TokenKind.Eq, texts.Acquire(value.Value), [], "", ifFalse, ifTrue);
            case ValueNode value:
                return new Test(name, value.Operation, 0, [], value.Value, ifTrue, ifFalse);
            case SetNode set:
                int[] values = Array.ConvertAll(set.Values, texts.Acquire);
                Array.Sort(values);
                return set.Negated
                    ? new Test(name, TokenKind.In, 0, values, "", ifFalse, ifTrue)
                    : new Test(name, TokenKind.In, 0, values, "", ifTrue, ifFalse);
            default:
                return new Test(name, TokenKind.Has, 0, [], "", ifTrue, ifFalse);
        }
    }
}
