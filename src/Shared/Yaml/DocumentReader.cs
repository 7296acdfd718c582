#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Yaml;

/// <summary>A document of a stream: a value, nothing (only comments), or an error and where it is.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed record ParsedDocument(DocumentNode? Root, string? Error, int Line, int Column);

/// <summary>What reading refuses, so that no text can use up the process.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal sealed record DocumentLimits
{
    public static DocumentLimits Default { get; } = new();

    /// <summary>Characters of the whole text.</summary>
    public int MaxLength { get; init; } = 64 << 20;

    /// <summary>Values nested in one another.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Values of one document, each use of an alias counted in full.</summary>
    public long MaxValues { get; init; } = 1 << 20;
}

/// <summary>
/// Reads YAML (several documents) and JSON to trees with positions. The text is cut at the lines that begin a document first:
/// nothing within a document may look like one, and an error then spoils its own document only.
/// </summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class DocumentReader
{
    public static IEnumerable<ParsedDocument> Read(string text, DocumentLimits? limits = null)
    {
        limits ??= DocumentLimits.Default;
        if (text.Length > limits.MaxLength)
        {
            yield return new ParsedDocument(null, $"the text has {text.Length} characters, at most {limits.MaxLength} are read", 1, 1);
            yield break;
        }

        foreach ((int start, int end, int line) in Cut(text))
        {
            string part = text[start..end];
            if (IsBlank(part)) continue;
            yield return JsonDocumentParser.LooksLikeJson(part) && JsonDocumentParser.TryParse(part, line, limits) is { } json
                ? json
                : YamlDocumentParser.Parse(part, line, limits);
        }
    }

    // Each part begins after its marker line, so that columns stay true and lines need an offset alone.
    private static IEnumerable<(int Start, int End, int Line)> Cut(string text)
    {
        int start = text.StartsWith('\uFEFF') ? 1 : 0, startLine = 1, line = 1;
        for (int at = start; at < text.Length; line++)
        {
            int length = text.AsSpan(at).IndexOf('\n');
            int next = length < 0 ? text.Length : at + length + 1;
            if (IsMarker(text.AsSpan(at, next - at)))
            {
                yield return (start, at, startLine);
                // "--- value": the value belongs to the new document.
                (start, startLine) = text.AsSpan(at + 3, next - at - 3).Trim() is [not '#', ..] ? (at, line) : (next, line + 1);
            }

            at = next;
        }

        yield return (start, text.Length, startLine);
    }

    private static bool IsMarker(ReadOnlySpan<char> row) =>
        row.StartsWith("---", StringComparison.Ordinal) && (row.Length == 3 || char.IsWhiteSpace(row[3]));

    private static bool IsBlank(string part)
    {
        foreach (ReadOnlySpan<char> row in part.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> content = row.Trim();
            if (!content.IsEmpty && content[0] is not ('#' or '%') && !content.SequenceEqual("...")) return false;
        }

        return true;
    }
}
