using System.Globalization;
using Calico.Policy.Manifests;
using Spectre.Console;

namespace Calico.Cli;

/// <summary>Diagnostics as compilers show them: place, message, the source line, a caret under the column.</summary>
internal static class DiagnosticView
{
    private const int TabWidth = 4;
    private const int WindowWidth = 160;

    public static void Write(IAnsiConsole console, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics) Write(console, diagnostic);
    }

    public static void Write(IAnsiConsole console, Diagnostic diagnostic)
    {
        (string word, string colour) = diagnostic.Severity switch
        {
            Severity.Error => ("error", "red"),
            Severity.Warning => ("warning", "yellow"),
            _ => ("info", "blue"),
        };
        string place = diagnostic.Line == 0 ? diagnostic.Source : string.Create(CultureInfo.InvariantCulture, $"{diagnostic.Source}:{diagnostic.Line}:{diagnostic.Column}");
        string subject = string.Join(": ", new[] { diagnostic.Object, diagnostic.Path }.Where(static s => s.Length > 0));
        console.MarkupLine($"[bold]{Markup.Escape(place)}[/]: [{colour}]{word}:[/] {(subject.Length == 0 ? "" : $"[bold]{Markup.Escape(subject)}[/]: ")}{Markup.Escape(diagnostic.Message)}");
        if (diagnostic.SourceLine.Length == 0) return;

        string number = diagnostic.Line.ToString(CultureInfo.InvariantCulture);
        (string shown, string before) = Window(diagnostic.SourceLine, Math.Clamp(diagnostic.Column - 1, 0, diagnostic.SourceLine.Length));
        console.MarkupLine($"[dim]{number} |[/] {Markup.Escape(Expanded(shown))}");
        console.MarkupLine($"[dim]{new string(' ', number.Length)} |[/] {new string(' ', Expanded(before).Length)}[{colour}]^[/]");
    }

    public static string Summary(IReadOnlyCollection<Diagnostic> diagnostics, int objects)
    {
        int errors = diagnostics.Count(static d => d.Severity == Severity.Error), warnings = diagnostics.Count(static d => d.Severity == Severity.Warning);
        return $"{Count(objects, "object")}, {Count(errors, "error")}, {Count(warnings, "warning")}";
    }

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    // Of a very long line only what is around the caret.
    private static (string Shown, string Before) Window(string line, int column)
    {
        if (line.Length <= WindowWidth) return (line, line[..column]);
        int from = Math.Max(0, Math.Min(column - (WindowWidth / 2), line.Length - WindowWidth));
        string start = from > 0 ? "…" : "", end = from + WindowWidth < line.Length ? "…" : "";
        return ($"{start}{line.AsSpan(from, WindowWidth)}{end}", $"{start}{line.AsSpan(from, column - from)}");
    }

    private static string Expanded(string text) => text.Replace("\t", new string(' ', TabWidth), StringComparison.Ordinal);
}
