using System.Globalization;
using System.Text.Json.Nodes;

namespace Calico.Cli.Resources;

/// <summary>JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902). Calico's lists have no merge keys, so a strategic patch is a merge patch.</summary>
internal static class JsonPatch
{
    public static JsonObject Apply(JsonObject document, JsonNode patch, string type) => type switch
    {
        "merge" or "strategic" => Merge(document.DeepClone(), patch) as JsonObject ?? throw new CommandException("A merge patch of an object must be an object."),
        "json" => Operations((JsonObject)document.DeepClone(), patch as JsonArray ?? throw new CommandException("A json patch is a list of operations.")),
        _ => throw new CommandException($"--type {type}: it may be strategic, merge or json."),
    };

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        JsonObject result = target as JsonObject ?? [];
        foreach ((string name, JsonNode? value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
                continue;
            }

            JsonNode? old = result[name];
            result.Remove(name);
            result[name] = Merge(old, value);
        }

        return result;
    }

    private static JsonObject Operations(JsonObject document, JsonArray operations)
    {
        foreach (JsonNode? item in operations)
        {
            JsonObject operation = item as JsonObject ?? throw new CommandException("Each operation of a json patch is an object.");
            string path = Text(operation, "path");
            switch (Text(operation, "op"))
            {
                case "add":
                    Add(document, path, operation["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(document, path);
                    break;
                case "replace":
                    Remove(document, path);
                    Add(document, path, operation["value"]?.DeepClone());
                    break;
                case "move":
                    Add(document, path, Remove(document, Text(operation, "from")));
                    break;
                case "copy":
                    Add(document, path, Find(document, Text(operation, "from"))?.DeepClone());
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(document, path), operation["value"])) throw new CommandException($"The test of {path} failed; nothing was changed.");
                    break;
                case string other:
                    throw new CommandException($"'{other}' is no operation of a json patch.");
            }
        }

        return document;
    }

    private static string Text(JsonObject operation, string name) =>
        operation[name] is JsonValue value && value.TryGetValue(out string? text) ? text : throw new CommandException($"An operation of the json patch lacks '{name}'.");

    private static JsonNode? Find(JsonObject document, string path)
    {
        JsonNode? at = document;
        foreach (string step in Steps(path)) at = Child(at, step, path);
        return at;
    }

    private static JsonNode? Remove(JsonObject document, string path)
    {
        (JsonNode parent, string last) = Parent(document, path);
        JsonNode? removed = Child(parent, last, path);
        if (parent is JsonObject map) map.Remove(last);
        else ((JsonArray)parent).RemoveAt(Index(last, path));
        return removed;
    }

    private static void Add(JsonObject document, string path, JsonNode? value)
    {
        (JsonNode parent, string last) = Parent(document, path);
        if (parent is JsonObject map)
        {
            map[last] = value;
            return;
        }

        JsonArray list = (JsonArray)parent;
        int index = last == "-" ? list.Count : Index(last, path);
        if (index > list.Count) throw new CommandException($"{path}: the list has {list.Count} items.");
        list.Insert(index, value);
    }

    private static (JsonNode Parent, string Last) Parent(JsonObject document, string path)
    {
        string[] steps = Steps(path);
        if (steps.Length == 0) throw new CommandException("A json patch cannot replace the whole object.");
        JsonNode at = document;
        foreach (string step in steps[..^1]) at = Child(at, step, path) ?? throw new CommandException($"{path}: there is nothing at '{step}'.");
        return at is JsonObject or JsonArray ? (at, steps[^1]) : throw new CommandException($"{path}: '{steps[^1]}' is in neither a map nor a list.");
    }

    private static JsonNode? Child(JsonNode? parent, string step, string path)
    {
        switch (parent)
        {
            case JsonObject map when map.TryGetPropertyValue(step, out JsonNode? value): return value;
            case JsonArray list when Index(step, path) is int index && index < list.Count: return list[index];
            default: throw new CommandException($"{path}: there is no '{step}'.");
        }
    }

    private static int Index(string step, string path) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : throw new CommandException($"{path}: '{step}' is no index.");

    private static string[] Steps(string path)
    {
        if (path.Length == 0) return [];
        if (path[0] != '/') throw new CommandException($"{path}: a path begins with '/'.");
        return [.. path[1..].Split('/').Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }
}
