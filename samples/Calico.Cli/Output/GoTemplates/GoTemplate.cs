using System.Text;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.GoTemplates;

/// <summary>
/// A template as calicoctl's <c>-o go-template=</c> takes it, run over JSON. Fields go by Go's names or JSON's, whatever the case: <c>.Spec.CIDR</c>, <c>.spec.cidr</c>,
/// <c>.ObjectMeta.Name</c>. As with calicoctl the dot is the list of what was got, each a list with <c>.Items</c> or an object; a field of the dot itself is the field of its only element.
/// </summary>
internal sealed class GoTemplate
{
    private readonly IReadOnlyList<Node> _nodes;
    private readonly StringBuilder _output = new();
    private readonly List<(string Name, object? Value)> _variables = [];

    private GoTemplate(IReadOnlyList<Node> nodes) => _nodes = nodes;

    /// <exception cref="CommandException">The template cannot be read, or a value is not what a function needs.</exception>
    public static string Run(string template, JsonNode data)
    {
        GoTemplate run = new(GoTemplateParser.Parse(template));
        run._variables.Add(("", data));
        run.Walk(run._nodes, data);
        return run._output.ToString();
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private Flow Walk(IReadOnlyList<Node> nodes, object? dot)
    {
        int scope = _variables.Count;
        Flow flow = Flow.Next;
        foreach (Node node in nodes)
        {
            flow = Walk(node, dot);
            if (flow != Flow.Next) break;
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
        return flow;
    }

    private Flow Walk(Node node, object? dot)
    {
        switch (node)
        {
            case TextNode text:
                _output.Append(text.Text);
                return Flow.Next;
            case OutputNode output:
                object? printed = Value(output.Pipeline, dot);
                if (output.Pipeline.Variables.Count == 0) _output.Append(GoValue.Text(printed));
                return Flow.Next;
            case BreakNode jump:
                return jump.Continues ? Flow.Continue : Flow.Break;
            case RangeNode range:
                return Range(range, dot);
        }

        int scope = _variables.Count;
        (Pipeline condition, IReadOnlyList<Node> then, IReadOnlyList<Node> otherwise) = node is IfNode branch ? (branch.Condition, branch.Then, branch.Else) : node is WithNode with ? (with.Condition, with.Then, with.Else) : throw new NotSupportedException();
        object? value = Value(condition, dot);
        Flow flow = GoValue.IsTrue(value) ? Walk(then, node is WithNode ? value : dot) : Walk(otherwise, dot);
        _variables.RemoveRange(scope, _variables.Count - scope);
        return flow;
    }

    private Flow Range(RangeNode range, object? dot)
    {
        List<(object? Key, object? Value)> items = GoValue.Items(Value(range.Over, dot, sets: false), range.Over.Line);
        if (items.Count == 0) return Walk(range.Else, dot);
        int scope = _variables.Count;
        foreach ((object? key, object? value) in items)
        {
            IReadOnlyList<string> names = range.Over.Variables;
            if (names.Count > 0) Set(names[^1], value, range.Over);
            if (names.Count > 1) Set(names[0], key, range.Over);
            Flow flow = Walk(range.Body, value);
            _variables.RemoveRange(scope, _variables.Count - scope);
            if (flow == Flow.Break) break;
        }

        return Flow.Next;
    }

    private object? Value(Pipeline pipeline, object? dot, bool sets = true)
    {
        object? value = null;
        bool piped = false;
        foreach (Command command in pipeline.Commands)
        {
            value = Value(command, dot, piped, value, pipeline.Line);
            piped = true;
        }

        if (sets && pipeline.Variables.Count > 0) Set(pipeline.Variables[0], value, pipeline);
        return value;
    }

    private object? Value(Command command, object? dot, bool piped, object? last, int line)
    {
        if (command.Operands[0] is not Function function)
            return command.Operands.Count == 1 && !piped ? Value(command.Operands[0], dot) : throw new CommandException($"go-template, line {line}: only a function takes arguments.");
        if (function.Name is "and" or "or") return Shortest(function.Name == "or", command, dot, piped, last);
        List<object?> arguments = [.. command.Operands.Skip(1).Select(operand => Value(operand, dot))];
        if (piped) arguments.Add(last);
        return GoFunctions.Call(function.Name, arguments, function.Line);
    }

    private object? Shortest(bool wanted, Command command, object? dot, bool piped, object? last)
    {
        object? value = null;
        foreach (Operand operand in command.Operands.Skip(1))
        {
            value = Value(operand, dot);
            if (GoValue.IsTrue(value) == wanted) return value;
        }

        return piped ? last : value;
    }

    private object? Value(Operand operand, object? dot)
    {
        switch (operand)
        {
            case Constant constant: return constant.Value;
            case Function function: return GoFunctions.Call(function.Name, [], function.Line);
            case Chain chain:
                object? value = chain.Start switch
                {
                    ChainStart.Dot => dot,
                    ChainStart.Variable => Variable(chain.Variable),
                    _ => Value(chain.Inner!, dot),
                };
                return chain.Fields.Aggregate(value, GoValue.Field);
            default: throw new NotSupportedException();
        }
    }

    private object? Variable(string name)
    {
        int at = _variables.FindLastIndex(variable => variable.Name == name);
        return at >= 0 ? _variables[at].Value : throw new CommandException($"go-template: undefined variable ${name}.");
    }

    private void Set(string name, object? value, Pipeline pipeline)
    {
        int at = pipeline.Declares ? -1 : _variables.FindLastIndex(variable => variable.Name == name);
        if (at >= 0) _variables[at] = (name, value);
        else if (pipeline.Declares) _variables.Add((name, value));
        else throw new CommandException($"go-template, line {pipeline.Line}: undefined variable ${name}.");
    }
}
