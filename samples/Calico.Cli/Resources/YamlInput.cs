using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Yaml;

namespace Calico.Cli.Resources;

/// <summary>One value as people write it: YAML or JSON.</summary>
internal static class YamlInput
{
    /// <param name="text">The text.</param>
    /// <param name="what">What to call it in errors.</param>
    /// <exception cref="CommandException">It is not exactly one value.</exception>
    public static JsonNode Parse(string text, string what)
    {
        ParsedDocument[] documents = [.. DocumentReader.Read(text).Where(document => document.Error is not null || document.Root is not null)];
        if (Array.Find(documents, document => document.Error is not null) is { } wrong)
            throw new CommandException($"{what} is neither YAML nor JSON: line {wrong.Line}, column {wrong.Column}: {wrong.Error}");
        if (documents is not [{ Root: { Kind: not DocumentNodeKind.Null } root }])
            throw new CommandException($"{what} holds {(documents.Length > 1 ? $"{documents.Length} documents, one is expected" : "nothing")}.");
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json)) root.WriteJson(writer);
        return JsonNode.Parse(json.WrittenSpan)!;
    }
}
