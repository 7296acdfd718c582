using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.JsonPaths;

/// <summary>A path into JSON: <c>.a.b</c>, <c>['a.b']</c>, <c>[0]</c>, <c>[-1]</c>, <c>[1:3]</c>, <c>[*]</c>, <c>..a</c>, <c>[?(@.a == "x")]</c>; from <c>$</c> (all) or <c>@</c> (here, the default).</summary>
internal sealed class JsonPath
{
    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "<", ">"];

    private readonly string _text;
    private readonly List<Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>>> _steps = [];
    private readonly bool _fromRoot;
    private int _at;

    private JsonPath(string text)
    {
        _text = text;
        if (_at < text.Length && text[_at] is '$' or '@') _fromRoot = text[_at++] == '$';
        while (_at < text.Length) _steps.Add(Step());
    }

    /// <exception cref="CommandException">It is no path.</exception>
    public static JsonPath Parse(string text) => new(text);

    public IEnumerable<JsonNode?> Find(JsonNode? root, JsonNode? here)
    {
        IEnumerable<JsonNode?> found = [_fromRoot ? root : here];
        foreach (Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> step in _steps) found = step(found);
        return found;
    }

    private CommandException Wrong(string what) => new($"jsonpath '{_text}': {what}.");

    private Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Step()
    {
        if (_text[_at] == '[') return Bracket();
        if (_text[_at] == '.') _at++;
        else if (_at > 0) throw Wrong($"unexpected '{_text[_at]}'");
        bool anywhere = _at > 0 && _at < _text.Length && _text[_at] == '.';
        if (anywhere) _at++;
        if (_at < _text.Length && _text[_at] == '[') return anywhere ? After(Bracket()) : Bracket();
        StringBuilder name = new();
        for (; _at < _text.Length && _text[_at] is not ('.' or '['); _at++) name.Append(_text[_at] == '\\' && _at + 1 < _text.Length ? _text[++_at] : _text[_at]);
        if (name.Length == 0 && _at < _text.Length) throw Wrong("a name is missing");
        if (name.Length == 0) return static nodes => nodes;
        Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> field = name.ToString() == "*" ? static nodes => nodes.SelectMany(Children) : Field(name.ToString());
        return anywhere ? After(field) : field;
    }

    private static Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> After(Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> step) => nodes => step(nodes.SelectMany(Everything));

    private static Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Field(string name) =>
        nodes => nodes.OfType<JsonObject>().Where(map => map.ContainsKey(name)).Select(map => map[name]);

    private Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Bracket()
    {
        string inside = Inside();
        if (inside == "*") return static nodes => nodes.SelectMany(Children);
        if (inside.StartsWith("?(", StringComparison.Ordinal) && inside.EndsWith(')')) return Filter(inside[2..^1].Trim());
        if (inside.Length > 1 && inside[0] is '\'' or '"') return Names(inside);
        if (inside.Contains(':', StringComparison.Ordinal)) return Slice(inside);
        int[] indexes = [.. inside.Split(',').Select(Index)];
        return nodes => nodes.OfType<JsonArray>().SelectMany(list => indexes.Select(index => index < 0 ? index + list.Count : index).Where(index => index >= 0 && index < list.Count).Select(index => list[index]));
    }

    private Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Names(string inside)
    {
        string[] names = [.. inside.Split(',').Select(name => name.Trim()).Select(name => name.Length > 1 && name[0] == name[^1] ? name[1..^1] : throw Wrong($"[{inside}] is not closed"))];
        return nodes => nodes.OfType<JsonObject>().SelectMany(map => names.Where(map.ContainsKey).Select(name => map[name]));
    }

    private Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Slice(string inside)
    {
        string[] parts = inside.Split(':');
        if (parts.Length > 3) throw Wrong($"[{inside}] is no slice");
        int? from = parts[0].Length > 0 ? Index(parts[0]) : null, to = parts[1].Length > 0 ? Index(parts[1]) : null;
        int step = parts.Length > 2 && parts[2].Length > 0 ? Index(parts[2]) : 1;
        if (step < 1) throw Wrong("the step of a slice is 1 or more");
        return nodes => nodes.OfType<JsonArray>().SelectMany(list =>
        {
            int first = Bounded(from ?? 0, list.Count), end = Bounded(to ?? list.Count, list.Count);
            return Enumerable.Range(first, Math.Max(0, end - first)).Where(index => (index - first) % step == 0).Select(index => list[index]);
        });
    }

    private static int Bounded(int index, int count) => Math.Clamp(index < 0 ? index + count : index, 0, count);

    private static Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> Filter(string condition)
    {
        foreach (string comparison in Operators)
        {
            int at = condition.IndexOf(comparison, StringComparison.Ordinal);
            if (at < 0) continue;
            JsonPath left = Parse(condition[..at].Trim());
            string right = condition[(at + comparison.Length)..].Trim();
            string? literal = right.StartsWith('@') || right.StartsWith('$') ? null : right.Length > 1 && right[0] is '"' or '\'' ? right[1..^1] : right;
            JsonPath? path = literal is null ? Parse(right) : null;
            return nodes => nodes.SelectMany(Children).Where(item =>
                left.Find(item, item).Any(value => Compare(comparison, TableCells.Scalar(value), literal ?? TableCells.Scalar(path!.Find(item, item).FirstOrDefault()))));
        }

        JsonPath exists = Parse(condition);
        return nodes => nodes.SelectMany(Children).Where(item => exists.Find(item, item).Any());
    }

    private static bool Compare(string comparison, string left, string right)
    {
        bool numbers = double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out double a) & double.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out double b);
        int order = numbers ? a.CompareTo(b) : string.CompareOrdinal(left, right);
        return comparison switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<=" => order <= 0,
            ">=" => order >= 0,
            "<" => order < 0,
            _ => order > 0,
        };
    }

    /// <summary>What stands between a bracket and its partner.</summary>
    private string Inside()
    {
        int start = ++_at, depth = 1;
        char quote = '\0';
        for (; _at < _text.Length; _at++)
        {
            char c = _text[_at];
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'') quote = c;
            else if (c == '[') depth++;
            else if (c == ']' && --depth == 0) return _text[start.._at++].Trim();
        }

        throw Wrong("a bracket is not closed");
    }

    private int Index(string text) => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index) ? index : throw Wrong($"'{text}' is no index");

    private static IEnumerable<JsonNode?> Children(JsonNode? node) => node switch
    {
        JsonArray list => list,
        JsonObject map => map.Select(pair => pair.Value),
        _ => [],
    };

    private static IEnumerable<JsonNode?> Everything(JsonNode? node) => Children(node).SelectMany(Everything).Prepend(node);
}
