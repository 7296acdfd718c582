using System.CommandLine;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy diff OLD NEW</c>: what a change of manifests opens and closes; exit 1 when anything changes, as diff does.</summary>
internal static class DiffCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> old = new("old") { Description = "The manifests as they are: a file or folder." };
        Argument<string> fresh = new("new") { Description = "The manifests as they would be." };
        Command command = new("diff", "Show what a change opens and closes.") { old, fresh };
        command.SetAction(parsed => Run(parsed.GetValue(old)!, parsed.GetValue(fresh)!, terminal));
        return command;
    }

    private static int Run(string old, string fresh, Terminal terminal)
    {
        ReachMatrix before = Read(old, terminal), after = Read(fresh, terminal);
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("from", "to", "before", "after");
        int changes = 0;
        foreach (string peer in after.Peers.Except(before.Peers)) terminal.Rich.MarkupLineInterpolated($"[green]+ {peer}[/] is new");
        foreach (string peer in before.Peers.Except(after.Peers)) terminal.Rich.MarkupLineInterpolated($"[red]- {peer}[/] is gone");
        string[] common = [.. before.Peers.Intersect(after.Peers)];
        foreach (string from in common)
        {
            foreach (string to in common.Where(to => to != from && !before[from, to].Equals(after[from, to])))
            {
                changes++;
                table.AddRow(Markup.Escape(from), Markup.Escape(to), $"[red]{Markup.Escape(before[from, to].ToString())}[/]", $"[green]{Markup.Escape(after[from, to].ToString())}[/]");
            }
        }

        if (changes > 0) terminal.Rich.Write(table);
        terminal.Rich.MarkupLineInterpolated($"{changes} of {common.Length * (common.Length - 1)} pairs change");
        return changes == 0 && before.Peers.SequenceEqual(after.Peers) ? ExitCode.Success : ExitCode.Negative;
    }

    private static ReachMatrix Read(string path, Terminal terminal) => ReachMatrix.Of(ManifestInput.ReadCluster([path], terminal).Cluster);
}
