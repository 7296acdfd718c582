using System.CommandLine;
using Calico.Policy.Analysis;
using Calico.Policy.Manifests;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy diff OLD NEW</c>: what a change of manifests opens and closes, over all packets; exit 1 when anything changes, as diff does.</summary>
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
        ManifestCluster before = ManifestInput.ReadCluster([old], terminal).Cluster, after = ManifestInput.ReadCluster([fresh], terminal).Cluster;
        PolicyComparison comparison = PolicyAnalysis.Diff(before.State, after.State);
        IAnsiConsole console = terminal.Rich;
        foreach (string pod in Names(after).Except(Names(before))) console.MarkupLineInterpolated($"[green]+[/] pod {pod} is new");
        foreach (string pod in Names(before).Except(Names(after))) console.MarkupLineInterpolated($"[red]-[/] pod {pod} is gone");
        if (comparison.IsEqual)
        {
            console.MarkupLine("[green]no packet is treated differently[/]");
            return Names(before).SequenceEqual(Names(after)) ? ExitCode.Success : ExitCode.Negative;
        }

        Table table = new Table().Border(TableBorder.Rounded).AddColumns("", "from", "to", "packets", "for example");
        foreach (FlowDifference difference in comparison.Differences)
        {
            string colour = difference.IsAllowedAfter ? "green" : "red";
            table.AddRow(
                $"[{colour}]{(difference.IsAllowedAfter ? "opens" : "closes")}[/]",
                Markup.Escape(string.Join('\n', difference.Sources)),
                Markup.Escape(difference.Destination.ToString()),
                Markup.Escape(string.Join('\n', PacketSummary.Merge(difference.Packets))),
                $"[dim]{Markup.Escape(difference.Example.ToString())}[/]");
        }

        console.Write(table);
        console.MarkupLineInterpolated($"{comparison.NewlyAllowed.Count()} groups of flows open, {comparison.NewlyDenied.Count()} close");
        return ExitCode.Negative;
    }

    private static IEnumerable<string> Names(ManifestCluster cluster) =>
        cluster.Pods.Select(static p => $"{p.Metadata.Namespace}/{p.Metadata.Name}").Order(StringComparer.Ordinal);
}
