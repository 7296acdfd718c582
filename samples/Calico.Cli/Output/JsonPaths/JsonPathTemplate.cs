using System.Text;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.JsonPaths;

/// <summary>
/// A template as kubectl's <c>-o jsonpath=</c> takes it: text, and in braces a path, a quoted text, or <c>range PATH</c> … <c>end</c>. What is not there prints nothing; several values are parted by a blank.
/// </summary>
internal static class JsonPathTemplate
{
    /// <exception cref="CommandException">It cannot be read.</exception>
    public static string Run(string template, JsonNode data)
    {
        StringBuilder output = new();
        int at = 0;
        Run(template, ref at, data, data, output, inRange: false);
        return output.ToString();
    }

    /// <param name="output">Null passes over the part without carrying it out.</param>
    private static void Run(string template, ref int at, JsonNode root, JsonNode? here, StringBuilder? output, bool inRange)
    {
        while (at < template.Length)
        {
            int open = template.IndexOf('{', at);
            output?.Append(open < 0 ? template.AsSpan(at) : template.AsSpan(at, open - at));
            if (open < 0)
            {
                at = template.Length;
                break;
            }

            string action = Action(template, open, out at).Trim();
            if (action == "end")
            {
                if (!inRange) throw new CommandException("jsonpath: {end} closes nothing.");
                return;
            }

            if (action.StartsWith("range ", StringComparison.Ordinal)) Range(action["range ".Length..], template, ref at, root, here, output);
            else if (action.Length > 1 && action[0] is '"' or '\'') output?.Append(Unquoted(action));
            else if (output is not null) output.AppendJoin(' ', JsonPath.Parse(action).Find(root, here).Select(TableCells.Scalar));
        }

        if (inRange) throw new CommandException("jsonpath: {range} is not closed: {end} is missing.");
    }

    private static void Range(string path, string template, ref int at, JsonNode root, JsonNode? here, StringBuilder? output)
    {
        int body = at;
        foreach (JsonNode? item in output is null ? [] : JsonPath.Parse(path.Trim()).Find(root, here))
        {
            at = body;
            Run(template, ref at, root, item, output, inRange: true);
        }

        if (at == body) Run(template, ref at, root, null, null, inRange: true);
    }

    /// <summary>What stands between a brace and its partner; braces in quotes do not count.</summary>
    private static string Action(string template, int open, out int after)
    {
        char quote = '\0';
        for (int i = open + 1; i < template.Length; i++)
        {
            char c = template[i];
            if (quote != '\0')
            {
                if (c == '\\') i++;
                else if (c == quote) quote = '\0';
            }
            else if (c is '"' or '\'') quote = c;
            else if (c == '}')
            {
                after = i + 1;
                return template[(open + 1)..i];
            }
        }

        throw new CommandException("jsonpath: a brace is not closed.");
    }

    private static string Unquoted(string text)
    {
        if (text[^1] != text[0]) throw new CommandException($"jsonpath: {text} is not closed.");
        return text[1..^1].Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\r", "\r", StringComparison.Ordinal)
            .Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\'", "'", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
    }
}
