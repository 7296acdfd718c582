using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Manifests;

/// <summary>
/// Deserializes an object even when fields have the wrong type: each is reported and taken out, a rule with one is left as nothing but its action,
/// and the rest is tried again. So every mistake is found, and what is left can fail closed.
/// </summary>
internal static class TolerantDeserializer
{
    private const int MostMistakes = 50;

    /// <param name="root">The object.</param>
    /// <param name="type">What to read it as.</param>
    /// <param name="removed">Gets the paths of what was taken out.</param>
    /// <param name="report">Gets path and message of each mistake.</param>
    public static Resource? Read(DocumentNode root, JsonTypeInfo type, List<string> removed, Action<string, string> report)
    {
        DocumentNode current = root;
        for (int mistakes = 0; mistakes < MostMistakes; mistakes++)
        {
            List<(long Offset, DocumentNode Node)> offsets = [];
            byte[] json = Write(current, offsets);
            try
            {
                return (Resource?)JsonSerializer.Deserialize(json, type);
            }
            catch (JsonException e)
            {
                DocumentNode at = offsets[0].Node;
                foreach ((long offset, DocumentNode node) in offsets)
                {
                    if (offset >= (e.BytePositionInLine ?? 0)) break;
                    at = node;
                }

                List<string> path = PathTo(current, at) ?? [];
                report(Joined(path), Message(e, at));
                List<string> scope = Scope(path);
                removed.Add(Joined(scope));
                if (scope.Count == 0) return null;
                current = Rebuild(current, scope, scope.Count == 3 ? Bare : static _ => null);
            }
        }

        return null;
    }

    private static byte[] Write(DocumentNode root, List<(long, DocumentNode)> offsets)
    {
        using MemoryStream stream = new();
        using Utf8JsonWriter writer = new(stream);
        root.WriteJson(writer, node => offsets.Add((writer.BytesCommitted + writer.BytesPending, node)));
        writer.Flush();
        return stream.ToArray();
    }

    private static List<string>? PathTo(DocumentNode node, DocumentNode target)
    {
        if (ReferenceEquals(node, target)) return [];
        foreach (DocumentMember member in node.Members)
        {
            if (PathTo(member.Value, target) is { } rest) return [member.Key, .. rest];
        }

        for (int i = 0; i < node.Items.Count; i++)
        {
            if (PathTo(node.Items[i], target) is { } rest) return [DocumentPath.Join("", i), .. rest];
        }

        return null;
    }

    private static string Joined(List<string> path) =>
        path.Aggregate("", static (joined, step) => step is ['[', ..] ? joined + step : DocumentPath.Join(joined, step));

    private static string Message(JsonException e, DocumentNode at)
    {
        const string Conversion = "could not be converted to ";
        int found = e.Message.IndexOf(Conversion, StringComparison.Ordinal);
        if (found < 0)
        {
            int path = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
            return (path < 0 ? e.Message : e.Message[..path]).TrimEnd('.');
        }

        string type = e.Message[(found + Conversion.Length)..];
        string wanted =
            type.Contains("System.String", StringComparison.Ordinal) ? "text" :
            type.Contains("System.Boolean", StringComparison.Ordinal) ? "true or false" :
            type.Contains("Int32", StringComparison.Ordinal) || type.Contains("Int64", StringComparison.Ordinal) ? "a whole number" :
            type.Contains("Double", StringComparison.Ordinal) ? "a number" :
            type.Contains("EquatableArray", StringComparison.Ordinal) ? "a list" : "an object";
        string hint = wanted == "text" && at.Kind is DocumentNodeKind.Number or DocumentNodeKind.Boolean ? ": put it in quotes" : "";
        return $"expected {wanted}, found {Shown(at)}{hint}";
    }

    private static string Shown(DocumentNode node) => node.Kind switch
    {
        DocumentNodeKind.Object => "an object",
        DocumentNodeKind.List => "a list",
        DocumentNodeKind.String => $"the text \"{node.Text}\"",
        DocumentNodeKind.Number => $"the number {node.Text}",
        DocumentNodeKind.Boolean => node.Text,
        _ => "null",
    };

    // What goes with the mistake: the rule it is in, else the field of spec or metadata.
    private static List<string> Scope(List<string> path) =>
        path is ["spec", "ingress" or "egress", ['[', ..], ..] ? path[..3] : path[..Math.Min(path.Count, 2)];

    // Enough for the conversion to know what the rule would have done, and nothing it could match by.
    private static DocumentNode? Bare(DocumentNode rule)
    {
        DocumentNode bare = new(DocumentNodeKind.Object, rule.Line, rule.Column);
        if (rule.Members.Find(static m => m.Key == "action") is { } action)
        {
            if (action.Value.Kind == DocumentNodeKind.String) bare.Add(action);
            return bare;
        }

        // Kubernetes' rules have no action; a peer without fields makes their conversion refuse the rule.
        foreach (string side in (string[])["from", "to"])
        {
            DocumentNode peers = new(DocumentNodeKind.List, rule.Line, rule.Column);
            peers.Add(new DocumentNode(DocumentNodeKind.Object, rule.Line, rule.Column));
            bare.Add(new DocumentMember(side, rule.Line, rule.Column, peers));
        }

        return bare;
    }

    private static DocumentNode Rebuild(DocumentNode node, List<string> path, Func<DocumentNode, DocumentNode?> replace)
    {
        DocumentNode copy = new(node.Kind, node.Line, node.Column, node.Text);
        foreach (DocumentMember member in node.Members)
        {
            if (member.Key != path[0]) copy.Add(member);
            else if (path.Count > 1) copy.Add(member with { Value = Rebuild(member.Value, path[1..], replace) });
            else if (replace(member.Value) is { } replacement) copy.Add(member with { Value = replacement });
        }

        for (int i = 0; i < node.Items.Count; i++)
        {
            if (DocumentPath.Join("", i) != path[0]) copy.Add(node.Items[i]);
            else if (path.Count > 1) copy.Add(Rebuild(node.Items[i], path[1..], replace));
            else if (replace(node.Items[i]) is { } replacement) copy.Add(replacement);
        }

        return copy;
    }
}
