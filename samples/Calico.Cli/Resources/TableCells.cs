using System.Text.Json.Nodes;

namespace Calico.Cli.Resources;

/// <summary>Values as cells of a table.</summary>
internal static class TableCells
{
    private const string Ellipsis = "...";

    /// <summary>A list as its items, a map as <c>key=value</c> in the order of keys, joined; cut after <paramref name="maximum"/> characters (0 = never).</summary>
    public static string Join(JsonNode? value, string separator = ",", int maximum = 0)
    {
        string text = value switch
        {
            null => "",
            JsonArray list => string.Join(separator, list.Select(Scalar)),
            JsonObject map => string.Join(separator, map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={Scalar(p.Value)}")),
            _ => Scalar(value),
        };
        return maximum > 0 && text.Length > maximum ? string.Concat(text.AsSpan(0, Math.Max(0, maximum - Ellipsis.Length)), Ellipsis) : text;
    }

    public static string Scalar(JsonNode? value) =>
        value is JsonValue scalar && scalar.TryGetValue(out string? text) ? text : value?.ToJsonString() ?? "";
}
