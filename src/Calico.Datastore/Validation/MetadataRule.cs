using System.Text.Json.Nodes;
using Calico.Yaml;

namespace Calico.Datastore.Validation;

/// <summary>Kubernetes' rules for names, labels and annotations (apimachinery <c>pkg/util/validation</c>, <c>pkg/api/validation</c>).</summary>
internal sealed class MetadataRule : IResourceRule
{
    private const int MaximumName = 253;
    private const int MaximumLabel = 63;
    private const int MaximumAnnotations = 256 * 1024;

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        Name(resource, problems);
        if (resource.Kind.IsNamespaced) Segment(resource.Namespace, "metadata.namespace", problems);
        Labels(resource.Metadata["labels"], problems);
        Annotations(resource.Metadata["annotations"], "metadata.annotations", problems);
    }

    private static void Name(Resource resource, ICollection<ResourceProblem> problems)
    {
        string name = resource.Name;
        if (name.Length > MaximumName) problems.Add(new("metadata.name", $"must be no more than {MaximumName} characters"));
        else if (!IsSubdomain(name)) problems.Add(new("metadata.name", $"'{name}' must be lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"));
    }

    private static void Segment(string text, string path, ICollection<ResourceProblem> problems)
    {
        if (text.Length > MaximumLabel || text.Contains('.', StringComparison.Ordinal) || !IsSubdomain(text))
            problems.Add(new(path, $"'{text}' must be at most {MaximumLabel} lower-case letters, digits and '-', beginning and ending with a letter or digit"));
    }

    private static void Labels(JsonNode? labels, ICollection<ResourceProblem> problems)
    {
        foreach ((string key, JsonNode? value) in Entries(labels, "metadata.labels", problems))
        {
            string path = DocumentPath.Join("metadata.labels", key);
            QualifiedName(key, key, path, problems);
            if (!TryText(value, out string text)) problems.Add(new(path, "must be a string"));
            else if (text.Length > MaximumLabel || (text.Length > 0 && !IsName(text)))
                problems.Add(new(path, $"the value '{text}' must be at most {MaximumLabel} letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"));
        }
    }

    internal static void Annotations(JsonNode? annotations, string at, ICollection<ResourceProblem> problems)
    {
        long size = 0;
        foreach ((string key, JsonNode? value) in Entries(annotations, at, problems))
        {
            // Kubernetes compares annotation keys in lower case.
            QualifiedName(key, key.ToLowerInvariant(), DocumentPath.Join(at, key), problems);
            if (!TryText(value, out string text)) problems.Add(new(DocumentPath.Join(at, key), "must be a string"));
            size += key.Length + text.Length;
        }

        if (size > MaximumAnnotations) problems.Add(new(at, $"must be no more than {MaximumAnnotations} bytes together"));
    }

    private static JsonObject Entries(JsonNode? map, string path, ICollection<ResourceProblem> problems)
    {
        if (map is null) return [];
        if (map is JsonObject json) return json;
        problems.Add(new(path, "must be a map"));
        return [];
    }

    private static bool TryText(JsonNode? node, out string text)
    {
        text = "";
        return node is JsonValue value && value.TryGetValue(out text!);
    }

    private static void QualifiedName(string key, string compared, string path, ICollection<ResourceProblem> problems)
    {
        int slash = compared.IndexOf('/', StringComparison.Ordinal);
        string prefix = slash < 0 ? "" : compared[..slash];
        string name = compared[(slash + 1)..];
        if (slash >= 0 && (prefix.Length is 0 or > MaximumName || !IsSubdomain(prefix)))
            problems.Add(new(path, $"the prefix of '{key}' must be a DNS name"));
        if (name.Length is 0 or > MaximumLabel || !IsName(name))
            problems.Add(new(path, $"the name of '{key}' must be 1 to {MaximumLabel} letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"));
    }

    /// <summary>Labels of lower-case letters, digits and '-', joined by dots (RFC 1123).</summary>
    internal static bool IsSubdomain(string text)
    {
        foreach (string label in text.Split('.'))
        {
            if (label.Length == 0 || !IsLowerAlphanumeric(label[0]) || !IsLowerAlphanumeric(label[^1])) return false;
            foreach (char c in label)
            {
                if (!IsLowerAlphanumeric(c) && c != '-') return false;
            }
        }

        return true;
    }

    private static bool IsName(string text)
    {
        if (!char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1])) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        }

        return true;
    }

    private static bool IsLowerAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
