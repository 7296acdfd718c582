using System.Text.Json.Nodes;
using Calico.Tests;

namespace Calico.Policy.Tests;

/// <summary>Reads a conformance file's cases; without the data there is one row that skips (or fails on CI).</summary>
internal static class ConformanceCases
{
    private const string Missing = "the conformance data is missing";

    public static IEnumerable<TheoryDataRow<string>> Of(string file)
    {
        if (Conformance.Root is null)
        {
            yield return new TheoryDataRow<string>(Missing);
            yield break;
        }

        JsonArray cases = Read(file);
        for (int i = 0; i < cases.Count; i++)
            yield return new TheoryDataRow<string>(cases[i]!.ToJsonString()) { TestDisplayName = $"{Path.GetFileNameWithoutExtension(file)}#{i}" };
    }

    public static JsonObject Parse(string row)
    {
        if (row == Missing) Conformance.Folder("policy");
        return (JsonObject)Expand(JsonNode.Parse(row)!)!;
    }

    private static JsonArray Read(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Conformance.Folder(""), file)))!["cases"]!.AsArray();

    // {"$repeat": s, "count": n} stands for a long string.
    private static JsonNode? Expand(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o when o.ContainsKey("$repeat"):
                return JsonValue.Create(string.Concat(Enumerable.Repeat((string)o["$repeat"]!, (int)o["count"]!)));
            case JsonObject o:
                JsonObject copy = [];
                foreach ((string key, JsonNode? value) in o) copy[key] = Expand(value?.DeepClone());
                return copy;
            case JsonArray a:
                return new JsonArray([.. a.Select(item => Expand(item?.DeepClone()))]);
            default:
                return node?.DeepClone();
        }
    }
}
