using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Datastore;

namespace Calico.Cli.Datastores;

/// <summary>What <c>calico datastore export</c> writes: objects as YAML, and last, as one line of JSON, IPAM's documents, each as the text it is: numbers beyond doubles stay what they are.</summary>
internal sealed record DumpFile(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<(string Key, string Value)> Values, IReadOnlyList<ManifestProblem> Problems)
{
    private const string Kind = "KeyValueList";
    private const string Start = "---\n{\"apiVersion\":\"datastore.calico/v1\"";

    public static string Write(IEnumerable<(string Key, string Value)> values)
    {
        JsonArray items = [.. values.Select(v => new JsonObject { ["key"] = v.Key, ["value"] = v.Value })];
        return $"---\n{new JsonObject { ["apiVersion"] = "datastore.calico/v1", ["kind"] = Kind, ["items"] = items }.ToJsonString()}\n";
    }

    public static DumpFile Read(string text, string file)
    {
        int at = text.LastIndexOf(Start, StringComparison.Ordinal);
        ManifestSnapshot objects = ManifestReader.Read(at < 0 ? text : text[..at], file);
        List<(string, string)> values = [];
        List<ManifestProblem> problems = [.. objects.Problems];
        try
        {
            JsonArray items = at < 0 ? throw new JsonException("it is missing") : JsonNode.Parse(text[(at + "---\n".Length)..])!["items"]!.AsArray();
            foreach (JsonNode? item in items) values.Add((item!["key"]!.GetValue<string>(), item["value"]!.GetValue<string>()));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException)
        {
            problems.Add(new(file, 0, "", Kind, $"{error.Message}: the file is cut off, or was not written by 'calico datastore export'"));
        }

        return new(objects.Objects, values, problems);
    }
}
