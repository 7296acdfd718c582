using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calico.Cli.Resources;

/// <summary>JSON as YAML in block style, the way kubectl prints it. What it writes reads back as the same JSON.</summary>
internal static class YamlText
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "-.inf", "+.inf", "<<", "=" };

    public static string Write(JsonNode? node)
    {
        StringBuilder text = new();
        Block(text, node, 0, afterKey: false);
        return text.ToString();
    }

    private static void Block(StringBuilder text, JsonNode? node, int indent, bool afterKey)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                if (afterKey) text.Append('\n');
                Map(text, map, indent, skipFirstIndent: false);
                break;
            case JsonArray { Count: > 0 } list:
                if (afterKey) text.Append('\n');
                List(text, list, indent);
                break;
            default:
                if (afterKey) text.Append(' ');
                text.Append(Scalar(node)).Append('\n');
                break;
        }
    }

    private static void Map(StringBuilder text, JsonObject map, int indent, bool skipFirstIndent)
    {
        foreach ((string key, JsonNode? value) in map)
        {
            if (!skipFirstIndent) text.Append(' ', indent);
            skipFirstIndent = false;
            text.Append(Quote(key)).Append(':');
            // Lists stand at the key's own column, as Go's writer puts them.
            Block(text, value, value is JsonArray ? indent : indent + 2, afterKey: true);
        }
    }

    private static void List(StringBuilder text, JsonArray list, int indent)
    {
        foreach (JsonNode? item in list)
        {
            text.Append(' ', indent).Append("- ");
            if (item is JsonObject { Count: > 0 } map) Map(text, map, indent + 2, skipFirstIndent: true);
            else if (item is JsonArray { Count: > 0 } inner)
            {
                text.Append('\n');
                List(text, inner, indent + 2);
            }
            else text.Append(Scalar(item)).Append('\n');
        }
    }

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Quote(value.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    private static string Quote(string text) => IsPlain(text) ? text : $"\"{Escape(text)}\"";

    private static bool IsPlain(string text)
    {
        if (Words.Contains(text) || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])) return false;
        // Whatever might be read as a number, a date or a sexagesimal is quoted.
        if (char.IsAsciiDigit(text[0]) || text[0] is '.' or '+') return !text.All(c => char.IsAsciiDigit(c) || c is '.' or '_' or ':' or '-' or '+' or 'e' or 'E' or 'x' or 'o' or 'T' or 'Z' or ',' || char.IsAsciiHexDigit(c)) && NoSyntax(text);
        return text[0] is not ('-' or '?' or ':' or ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' or '=') && NoSyntax(text);
    }

    private static bool NoSyntax(string text) =>
        !text.Contains(": ", StringComparison.Ordinal) && !text.EndsWith(':') && !text.Contains(" #", StringComparison.Ordinal) && text.All(c => c is >= ' ' and < '\x7f' or (>= '\xa0' and not ('\u2028' or '\u2029' or '\ufeff')));

    private static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length + 8);
        foreach (char c in text)
        {
            switch (c)
            {
                case '"': escaped.Append("\\\""); break;
                case '\\': escaped.Append("\\\\"); break;
                case '\n': escaped.Append("\\n"); break;
                case '\t': escaped.Append("\\t"); break;
                case '\r': escaped.Append("\\r"); break;
                case < ' ' or (>= '\x7f' and < '\xa0') or '\u2028' or '\u2029' or '\ufeff':
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default: escaped.Append(c); break;
            }
        }

        return escaped.ToString();
    }
}
