using Calico.Policy.Conversion;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Manifests;

/// <summary>An object of a manifest.</summary>
public sealed class ManifestObject
{
    private readonly DocumentNode _root;
    private readonly SourceLines _lines;

    internal ManifestObject(DocumentNode root, SourceLines lines, string source, int line, int column, string apiVersion, string kind, string ns, string name, string json)
    {
        (_root, _lines) = (root, lines);
        (Source, Line, Column, ApiVersion, Kind, Namespace, Name, Json) = (source, line, column, apiVersion, kind, ns, name, json);
    }

    /// <summary>The file, or what the caller named the text.</summary>
    public string Source { get; }

    /// <summary>The line the object begins at, from 1.</summary>
    public int Line { get; }

    /// <summary>The column the object begins at, from 1.</summary>
    public int Column { get; }

    /// <summary>Group and version as written.</summary>
    public string ApiVersion { get; }

    /// <summary>The kind as written.</summary>
    public string Kind { get; }

    /// <summary>The namespace as written; empty when none is.</summary>
    public string Namespace { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The whole object as JSON, fields this package does not know included.</summary>
    public string Json { get; }

    /// <summary>The object as a resource; null when the kind is not one of this package's, or the object cannot be read at all. Of an invalid object, what could be read.</summary>
    public Resource? Resource { get; internal init; }

    /// <summary>Whether the object is a resource without errors.</summary>
    public bool IsValid => Resource is not null && Errors.Count == 0;

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<Diagnostic> Errors { get; internal init; } = [];

    /// <summary>
    /// The object in backend form; null when it stands for nothing. An invalid policy fails closed: rules with errors deny or allow nothing,
    /// errors elsewhere make it deny everything it may select. A caller that has an older valid version should keep that in force instead.
    /// </summary>
    public ModelObject? ToModel() =>
        Resource is null ? null : ResourceConverter.ToModel(Resource, Errors.Select(static e => e.Path)).Value;

    /// <summary>A remark about the object with the place of what it is about.</summary>
    /// <param name="severity">How bad it is.</param>
    /// <param name="path">Where in the object, for example <c>spec.ingress[0]</c>; empty for the whole.</param>
    /// <param name="message">What there is to say.</param>
    public Diagnostic At(Severity severity, string path, string message)
    {
        (int line, int column) = _root.Locate(path);
        return new Diagnostic(severity, Source, line, column, ToString(), path, message) { SourceLine = _lines[line] };
    }

    /// <summary><c>Kind namespace/name</c>.</summary>
    public override string ToString() => Describe(Kind, Namespace, Name);

    internal static string Describe(string kind, string ns, string name) =>
        string.Join(' ', new[] { kind, ns.Length == 0 ? name : $"{ns}/{name}" }.Where(static part => part.Length > 0));
}

/// <summary>What was read: every object there was, and everything worth saying about them.</summary>
/// <param name="Objects">The objects in the order of the text.</param>
/// <param name="Diagnostics">Errors, warnings and notes in the order of the text.</param>
public sealed record ManifestSet(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Whether there is an error.</summary>
    public bool HasErrors => Diagnostics.Any(static d => d.Severity == Severity.Error);

    /// <summary>The resources that are valid.</summary>
    public IEnumerable<Resource> Resources => Objects.Where(static o => o.IsValid).Select(static o => o.Resource!);

    /// <summary>Everything in backend form, invalid objects failing closed; see <see cref="ManifestObject.ToModel"/>.</summary>
    public IEnumerable<ModelObject> ToModels() => Objects.Select(static o => o.ToModel()).OfType<ModelObject>();
}
