using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Calico.Dataplane;
using Spectre.Console;

namespace Calico.Cli.Node;

/// <summary><c>calico node policy show [ENDPOINT…]</c>: each endpoint's policies in order, their shape in the kernel and why, and what each rule counted.</summary>
internal static class PolicyShowCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> wanted = new("endpoints") { Description = "ns/pod, an interface, an address or a host endpoint; all without one.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> output = NodeVerb.Output();
        Option<bool> counted = new("--counted") { Description = "Only rules that have counted a packet." };
        Command command = new("show", "Show each endpoint's policies as the kernel enforces them.") { wanted, output, counted };
        return command.On(terminal, NodeVerb.Namespace(), async (kernel, parsed, cancellation) =>
        {
            NodeRuleset ruleset = await kernel.ReadAsync(cancellation);
            IReadOnlyList<EndpointRules> shown = Choose(ruleset, parsed.GetValue(wanted)!);
            if (parsed.GetValue(output) == "json") await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(shown, NodeJson.Readable.IReadOnlyListEndpointRules));
            else foreach (EndpointRules endpoint in shown) Write(terminal.Rich, endpoint, parsed.GetValue(counted));
            if (shown.Count == 0) terminal.Rich.MarkupLine("no endpoint on this node");
            return ExitCode.Success;
        });
    }

    private static IReadOnlyList<EndpointRules> Choose(NodeRuleset ruleset, string[] wanted)
    {
        if (wanted.Length == 0) return ruleset.Endpoints;
        return [.. wanted.SelectMany(text => NodeEndpoint.Find(ruleset, text) is { Count: > 0 } found ? found : throw new NodeException(NodeEndpoint.NotThere(ruleset, text))).Distinct()];
    }

    private static void Write(IAnsiConsole console, EndpointRules endpoint, bool counted)
    {
        string place = string.Join(", ", endpoint.Addresses.Select(a => a.ToString()).Prepend(endpoint.Interface));
        console.MarkupLine($"[bold]{Markup.Escape(endpoint.Endpoint)}[/] [dim]{Markup.Escape(place)}[/]{(endpoint.IsHost ? " [blue]host endpoint[/]" : "")}{(endpoint.IsDown ? " [red]administratively down: everything is dropped[/]" : "")}");
        foreach (WalkRules walk in endpoint.Walks)
        {
            Tree tree = new($"[bold]{walk.Direction}[/] [blue]{walk.Shape.ToString().ToLowerInvariant()}[/] [dim]{Markup.Escape(walk.Why)}; chain {Markup.Escape(walk.Chain)}{(walk.SharedBy > 1 ? Text($", shared by {walk.SharedBy} endpoints") : "")}[/]");
            foreach (TierPolicies tier in walk.Policies)
            {
                string title = tier.DefaultAction.Length == 0 ? tier.Tier : $"tier {tier.Tier}, then {tier.DefaultAction.ToLowerInvariant()}";
                tree.AddNode($"[dim]{Markup.Escape(title)}:[/] {Markup.Escape(tier.Policies.Count == 0 ? "none" : string.Join(", ", tier.Policies))}");
            }

            RuleCounter[] rules = [.. walk.Rules.Where(r => !counted || r.Packets > 0)];
            if (rules.Length > 0) tree.AddNode(Counters(rules));
            console.Write(tree);
        }
    }

    private static Table Counters(RuleCounter[] rules)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("rule").AddColumn(new TableColumn("packets").RightAligned()).AddColumn(new TableColumn("bytes").RightAligned());
        foreach (RuleCounter rule in rules)
        {
            string colour = rule.Staged ? "yellow" : rule.Rule.EndsWith("deny", StringComparison.Ordinal) ? "red" : rule.Rule.EndsWith("allow", StringComparison.Ordinal) ? "green" : "default";
            table.AddRow($"{(rule.Staged ? "[dim]staged[/] " : "")}[{colour}]{Markup.Escape(rule.Rule)}[/]", Text($"{rule.Packets:N0}"), Text($"{rule.Bytes:N0}"));
        }

        return table;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
