using System.Text;
using Calico.Yaml;

namespace Calico.Policy.Manifests;

/// <summary>
/// Reads manifests, YAML or JSON, as kubectl and calicoctl take them: several documents, <c>kind: List</c>, files and folders.
/// It never throws on what the text says: an object that is wrong is reported with its place and does not stop the others.
/// </summary>
public sealed class ManifestReader
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Whether fields that no version of the API has are reported; on by default.</summary>
    public bool WarnAboutUnknownFields { get; init; } = true;

    /// <summary>Reads a text.</summary>
    /// <param name="text">YAML documents or JSON.</param>
    /// <param name="source">What diagnostics call it, usually the file name.</param>
    public ManifestSet Read(string text, string source = "input")
    {
        ArgumentNullException.ThrowIfNull(text);
        List<ManifestObject> objects = [];
        List<Diagnostic> diagnostics = [];
        ReadInto(text, source, objects, diagnostics);
        return new ManifestSet(objects, diagnostics);
    }

    /// <summary>Reads files, and every <c>.yaml</c>, <c>.yml</c> and <c>.json</c> file below folders, in the order of their names.</summary>
    /// <remarks>A file that is missing or cannot be opened is a diagnostic, as everything else that is wrong.</remarks>
    public ManifestSet ReadFiles(params IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        List<ManifestObject> objects = [];
        List<Diagnostic> diagnostics = [];
        foreach (string path in paths)
        {
            foreach (string file in Expand(path, diagnostics))
            {
                try
                {
                    ReadInto(File.ReadAllText(file, Encoding.UTF8), file, objects, diagnostics);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
                {
                    diagnostics.Add(new Diagnostic(Severity.Error, file, 0, 0, "", "", e.Message));
                }
            }
        }

        return new ManifestSet(objects, diagnostics);
    }

    private static string[] Expand(string path, List<Diagnostic> diagnostics)
    {
        if (!Directory.Exists(path)) return [path];
        try
        {
            string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(static f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))];
            Array.Sort(files, StringComparer.Ordinal);
            if (files.Length == 0) diagnostics.Add(new Diagnostic(Severity.Warning, path, 0, 0, "", "", "there is no .yaml, .yml or .json file in this folder"));
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(new Diagnostic(Severity.Error, path, 0, 0, "", "", e.Message));
            return [];
        }
    }

    private void ReadInto(string text, string source, List<ManifestObject> objects, List<Diagnostic> diagnostics)
    {
        SourceLines lines = new(text);
        ObjectReader reader = new(source, lines, objects, diagnostics, WarnAboutUnknownFields);
        foreach (ParsedDocument document in DocumentReader.Read(text))
        {
            if (document.Error is { } error)
                diagnostics.Add(new Diagnostic(Severity.Error, source, document.Line, document.Column, "", "", error) { SourceLine = lines[document.Line] });
            else if (document.Root is { } root)
                reader.Read(root);
        }
    }
}

/// <summary>The lines of a text, found when the first is asked for.</summary>
internal sealed class SourceLines(string text)
{
    private const int Longest = 400;
    private List<int>? _starts;

    public string this[int line]
    {
        get
        {
            if (_starts is null)
            {
                _starts = [0];
                for (int i = 0; i < text.Length; i++)
                {
                    if (text[i] == '\n') _starts.Add(i + 1);
                }
            }

            if (line < 1 || line > _starts.Count) return "";
            int start = _starts[line - 1], end = line < _starts.Count ? _starts[line] : text.Length;
            string row = text[start..end].TrimEnd('\r', '\n');
            return row.Length <= Longest ? row : row[..Longest];
        }
    }
}
