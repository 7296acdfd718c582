#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>Recursive descent: <c>||</c> binds loosest, then <c>&amp;&amp;</c>, then a run of <c>!</c>.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed class SelectorParser
{
    /// <summary>Open parentheses at one point. A selector of 1,024 characters, the longest a policy may hold, cannot reach it.</summary>
    public const int MaxDepth = 520;

    private SelectorLexer _lexer;
    private Token _token;
    private SelectorError? _error;
    private int _depth;

    public SelectorParser(string text)
    {
        _lexer = new SelectorLexer(text);
        Advance();
    }

    public SelectorNode? Parse(out SelectorError error)
    {
        SelectorNode? root = _token.Kind == TokenKind.EOF ? SelectorNode.All : Or();
        if (root is not null && _token.Kind != TokenKind.EOF) root = Fail($"unexpected {Shown(_token)} after the end of the expression");
        error = _error.GetValueOrDefault();
        return root;
    }

    private SelectorNode? Or()
    {
        SelectorNode? first = And();
        if (first is null || _token.Kind != TokenKind.Or) return first;
        List<SelectorNode> operands = [first];
        while (_token.Kind == TokenKind.Or)
        {
            Advance();
            if (And() is not { } next) return null;
            operands.Add(next);
        }

        return new GroupNode(isAnd: false, [.. operands]);
    }

    private SelectorNode? And()
    {
        SelectorNode? first = Operation();
        if (first is null || _token.Kind != TokenKind.And) return first;
        List<SelectorNode> operands = [first];
        while (_token.Kind == TokenKind.And)
        {
            Advance();
            if (Operation() is not { } next) return null;
            operands.Add(next);
        }

        return new GroupNode(isAnd: true, [.. operands]);
    }

    private SelectorNode? Operation()
    {
        bool negated = false;
        for (; _token.Kind == TokenKind.Not; Advance()) negated = !negated;
        SelectorNode? term = _token.Kind == TokenKind.LParen ? Parenthesised() : Term();
        return negated && term is not null ? new NotNode(term) : term;
    }

    private SelectorNode? Parenthesised()
    {
        if (++_depth > MaxDepth) return Fail($"parentheses are nested more than {MaxDepth} deep");
        Advance();
        SelectorNode? inner = Or();
        if (inner is null) return null;
        if (_token.Kind != TokenKind.RParen) return Fail($"expected ')', found {Shown(_token)}");
        Advance();
        _depth--;
        return inner;
    }

    private SelectorNode? Term()
    {
        Token token = _token;
        switch (token.Kind)
        {
            case TokenKind.Has: Advance(); return new HasNode(new LabelName(token.Value));
            case TokenKind.All: Advance(); return SelectorNode.All;
            case TokenKind.Global: Advance(); return SelectorNode.Global;
            case TokenKind.Label: Advance(); return LabelOperation(new LabelName(token.Value));
            default: return Fail($"expected a label, has(, all(), global(), '!' or '(', found {Shown(token)}");
        }
    }

    private SelectorNode? LabelOperation(LabelName label)
    {
        TokenKind operation = _token.Kind;
        switch (operation)
        {
            case TokenKind.Eq or TokenKind.Ne or TokenKind.Contains or TokenKind.StartsWith or TokenKind.EndsWith:
                Advance();
                if (_token.Kind != TokenKind.StringLiteral) return Fail($"expected a string in quotes, found {Shown(_token)}");
                ValueNode node = new(label, operation, LabelName.Shared(_token.Value));
                Advance();
                return node;
            case TokenKind.In or TokenKind.NotIn:
                Advance();
                return Set() is { } values ? new SetNode(label, operation == TokenKind.NotIn, values) : null;
            default:
                return Fail($"expected an operator after label {label.Text}, found {Shown(_token)}");
        }
    }

    private string[]? Set()
    {
        if (_token.Kind != TokenKind.LBrace)
        {
            Fail($"expected '{{', found {Shown(_token)}");
            return null;
        }

        Advance();
        List<string> values = [];
        while (_token.Kind == TokenKind.StringLiteral)
        {
            values.Add(LabelName.Shared(_token.Value));
            Advance();
            if (_token.Kind != TokenKind.Comma) break;
            Advance();
        }

        if (_token.Kind != TokenKind.RBrace)
        {
            Fail($"expected a string, ',' or '}}' in the set, found {Shown(_token)}");
            return null;
        }

        Advance();
        return SelectorText.SortedDistinct(values);
    }

    private void Advance() => _token = _lexer.Next();

    // The first failure is the one nearest to the mistake; callers only pass it up.
    private SelectorNode? Fail(string message)
    {
        _error ??= new SelectorError(_token.Position, _token.Kind == TokenKind.Error ? _token.Value : message);
        return null;
    }

    private static string Shown(Token token) => token.Kind switch
    {
        TokenKind.EOF => "the end",
        TokenKind.Label => $"'{Short(token.Value)}'",
        TokenKind.StringLiteral => $"the string \"{Short(token.Value)}\"",
        TokenKind.LBrace => "'{'",
        TokenKind.RBrace => "'}'",
        TokenKind.Comma => "','",
        TokenKind.LParen => "'('",
        TokenKind.RParen => "')'",
        TokenKind.Not => "'!'",
        TokenKind.Error => token.Value,
        TokenKind.Has => "has(…)",
        TokenKind.All => "all()",
        TokenKind.Global => "global()",
        _ => $"'{SelectorText.Operator(token.Kind)}'",
    };

    private static string Short(string value) => value.Length <= 40 ? value : value[..40] + "…";
}
