using System.Buffers;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

#if !CALICO_POLICY
[Embedded]
#endif
internal enum TokenKind : byte
{
    Error, EOF, Label, StringLiteral, LBrace, RBrace, Comma, LParen, RParen, Not, And, Or,
    Eq, Ne, In, NotIn, Contains, StartsWith, EndsWith, Has, All, Global,
}

/// <summary>A piece of the text. For <see cref="TokenKind.Error"/> the value is the message.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal readonly record struct Token(TokenKind Kind, int Position, string Value = "");

/// <summary>Cuts a selector into tokens. Whether a word is an operator depends on a label standing before it.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal struct SelectorLexer(string text)
{
    public const int MaxLabelLength = 512;
    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-");

    private int _position;
    private TokenKind _previous;

    public Token Next()
    {
        Token token = Read();
        _previous = token.Kind;
        return token;
    }

    private Token Read()
    {
        SkipBlanks();
        if (_position == text.Length) return new Token(TokenKind.EOF, _position);
        switch (text[_position])
        {
            case '(': return Symbol(TokenKind.LParen, 1);
            case ')': return Symbol(TokenKind.RParen, 1);
            case '{': return Symbol(TokenKind.LBrace, 1);
            case '}': return Symbol(TokenKind.RBrace, 1);
            case ',': return Symbol(TokenKind.Comma, 1);
            case '"' or '\'': return StringLiteral();
            case '!': return Follows('=') ? Symbol(TokenKind.Ne, 2) : Symbol(TokenKind.Not, 1);
            case '=': return Follows('=') ? Symbol(TokenKind.Eq, 2) : Error("expected '=='");
            case '&': return Follows('&') ? Symbol(TokenKind.And, 2) : Error("expected '&&'");
            case '|': return Follows('|') ? Symbol(TokenKind.Or, 2) : Error("expected '||'");
            default: return _previous == TokenKind.Label ? OperatorWord() : Word();
        }
    }

    private Token StringLiteral()
    {
        int start = _position;
        int length = text.AsSpan(start + 1).IndexOf(text[start]);
        if (length < 0) return Error("the string is not closed");
        _position = start + length + 2;
        return new Token(TokenKind.StringLiteral, start, text.Substring(start + 1, length));
    }

    private Token OperatorWord()
    {
        int start = _position;
        TokenKind kind =
            Accept("contains") ? TokenKind.Contains :
            Accept("starts") ? Second("with", TokenKind.StartsWith) :
            Accept("ends") ? Second("with", TokenKind.EndsWith) :
            Accept("not") ? Second("in", TokenKind.NotIn) :
            Accept("in") ? TokenKind.In : TokenKind.Error;
        if (kind != TokenKind.Error && LabelLength() == 0) return new Token(kind, start);
        _position = start;
        return Error("expected an operator after the label: ==, !=, in, not in, contains, starts with or ends with");
    }

    private TokenKind Second(string word, TokenKind kind)
    {
        SkipBlanks();
        return Accept(word) ? kind : TokenKind.Error;
    }

    private Token Word()
    {
        int start = _position;
        if (Accept("has("))
        {
            SkipBlanks();
            Token label = Label();
            if (label.Kind != TokenKind.Label) return label;
            return Closes() ? new Token(TokenKind.Has, start, label.Value) : Error("expected ')' after the label of has(");
        }

        if (Accept("all(")) return Closes() ? new Token(TokenKind.All, start) : Error("expected ')' after all(");
        if (Accept("global(")) return Closes() ? new Token(TokenKind.Global, start) : Error("expected ')' after global(");
        return Label();
    }

    private Token Label()
    {
        int length = LabelLength();
        if (length == 0) return Error(_position == text.Length ? "expected a label name" : $"unexpected character {Shown(text[_position])}");
        if (length > MaxLabelLength) return Error($"the label name has {length} characters, at most {MaxLabelLength} are allowed");
        Token token = new(TokenKind.Label, _position, text.Substring(_position, length));
        _position += length;
        return token;
    }

    private readonly int LabelLength()
    {
        ReadOnlySpan<char> rest = text.AsSpan(_position);
        int length = rest.IndexOfAnyExcept(LabelCharacters);
        return length < 0 ? rest.Length : length;
    }

    private bool Closes()
    {
        SkipBlanks();
        return Accept(")");
    }

    private bool Accept(string word)
    {
        if (!text.AsSpan(_position).StartsWith(word, StringComparison.Ordinal)) return false;
        _position += word.Length;
        return true;
    }

    private void SkipBlanks()
    {
        while (_position < text.Length && text[_position] is ' ' or '\t') _position++;
    }

    private readonly bool Follows(char next) => _position + 1 < text.Length && text[_position + 1] == next;

    private Token Symbol(TokenKind kind, int length)
    {
        _position += length;
        return new Token(kind, _position - length);
    }

    private readonly Token Error(string message) => new(TokenKind.Error, _position, message);

    private static string Shown(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : $"'{c}'";
}
