using System.Text;
using System.Text.Json;
using Calico.Policy.Conversion;
using Calico.Policy.Resources;
using Calico.Policy.Validation;
using Calico.Yaml;

namespace Calico.Policy.Manifests;

/// <summary>One document → objects with their diagnostics.</summary>
internal sealed class ObjectReader(string source, SourceLines lines, List<ManifestObject> objects, List<Diagnostic> diagnostics, bool warnAboutUnknownFields)
{
    public void Read(DocumentNode root)
    {
        if (root.Kind == DocumentNodeKind.List)
        {
            foreach (DocumentNode item in root.Items) Read(item);
            return;
        }

        if (root.Kind != DocumentNodeKind.Object)
        {
            Report(Severity.Error, root, "", "", "a manifest is an object with apiVersion and kind");
            return;
        }

        string apiVersion = root.TextOf("apiVersion") ?? "", kind = root.TextOf("kind") ?? "";
        if (kind.EndsWith("List", StringComparison.Ordinal) && root["items"] is { Kind: DocumentNodeKind.List } items)
        {
            foreach (DocumentNode item in items.Items) Read(item);
            return;
        }

        if (apiVersion.Length == 0 || kind.Length == 0)
        {
            Report(Severity.Error, root, ManifestObject.Describe(kind, "", NameOf(root)), apiVersion.Length == 0 ? "apiVersion" : "kind", "is missing or not text");
            return;
        }

        ReadObject(root, apiVersion, kind);
    }

    private void ReadObject(DocumentNode root, string apiVersion, string kind)
    {
        string ns = (root["metadata"]?.TextOf("namespace")) ?? "", name = NameOf(root);
        string shown = ManifestObject.Describe(kind, ns, name);
        int first = diagnostics.Count;
        Resource? resource = null;
        if (ResourceKinds.TryGet(apiVersion, kind, out ResourceKinds.KindInfo? info))
        {
            List<string> removed = [];
            resource = TolerantDeserializer.Read(root, info.Json, removed, (path, message) => Report(Severity.Error, root, shown, path, message));
            if (warnAboutUnknownFields)
                UnknownFields.Find(root, info, (path, message) => Report(Severity.Warning, root, shown, path, message));
            if (resource is not null)
            {
                foreach (ValidationError error in ResourceValidator.Validate(resource))
                {
                    // What could not be read has been reported; its absence is no second mistake.
                    if (!removed.Exists(scope => error.Path.StartsWith(scope, StringComparison.Ordinal)))
                        Report(Severity.Error, root, shown, error.Path, error.Message);
                }

                if (diagnostics.Count == first)
                {
                    foreach (ConversionProblem problem in ResourceConverter.ToModel(resource).Problems)
                        Report(Severity.Warning, root, shown, problem.Path, problem.Message);
                }
            }
        }

        objects.Add(new ManifestObject(root, lines, source, root.Line, root.Column, apiVersion, kind, ns, name, Json(root))
        {
            Resource = resource,
            Errors = [.. diagnostics.Skip(first).Where(static d => d.Severity == Severity.Error)],
        });
    }

    private void Report(Severity severity, DocumentNode root, string shown, string path, string message)
    {
        (int line, int column) = root.Locate(path);
        diagnostics.Add(new Diagnostic(severity, source, line, column, shown, path, message) { SourceLine = lines[line] });
    }

    private static string NameOf(DocumentNode root) => root["metadata"]?.TextOf("name") ?? root["metadata"]?.TextOf("generateName") ?? "";

    private static string Json(DocumentNode root)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream)) root.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
