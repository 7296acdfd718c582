using System.CommandLine;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Selectors;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy select 'SELECTOR' MANIFESTS…</c>: which endpoints and network sets a selector matches, inherited labels included.</summary>
internal static class SelectCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> selector = new("selector") { Description = "A Calico selector, for example \"app == 'db' && pcns.team in {'shop'}\"." };
        Argument<string[]> manifests = ManifestInput.Argument();
        Command command = new("select", "Show what a selector selects.") { selector, manifests };
        command.SetAction(parsed => Run(parsed.GetValue(selector)!, parsed.GetValue(manifests)!, terminal));
        return command;
    }

    private static int Run(string text, string[] paths, Terminal terminal)
    {
        if (!Selector.TryParse(text, out Selector? selector, out SelectorError error))
        {
            DiagnosticView.Write(terminal.RichError, new Diagnostic(Severity.Error, "selector", 1, error.Position + 1, "", "", error.Message) { SourceLine = text });
            return ExitCode.Usage;
        }

        ManifestCluster cluster = ManifestInput.ReadCluster(paths, terminal).Cluster;
        terminal.Rich.MarkupLine($"[bold]{Markup.Escape(selector.CanonicalText)}[/] [dim]{Markup.Escape(selector.UniqueId)}[/]");
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("kind", "name", "addresses", "labels");
        int matched = 0, all = 0;
        foreach ((string kind, string name, string addresses, LabelMap labels) in Candidates(cluster).OrderBy(static c => (c.Kind, c.Name)))
        {
            all++;
            if (!selector.Matches(labels)) continue;
            matched++;
            table.AddRow(Markup.Escape(kind), Markup.Escape(name), Markup.Escape(addresses), Markup.Escape(string.Join('\n', labels.Select(static l => $"{l.Key}={l.Value}"))));
        }

        if (matched > 0) terminal.Rich.Write(table);
        terminal.Rich.MarkupLineInterpolated($"{matched} of {all} match");
        return matched > 0 ? ExitCode.Success : ExitCode.Negative;
    }

    private static IEnumerable<(string Kind, string Name, string Addresses, LabelMap Labels)> Candidates(ManifestCluster cluster)
    {
        foreach (WorkloadEndpointModel workload in cluster.State.Workloads.Values)
            yield return ("pod", workload.Id.Workload, string.Join('\n', workload.Nets.Select(static n => n.BaseAddress)), cluster.State.EffectiveLabels(workload.Labels, workload.Profiles));
        foreach (HostEndpointModel host in cluster.State.Hosts.Values)
            yield return ("host endpoint", host.Id.Name, string.Join('\n', (IEnumerable<System.Net.IPAddress>)host.ExpectedIPs), cluster.State.EffectiveLabels(host.Labels, host.Profiles));
        foreach (NetworkSetModel set in cluster.State.NetworkSets.Values)
            yield return ("network set", set.Namespace.Length == 0 ? set.Name : $"{set.Namespace}/{set.Name}", string.Join('\n', (IEnumerable<System.Net.IPNetwork>)set.Nets), cluster.State.EffectiveLabels(set.Labels, set.Profiles));
    }
}
