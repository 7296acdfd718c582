using System.Text.Json;
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

    private static List<(string Id, JsonElement Case)> Read(string path)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        return [.. root.GetProperty("cases").EnumerateArray().Select(c => (c.GetProperty("id").GetString()!, c))];
    }
}
