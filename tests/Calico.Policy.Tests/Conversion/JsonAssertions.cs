using System.Globalization;
using System.Text.Json.Nodes;

namespace Calico.Policy.Tests.Conversion;

/// <summary>The small assertion language of the conversion cases: a path into the result, an operation, a value.</summary>
internal static class JsonAssertions
{
    public static void Check(JsonNode root, JsonArray assertions)
    {
        foreach (JsonNode? assertion in assertions)
        {
            string path = (string)assertion!["path"]!, operation = (string)assertion["op"]!;
            JsonNode? expected = assertion["value"];
            JsonNode? actual = Walk(root, path);
            bool negated = operation.StartsWith("not ", StringComparison.Ordinal);
            if (negated) operation = operation["not ".Length..];
            bool holds = operation switch
            {
                "equals" => Same(actual, expected),
                "isNull" => IsZero(actual),
                "isNotNull" => actual is not null,
                "isEmpty" => IsZero(actual),
                "hasLength" => Length(actual) == (int)expected!,
                "consistsOf" => ConsistsOf(actual as JsonArray ?? [], expected!.AsArray()),
                "hasKey" => actual is JsonObject o && o.ContainsKey((string)expected!),
                "containsElement" => actual is JsonArray a && a.Any(e => Same(e, expected)),
                _ => throw new InvalidOperationException($"operation {operation}"),
            };
            Assert.True(holds != negated, $"{path} {assertion["op"]} {expected?.ToJsonString()}, but it is {actual?.ToJsonString() ?? "null"}");
        }
    }

    private static JsonNode? Walk(JsonNode? node, string path)
    {
        foreach (string step in Steps(path))
        {
            if (step == "#len") node = Length(node);
            else if (int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index)) node = node is JsonArray list && index < list.Count ? list[index] : null;
            else node = (node as JsonObject)?[step];
        }

        return node;
    }

    private static IEnumerable<string> Steps(string path)
    {
        while (path.Length > 0)
        {
            if (path.StartsWith("[\"", StringComparison.Ordinal))
            {
                int end = path.IndexOf("\"]", StringComparison.Ordinal);
                yield return path[2..end];
                path = path[(end + 2)..];
            }
            else if (path[0] == '[')
            {
                int end = path.IndexOf(']', StringComparison.Ordinal);
                yield return path[1..end];
                path = path[(end + 1)..];
            }
            else
            {
                path = path.TrimStart('.');
                int end = path.IndexOfAny(['.', '[']);
                if (end < 0) end = path.Length;
                yield return path[..end];
                path = path[end..];
            }
        }
    }

    private static int Length(JsonNode? node) => node switch
    {
        JsonArray a => a.Count,
        JsonObject o => o.Count,
        _ => 0,
    };

    private static bool ConsistsOf(JsonArray actual, JsonArray expected)
    {
        List<JsonNode?> left = [.. expected];
        foreach (JsonNode? item in actual)
        {
            int found = left.FindIndex(e => Same(item, e));
            if (found < 0) return false;
            left.RemoveAt(found);
        }

        return left.Count == 0;
    }

    // What is not set may be written as null, 0, "" or {}; a port as a number or as text.
    private static bool Same(JsonNode? actual, JsonNode? expected)
    {
        if (IsZero(actual) || IsZero(expected)) return IsZero(actual) && IsZero(expected);
        if (actual is JsonObject left && expected is JsonObject right)
            return left.Select(p => p.Key).Union(right.Select(p => p.Key)).All(key => Same(left[key], right[key]));
        if (actual is JsonArray list && expected is JsonArray other)
            return list.Count == other.Count && list.Zip(other).All(pair => Same(pair.First, pair.Second));
        return actual!.ToString() == expected!.ToString();
    }

    private static bool IsZero(JsonNode? node) => node switch
    {
        null => true,
        JsonObject o => o.All(p => IsZero(p.Value)),
        JsonArray a => a.Count == 0,
        _ => node.ToString() is "" or "0",
    };
}
