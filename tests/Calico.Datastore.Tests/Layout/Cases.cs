using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Tests;

namespace Calico.Datastore.Tests;

/// <summary>The cases of a conformance file, one test each.</summary>
internal static class Cases
{
    public static IEnumerable<TheoryDataRow<string>> Ids(string file)
    {
        string[] ids = Calico.Tests.Conformance.Root is { } root ? [.. Read(Path.Combine(root, file)).Select(c => c.Id)] : [""];
        return ids.Select(id => new TheoryDataRow<string>(id));
    }

    public static JsonElement Get(string file, string id) => Read(Calico.Tests.Conformance.Folder(file)).Single(c => c.Id == id).Case;

    /// <summary>The cases of a file that gives them no ids; without the data one case, which is then skipped.</summary>
    public static IEnumerable<(int Number, JsonElement? Case)> Numbered(string file) =>
        Calico.Tests.Conformance.Root is { } root ? ReadAll(Path.Combine(root, file)).Select((one, number) => (number, (JsonElement?)one)) : [(0, null)];

    public static JsonElement Get(string file, int number) => ReadAll(Calico.Tests.Conformance.Folder(file))[number];

    /// <summary>The value of a case with its long strings written out.</summary>
    public static JsonNode Expand(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when value.TryGetProperty("$repeat", out JsonElement text) =>
            string.Concat(Enumerable.Repeat(text.GetString(), value.GetProperty("count").GetInt32())),
        JsonValueKind.Object => new JsonObject(value.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, (JsonNode?)Expand(p.Value)))),
        JsonValueKind.Array => new JsonArray([.. value.EnumerateArray().Select(Expand)]),
        _ => JsonNode.Parse(value.GetRawText())!,
    };

    private static JsonElement[] ReadAll(string path) => [.. JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("cases").EnumerateArray()];

    private static List<(string Id, JsonElement Case)> Read(string path)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        return [.. root.GetProperty("cases").EnumerateArray().Select(c => (c.GetProperty("id").GetString()!, c))];
    }
}
