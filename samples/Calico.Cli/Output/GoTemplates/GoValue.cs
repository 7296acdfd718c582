using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Output.GoTemplates;

/// <summary>Values of a template: null, bool, long, double, string, JsonObject, JsonArray. Nothing there is the zero value, as a field of Go's types is.</summary>
internal static class GoValue
{
    public static object? Of(JsonNode? node)
    {
        if (node is not JsonValue value) return node;
        switch (value.GetValueKind())
        {
            case JsonValueKind.String: return value.GetValue<string>();
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Number: return Number(value.ToJsonString());
            default: return null;
        }
    }

    public static object Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole : (object)double.Parse(text, CultureInfo.InvariantCulture);

    public static object? Field(object? value, string name)
    {
        switch (value)
        {
            case null: return null;
            case JsonArray { Count: 1 } list: return Field(Of(list[0]), name);
            case JsonObject map:
                if (map.TryGetPropertyValue(name, out JsonNode? exact)) return Of(exact);
                if (name == "ObjectMeta") return Of(map["metadata"]);
                if (name is "TypeMeta" or "ListMeta") return map;
                foreach ((string key, JsonNode? member) in map)
                {
                    if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) return Of(member);
                }

                // Go's types take in the fields of their metadata.
                return name is "Name" or "Namespace" or "Labels" or "Annotations" or "UID" or "ResourceVersion" && map["metadata"] is JsonObject metadata ? Field(metadata, name) : null;
            default: throw new CommandException($"go-template: can't evaluate field {name} in '{Text(value)}'.");
        }
    }

    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        JsonArray list => list.Count > 0,
        JsonObject map => map.Count > 0,
        _ => true,
    };

    public static List<(object? Key, object? Value)> Items(object? value, int line) => value switch
    {
        null => [],
        JsonArray list => [.. list.Select((item, index) => ((object?)(long)index, Of(item)))],
        JsonObject map => [.. map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ((object?)pair.Key, Of(pair.Value)))],
        long count and >= 0 and <= 1_000_000 => [.. Enumerable.Range(0, (int)count).Select(index => ((object?)(long)index, (object?)(long)index))],
        _ => throw new CommandException($"go-template, line {line}: range can't iterate over '{Text(value)}'."),
    };

    /// <summary>As Go prints it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        string text => text,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        JsonArray list => $"[{string.Join(' ', list.Select(item => Text(Of(item))))}]",
        JsonObject map => $"map[{string.Join(' ', map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{Text(Of(pair.Value))}"))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
