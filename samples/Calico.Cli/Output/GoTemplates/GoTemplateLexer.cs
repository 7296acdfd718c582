using System.Globalization;
using System.Text;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.GoTemplates;

internal enum TokenKind
{
    Text,
    Open,
    Close,
    Word,
    Field,
    Variable,
    String,
    Number,
    Symbol,
    End,
}

/// <summary>A piece of a template and the line it stands on. A field is joined when it follows a value without white space: <c>$pool.name</c>.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, bool IsJoined = false)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;
}

/// <summary>Cuts a template into text and the tokens of its actions; <c>{{-</c> and <c>-}}</c> take white space of the text beside them.</summary>
internal sealed class GoTemplateLexer(string template)
{
    private readonly List<Token> _tokens = [];
    private int _at;
    private bool _trim;

    public static IReadOnlyList<Token> Cut(string template) => new GoTemplateLexer(template).Run();

    private int Line => template.AsSpan(0, Math.Min(_at, template.Length)).Count('\n') + 1;

    private List<Token> Run()
    {
        while (_at < template.Length)
        {
            int open = template.IndexOf("{{", _at, StringComparison.Ordinal);
            string text = open < 0 ? template[_at..] : template[_at..open];
            if (_trim) text = text.TrimStart();
            if (open < 0)
            {
                Add(TokenKind.Text, text);
                break;
            }

            bool trimsBefore = open + 3 < template.Length && template[open + 2] == '-' && char.IsWhiteSpace(template[open + 3]);
            Add(TokenKind.Text, trimsBefore ? text.TrimEnd() : text);
            _at = open + (trimsBefore ? 3 : 2);
            Action();
        }

        Add(TokenKind.End, "");
        return _tokens;
    }

    private void Action()
    {
        int comment = _at + template.AsSpan(_at).IndexOfAnyExcept(" \t\r\n");
        if (comment >= _at && template.AsSpan(comment).StartsWith("/*"))
        {
            int end = template.IndexOf("*/", comment, StringComparison.Ordinal);
            if (end < 0) throw Wrong("a comment is not closed");
            _at = end + 2;
            if (!AtEnd()) throw Wrong("a comment stands alone in its action");
            return;
        }

        Add(TokenKind.Open, "{{");
        while (!AtEnd()) Token();
        Add(TokenKind.Close, "}}");
    }

    /// <summary>Passes over white space, and over the end of the action if it is there.</summary>
    private bool AtEnd()
    {
        int start = _at;
        while (_at < template.Length && char.IsWhiteSpace(template[_at])) _at++;
        if (_at >= template.Length) throw Wrong("an action is not closed: }} is missing");
        ReadOnlySpan<char> rest = template.AsSpan(_at);
        bool trims = _at > start && rest.StartsWith("-}}");
        if (!trims && !rest.StartsWith("}}")) return false;
        _at += trims ? 3 : 2;
        _trim = trims;
        return true;
    }

    private void Token()
    {
        char c = template[_at];
        switch (c)
        {
            case '"':
                Quoted();
                break;
            case '`':
                int close = template.IndexOf('`', _at + 1);
                if (close < 0) throw Wrong("a string is not closed");
                Add(TokenKind.String, template[(_at + 1)..close]);
                _at = close + 1;
                break;
            case '|' or '(' or ')' or ',' or '=':
                Symbol(c.ToString());
                break;
            case ':' when template.AsSpan(_at).StartsWith(":="):
                Symbol(":=");
                break;
            case '.':
                bool joined = char.IsLetterOrDigit(template[_at - 1]) || template[_at - 1] is '_' or ')' or '$';
                int start = ++_at;
                Add(TokenKind.Field, Name(start), joined);
                break;
            case '$':
                int name = ++_at;
                Add(TokenKind.Variable, Name(name));
                break;
            case '-' or '+' or (>= '0' and <= '9'):
                Number();
                break;
            default:
                if (!char.IsLetter(c) && c != '_') throw Wrong($"unexpected '{c}'");
                Add(TokenKind.Word, Name(_at));
                break;
        }
    }

    private void Symbol(string symbol)
    {
        Add(TokenKind.Symbol, symbol);
        _at += symbol.Length;
    }

    private string Name(int start)
    {
        while (_at < template.Length && (char.IsLetterOrDigit(template[_at]) || template[_at] == '_')) _at++;
        return template[start.._at];
    }

    private void Number()
    {
        int start = _at++;
        while (_at < template.Length && (char.IsLetterOrDigit(template[_at]) || template[_at] == '.')) _at++;
        string text = template[start.._at];
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) throw Wrong($"'{text}' is no number");
        Add(TokenKind.Number, text);
    }

    private void Quoted()
    {
        StringBuilder text = new();
        for (_at++; _at < template.Length && template[_at] != '"'; _at++)
        {
            if (template[_at] != '\\')
            {
                text.Append(template[_at]);
                continue;
            }

            char escaped = ++_at < template.Length ? template[_at] : '\0';
            text.Append(escaped switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '"' or '\\' or '\'' => escaped,
                _ => throw Wrong($"'\\{escaped}' is no escape"),
            });
        }

        if (_at >= template.Length) throw Wrong("a string is not closed");
        _at++;
        Add(TokenKind.String, text.ToString());
    }

    private void Add(TokenKind kind, string text, bool joined = false)
    {
        if (kind == TokenKind.Text) _trim = false;
        if (kind != TokenKind.Text || text.Length > 0) _tokens.Add(new(kind, text, Line, joined));
    }

    private CommandException Wrong(string what) => new($"go-template, line {Line}: {what}.");
}
