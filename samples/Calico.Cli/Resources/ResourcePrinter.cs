using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Cli.Output.GoTemplates;
using Calico.Cli.Output.JsonPaths;
using Calico.Datastore;

namespace Calico.Cli.Resources;

/// <summary>Objects as a table, YAML, JSON or names.</summary>
internal sealed class ResourcePrinter
{
    private const int Gap = 3;
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _format;
    private readonly string _argument;

    private ResourcePrinter(string format, string argument) => (_format, _argument) = (format, argument);

    /// <exception cref="CommandException">There is no such format.</exception>
    public static ResourcePrinter For(string format)
    {
        int equals = format.IndexOf('=', StringComparison.Ordinal);
        (string name, string argument) = equals < 0 ? (format, "") : (format[..equals], format[(equals + 1)..]);
        return name switch
        {
            "ps" when equals < 0 => new("table", ""),
            "table" or "wide" or "yaml" or "json" or "name" when equals < 0 => new(name, ""),
            "custom-columns" or "go-template" or "jsonpath" when argument.Length > 0 => new(name, argument),
            "go-template-file" or "jsonpath-file" when argument.Length > 0 => File.Exists(argument) ? new(name[..^"-file".Length], File.ReadAllText(argument)) : throw new CommandException($"There is no file {argument}."),
            "custom-columns" or "go-template" or "jsonpath" or "go-template-file" or "jsonpath-file" => throw new CommandException($"-o {name} needs something behind it: -o {name}=..."),
            _ => throw new CommandException($"unrecognized output format '{format}': it may be table (ps), wide, yaml, json, name, custom-columns=NAME,..., go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE or jsonpath-file=FILE"),
        };
    }

    /// <param name="resources">The objects.</param>
    /// <param name="asked">The one kind that was asked for, so that nothing found still is a list of that kind; null for several.</param>
    /// <param name="single">One object was named: it stands for itself, not in a list.</param>
    /// <param name="allNamespaces">Show the namespace.</param>
    /// <param name="output">Where to.</param>
    public void Print(IReadOnlyList<Resource> resources, ResourceKind? asked, bool single, bool allNamespaces, TextWriter output)
    {
        switch (_format)
        {
            case "name":
                foreach (Resource resource in resources) output.WriteLine($"{resource.Kind.Kind.ToLowerInvariant()}/{resource.Name}");
                break;
            case "yaml":
                output.Write(YamlText.Write(Document(resources, asked, single)));
                break;
            case "json":
                output.WriteLine(Text(Document(resources, asked, single)));
                break;
            case "go-template":
                output.Write(GoTemplate.Run(_argument, new JsonArray(Document(resources, asked, single).DeepClone())));
                break;
            case "jsonpath":
                output.Write(JsonPathTemplate.Run(_argument, Document(resources, asked, single)));
                break;
            default:
                Tables(resources, asked, allNamespaces, output);
                break;
        }
    }

    internal static string Text(JsonNode json)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Indented)) json.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonObject Document(IReadOnlyList<Resource> resources, ResourceKind? asked, bool single)
    {
        if (single && resources.Count == 1) return resources[0].Json;
        ResourceKind[] kinds = Kinds(resources, asked);
        return new JsonObject
        {
            ["apiVersion"] = kinds.Length == 1 ? kinds[0].ApiVersion : "v1",
            ["kind"] = kinds.Length == 1 ? $"{kinds[0].Kind}List" : "List",
            ["items"] = new JsonArray([.. resources.Select(r => r.Json.DeepClone())]),
        };
    }

    private void Tables(IReadOnlyList<Resource> resources, ResourceKind? asked, bool allNamespaces, TextWriter output)
    {
        bool first = true;
        foreach (ResourceKind kind in Kinds(resources, asked))
        {
            if (!first) output.WriteLine();
            first = false;
            IReadOnlyList<Column> columns = _format == "custom-columns"
                ? [.. _argument.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(heading => ResourceColumns.Find(kind, heading))]
                : ResourceColumns.Of(kind, _format == "wide", allNamespaces);
            Table([.. resources.Where(r => r.Kind == kind)], columns, output);
        }
    }

    private static ResourceKind[] Kinds(IReadOnlyList<Resource> resources, ResourceKind? asked) =>
        resources.Count == 0 && asked is not null ? [asked] : [.. resources.Select(r => r.Kind).Distinct()];

    private static void Table(Resource[] rows, IReadOnlyList<Column> columns, TextWriter output)
    {
        string[][] cells = [[.. columns.Select(c => c.Heading)], .. rows.Select(r => columns.Select(c => c.Cell(r)).ToArray())];
        int[] widths = [.. columns.Select((_, i) => cells.Max(row => row[i].Length) + Gap)];
        foreach (string[] row in cells)
            output.WriteLine(string.Concat(row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }
}
