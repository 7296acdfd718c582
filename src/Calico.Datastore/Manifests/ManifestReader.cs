using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Yaml;

namespace Calico.Datastore;

/// <summary>Reads YAML and JSON manifests: any number of documents, <c>List</c>s opened, each object checked by its kind's rules.</summary>
public static class ManifestReader
{
    private const string DefaultNamespace = "default";

    /// <summary>Reads a text. Objects with a problem are not among the objects; a problem in one document leaves the others alone.</summary>
    /// <param name="text">YAML documents separated by <c>---</c>, or JSON.</param>
    /// <param name="file">The name that objects and problems carry.</param>
    /// <param name="rules">What is checked; null = <see cref="ResourceRules.Standard"/>.</param>
    /// <param name="defaultNamespace">The namespace of namespaced objects that name none.</param>
    public static ManifestSnapshot Read(string text, string file, IReadOnlyList<IResourceRule>? rules = null, string defaultNamespace = DefaultNamespace)
    {
        ManifestText read = ManifestText.Read(text, file, rules ?? ResourceRules.Standard, defaultNamespace);
        return new(read.Objects, read.Problems);
    }
}

/// <summary>One text as read, with what could not be read.</summary>
internal sealed class ManifestText
{
    private readonly string _file;
    private readonly IReadOnlyList<IResourceRule> _rules;
    private readonly string _defaultNamespace;

    private ManifestText(string file, IReadOnlyList<IResourceRule> rules, string defaultNamespace) =>
        (_file, _rules, _defaultNamespace) = (file, rules, defaultNamespace);

    public List<ManifestObject> Objects { get; } = [];

    public List<ManifestProblem> Problems { get; } = [];

    /// <summary>Objects whose name is known but whose content is not valid.</summary>
    public HashSet<ResourceKey> Broken { get; } = [];

    /// <summary>True when there was a document that does not even tell which object it is.</summary>
    public bool HasUnknown { get; private set; }

    public static ManifestText Read(string text, string file, IReadOnlyList<IResourceRule> rules, string defaultNamespace)
    {
        ArgumentNullException.ThrowIfNull(text);
        ManifestText read = new(file, rules, defaultNamespace);
        foreach (ParsedDocument document in DocumentReader.Read(text))
        {
            if (document.Error is not null) read.Unknown(document.Line, "", document.Error);
            else if (document.Root is { Kind: not DocumentNodeKind.Null } root) read.Object(root);
        }

        return read;
    }

    private void Object(DocumentNode node)
    {
        if (node.Kind != DocumentNodeKind.Object)
        {
            Unknown(node.Line, "", "is not an object with apiVersion, kind and metadata");
            return;
        }

        if (node.TextOf("kind") is { } kind && kind.EndsWith("List", StringComparison.Ordinal) && node["items"] is { Kind: DocumentNodeKind.List } items)
        {
            foreach (DocumentNode item in items.Items) Object(item);
            return;
        }

        try
        {
            Check(new Resource((JsonObject)ToJson(node)), node);
        }
        catch (ResourceException error)
        {
            foreach (ResourceProblem problem in error.Problems) Unknown(node.Locate(problem.Path).Line, problem.Path, problem.Reason, Describe(node));
        }
    }

    private void Check(Resource resource, DocumentNode node)
    {
        if (resource.Kind.IsNamespaced && resource.Namespace.Length == 0) resource.Namespace = _defaultNamespace;
        List<ResourceProblem> problems = [];
        Resource defaulted = resource.Clone();
        foreach (IResourceRule rule in _rules) rule.Default(defaulted);
        foreach (IResourceRule rule in _rules) rule.Validate(defaulted, problems);
        if (problems.Count == 0)
        {
            Objects.Add(new(resource, _file, node.Line));
            return;
        }

        Broken.Add(resource.Key);
        foreach (ResourceProblem problem in problems)
            Problems.Add(new(_file, node.Locate(problem.Path).Line, resource.Key.ToString(), problem.Path, problem.Reason));
    }

    private void Unknown(int line, string field, string reason, string name = "")
    {
        HasUnknown = true;
        Problems.Add(new(_file, line, name, field, reason));
    }

    private static string Describe(DocumentNode node)
    {
        string name = node["metadata"] is { Kind: DocumentNodeKind.Object } metadata ? metadata.TextOf("name") ?? "" : "";
        return $"{node.TextOf("kind")} {name}".Trim();
    }

    private static JsonNode ToJson(DocumentNode node)
    {
        System.Buffers.ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { MaxDepth = 256 })) node.WriteJson(writer);
        try
        {
            return JsonNode.Parse(buffer.WrittenSpan, documentOptions: Resource.Strict)!;
        }
        catch (JsonException error)
        {
            throw ResourceException.Invalid(null, "", error.Message);
        }
    }
}
