using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.GoTemplates;

/// <summary>Go's built-in functions of templates, and calicoctl's <c>join</c> and <c>joinAndTruncate</c>.</summary>
internal static class GoFunctions
{
    public static object? Call(string name, IReadOnlyList<object?> arguments, int line) => name switch
    {
        "not" => !GoValue.IsTrue(One(name, arguments, line)),
        "eq" => arguments.Count >= 2 ? arguments.Skip(1).Any(other => AreEqual(arguments[0], other)) : throw Count(name, line),
        "ne" => !AreEqual(Two(name, arguments, line).Left, arguments[1]),
        "lt" => Compare(name, arguments, line) < 0,
        "le" => Compare(name, arguments, line) <= 0,
        "gt" => Compare(name, arguments, line) > 0,
        "ge" => Compare(name, arguments, line) >= 0,
        "len" => Length(One(name, arguments, line), line),
        "index" => arguments.Count >= 1 ? arguments.Skip(1).Aggregate(arguments[0], (value, key) => Index(value, key, line)) : throw Count(name, line),
        "print" => string.Join(' ', arguments.Select(GoValue.Text)),
        "println" => string.Join(' ', arguments.Select(GoValue.Text)) + "\n",
        "printf" => arguments is [string format, ..] ? Format(format, arguments, line) : throw Count(name, line),
        "html" => System.Net.WebUtility.HtmlEncode(string.Concat(arguments.Select(GoValue.Text))),
        "urlquery" => Uri.EscapeDataString(string.Concat(arguments.Select(GoValue.Text))),
        "join" => Join(arguments, 0, line),
        "joinAndTruncate" => arguments is [_, _, long maximum] ? Join([.. arguments.Take(2)], (int)maximum, line) : throw Count(name, line),
        _ => throw new CommandException($"go-template, line {line}: function \"{name}\" not defined."),
    };

    private static CommandException Count(string name, int line) => new($"go-template, line {line}: wrong arguments for {name}.");

    private static object? One(string name, IReadOnlyList<object?> arguments, int line) => arguments.Count == 1 ? arguments[0] : throw Count(name, line);

    private static (object? Left, object? Right) Two(string name, IReadOnlyList<object?> arguments, int line) => arguments.Count == 2 ? (arguments[0], arguments[1]) : throw Count(name, line);

    private static string Join(IReadOnlyList<object?> arguments, int maximum, int line) => arguments switch
    {
        [JsonNode list, string separator] => TableCells.Join(list, separator, maximum),
        [null, string] => "",
        [string text, string separator] => TableCells.Join(JsonValue.Create(text), separator, maximum),
        _ => throw Count("join", line),
    };

    // A field that is not there equals the zero value of what it is compared with.
    private static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) => !GoValue.IsTrue(right),
        (_, null) => !GoValue.IsTrue(left),
        (long a, double b) => a == b,
        (double a, long b) => a == b,
        _ => Equals(left, right),
    };

    private static int Compare(string name, IReadOnlyList<object?> arguments, int line) => Two(name, arguments, line) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long or double or null, long or double or null) => Number(arguments[0]).CompareTo(Number(arguments[1])),
        _ => throw new CommandException($"go-template, line {line}: {name} cannot compare '{GoValue.Text(arguments[0])}' with '{GoValue.Text(arguments[1])}'."),
    };

    private static double Number(object? value) => Convert.ToDouble(value ?? 0L, CultureInfo.InvariantCulture);

    private static long Length(object? value, int line) => value switch
    {
        null => 0,
        string text => Encoding.UTF8.GetByteCount(text),
        JsonArray list => list.Count,
        JsonObject map => map.Count,
        _ => throw new CommandException($"go-template, line {line}: len of '{GoValue.Text(value)}'."),
    };

    private static object? Index(object? value, object? key, int line) => (value, key) switch
    {
        (null, _) => null,
        (JsonObject map, string name) => GoValue.Of(map[name]),
        (JsonArray list, long index) => index >= 0 && index < list.Count ? GoValue.Of(list[(int)index]) : throw new CommandException($"go-template, line {line}: index out of range: {index}."),
        _ => throw new CommandException($"go-template, line {line}: cannot index '{GoValue.Text(value)}' with '{GoValue.Text(key)}'."),
    };

    private static string Format(string format, IReadOnlyList<object?> arguments, int line)
    {
        StringBuilder text = new();
        int next = 1;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            int start = ++i;
            while (i < format.Length && (char.IsAsciiDigit(format[i]) || format[i] is '-' or '.' or '+')) i++;
            if (i >= format.Length) throw new CommandException($"go-template, line {line}: printf: '%' at the end.");
            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }

            if (next >= arguments.Count) throw new CommandException($"go-template, line {line}: printf: too few arguments for '{format}'.");
            text.Append(Padded(Verb(format[i], arguments[next++], line), format[start..i]));
        }

        return text.ToString();
    }

    private static string Verb(char verb, object? value, int line) => verb switch
    {
        's' or 'v' or 'd' or 't' => GoValue.Text(value is null && verb == 'd' ? 0L : value),
        'q' => $"\"{GoValue.Text(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        'x' => value is long number ? number.ToString("x", CultureInfo.InvariantCulture) : Convert.ToHexStringLower(Encoding.UTF8.GetBytes(GoValue.Text(value))),
        'f' => Number(value).ToString("F6", CultureInfo.InvariantCulture),
        _ => throw new CommandException($"go-template, line {line}: printf: %{verb} is not supported."),
    };

    private static string Padded(string text, string flags)
    {
        bool left = flags.StartsWith('-');
        return int.TryParse(flags.TrimStart('-', '+').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width) ? left ? text.PadRight(width) : text.PadLeft(width) : text;
    }
}
