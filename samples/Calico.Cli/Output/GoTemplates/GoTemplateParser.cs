using Calico.Cli.Resources;

namespace Calico.Cli.Output.GoTemplates;

/// <summary>Reads a template of Go's text/template: text, pipelines, variables, if, with, range, break, continue. Not: define, template, block.</summary>
internal sealed class GoTemplateParser
{
    private const int MaximumDepth = 100;

    private readonly IReadOnlyList<Token> _tokens;
    private int _at;
    private int _depth;

    private GoTemplateParser(IReadOnlyList<Token> tokens) => _tokens = tokens;

    /// <exception cref="CommandException">It is no template; the message tells the line.</exception>
    public static IReadOnlyList<Node> Parse(string template)
    {
        GoTemplateParser parser = new(GoTemplateLexer.Cut(template));
        (List<Node> nodes, string end) = parser.Body();
        return end.Length == 0 ? nodes : throw parser.Wrong($"'{end}' closes nothing");
    }

    private Token Now => _tokens[_at];

    private Token Take() => _tokens[_at++];

    private CommandException Wrong(string what) => new($"go-template, line {Now.Line}: {what}.");

    /// <summary>Up to <c>end</c>, <c>else</c> or the end of the template; an else is left in its action, so that what follows it can be read.</summary>
    private (List<Node> Nodes, string End) Body()
    {
        List<Node> nodes = [];
        while (true)
        {
            Token token = Take();
            if (token.Kind == TokenKind.End)
            {
                _at--;
                return (nodes, "");
            }

            if (token.Kind == TokenKind.Text)
            {
                nodes.Add(new TextNode(token.Text));
                continue;
            }

            string word = Now.Kind == TokenKind.Word ? Now.Text : "";
            switch (word)
            {
                case "end":
                    _at++;
                    Close();
                    return (nodes, word);
                case "else":
                    _at++;
                    return (nodes, word);
                case "if" or "with" or "range":
                    _at++;
                    nodes.Add(Block(word));
                    break;
                case "break" or "continue":
                    _at++;
                    Close();
                    nodes.Add(new BreakNode(word == "continue"));
                    break;
                case "define" or "template" or "block":
                    throw Wrong($"'{word}' is not supported");
                default:
                    Pipeline pipeline = Pipe(isRange: false);
                    Close();
                    nodes.Add(new OutputNode(pipeline));
                    break;
            }
        }
    }

    private Node Block(string word)
    {
        if (++_depth > MaximumDepth) throw Wrong("too deeply nested");
        Pipeline pipeline = Pipe(word == "range");
        Close();
        (List<Node> then, string end) = Body();
        List<Node> otherwise = [];
        if (end == "else")
        {
            if (Now.Kind == TokenKind.Word && Now.Text is "if" or "with") otherwise = [Block(Take().Text)];
            else
            {
                Close();
                (otherwise, end) = Body();
                if (end != "end") throw Wrong($"'{word}' is not closed: {{{{end}}}} is missing");
            }
        }
        else if (end != "end") throw Wrong($"'{word}' is not closed: {{{{end}}}} is missing");

        _depth--;
        return word switch
        {
            "if" => new IfNode(pipeline, then, otherwise),
            "with" => new WithNode(pipeline, then, otherwise),
            _ => new RangeNode(pipeline, then, otherwise),
        };
    }

    private void Close()
    {
        if (Take().Kind == TokenKind.Close) return;
        _at--;
        throw Wrong($"unexpected '{Now.Text}'");
    }

    private Pipeline Pipe(bool isRange)
    {
        int line = Now.Line;
        (List<string> variables, bool declares) = Variables(isRange);
        List<Command> commands = [Command()];
        while (Now.Is("|"))
        {
            _at++;
            commands.Add(Command());
        }

        return new Pipeline(variables, declares, commands, line);
    }

    private (List<string> Variables, bool Declares) Variables(bool isRange)
    {
        List<string> variables = [];
        int start = _at;
        while (Now.Kind == TokenKind.Variable && Now.Text.Length > 0 && variables.Count < (isRange ? 2 : 1))
        {
            variables.Add(Take().Text);
            if (!Now.Is(",")) break;
            _at++;
        }

        if (variables.Count > 0 && (Now.Is(":=") || Now.Is("="))) return (variables, Take().Text == ":=");
        _at = start;
        return ([], false);
    }

    private Command Command()
    {
        List<Operand> operands = [];
        while (Now.Kind is not (TokenKind.Close or TokenKind.End) && !Now.Is("|") && !Now.Is(")")) operands.Add(Operand());
        return operands.Count > 0 ? new Command(operands) : throw Wrong("a value is missing");
    }

    private Operand Operand()
    {
        Token token = Take();
        switch (token.Kind)
        {
            case TokenKind.String: return new Constant(token.Text);
            case TokenKind.Number: return new Constant(GoValue.Number(token.Text));
            case TokenKind.Word when token.Text is "true" or "false": return new Constant(token.Text == "true");
            case TokenKind.Word when token.Text == "nil": return new Constant(null);
            case TokenKind.Word: return new Function(token.Text, token.Line);
            case TokenKind.Variable: return new Chain(ChainStart.Variable, token.Text, null, Fields([]));
            case TokenKind.Field: return new Chain(ChainStart.Dot, "", null, Fields(token.Text.Length > 0 ? [token.Text] : []));
            case TokenKind.Symbol when token.Text == "(":
                if (++_depth > MaximumDepth) throw Wrong("too deeply nested");
                Pipeline inner = Pipe(isRange: false);
                if (!Take().Is(")")) throw Wrong("')' is missing");
                _depth--;
                return new Chain(ChainStart.Pipeline, "", inner, Fields([]));
            default:
                _at--;
                throw Wrong($"unexpected '{token.Text}'");
        }
    }

    private List<string> Fields(List<string> fields)
    {
        while (Now is { Kind: TokenKind.Field, IsJoined: true }) fields.Add(Take().Text);
        return fields;
    }
}
