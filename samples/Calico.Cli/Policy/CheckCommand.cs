using System.CommandLine;
using Calico.Policy.Manifests;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy check MANIFESTS…</c>: validation and lint; exit 1 when there is an error.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> manifests = ManifestInput.Argument();
        Command command = new("check", "Validate manifests and look for policy that cannot mean what it says.") { manifests };
        command.SetAction(parsed => Run(parsed.GetValue(manifests)!, terminal));
        return command;
    }

    private static int Run(string[] paths, Terminal terminal)
    {
        ManifestSet set = ManifestInput.Read(paths);
        List<Diagnostic> all = [.. set.Diagnostics, .. LintReport.Of(set)];
        DiagnosticView.Write(terminal.Rich, all);
        string colour = set.HasErrors ? "red" : all.Count > 0 ? "yellow" : "green";
        terminal.Rich.MarkupLine($"[{colour}]{Markup.Escape(DiagnosticView.Summary(all, set.Objects.Count))}[/]");
        return set.HasErrors ? ExitCode.Negative : ExitCode.Success;
    }
}
