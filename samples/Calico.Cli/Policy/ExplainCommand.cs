using System.CommandLine;
using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy explain --from ns/pod --to ns/pod|IP --port 80/TCP MANIFESTS…</c>: the verdict, and every tier, policy and rule on the way to it.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> from = new("--from") { Description = "The sender: ns/pod, an IP address, or node:NAME.", Required = true };
        Option<string> to = new("--to") { Description = "The receiver, likewise.", Required = true };
        Option<string> port = new("--port") { Description = "The destination port, for example 80/TCP; or a protocol without ports, for example ICMP.", Required = true };
        Option<bool> everything = new("--all") { Description = "Show rules that do not match, too." };
        Argument<string[]> manifests = ManifestInput.Argument();
        Command command = new("explain", "Say what becomes of a packet, and why.") { from, to, port, everything, manifests };
        command.SetAction(parsed => Run(parsed.GetValue(from)!, parsed.GetValue(to)!, parsed.GetValue(port)!, parsed.GetValue(everything), parsed.GetValue(manifests)!, terminal));
        return command;
    }

    private static int Run(string from, string to, string portText, bool everything, string[] paths, Terminal terminal)
    {
        if (!PortReference.TryParse(portText, out PortReference port, out string error)) return terminal.Fail(error);
        (ManifestSet manifests, ManifestCluster cluster) = ManifestInput.ReadCluster(paths, terminal);
        if (EndpointReference.Find(from, cluster, out error) is not { } source) return terminal.Fail($"--from: {error}");
        if (EndpointReference.Find(to, cluster, out error) is not { } destination) return terminal.Fail($"--to: {error}");

        (IPAddress From, IPAddress To)[] pairs = [.. source.Addresses.SelectMany(s => destination.Addresses.Where(d => d.AddressFamily == s.AddressFamily).Take(1).Select(d => (s, d))).DistinctBy(static p => p.s.AddressFamily)];
        if (pairs.Length == 0) return terminal.Fail($"{from} and {to} have no addresses of one family");
        PolicyEvaluator evaluator = new(cluster.State);
        SourceIndex sources = new(manifests);
        bool all = true;
        foreach ((IPAddress fromAddress, IPAddress toAddress) in pairs)
        {
            FlowVerdict verdict = evaluator.Evaluate(new Flow
            {
                Source = fromAddress,
                Destination = toAddress,
                Protocol = port.Protocol,
                DestinationPort = port.Port,
                IcmpType = port.Protocol == IpProtocol.IcmpV6 ? (byte)128 : (byte)8,
            });
            all &= verdict.IsAllowed;
            Write(terminal.Rich, $"{from} ({fromAddress}) → {to} ({toAddress}) {portText}", verdict, everything, sources);
        }

        return all ? ExitCode.Success : ExitCode.Negative;
    }

    private static void Write(IAnsiConsole console, string title, FlowVerdict verdict, bool everything, SourceIndex sources)
    {
        console.MarkupLine($"[bold]{Markup.Escape(title)}[/]: {(verdict.IsAllowed ? "[green]allowed[/]" : "[red]denied[/]")}");
        WriteTrace(console, verdict.Trace, everything, sources);
        if (verdict.IsAllowedWithStaged == verdict.IsAllowed) return;
        console.MarkupLine($"[yellow]with the staged policies in force:[/] {(verdict.IsAllowedWithStaged ? "[green]allowed[/]" : "[red]denied[/]")}");
        WriteTrace(console, verdict.StagedTrace, everything, sources);
    }

    private static void WriteTrace(IAnsiConsole console, IReadOnlyList<TraceStep> trace, bool everything, SourceIndex sources)
    {
        if (trace.Count == 0) console.MarkupLine("  no policy stands in the way");
        foreach (IGrouping<(string Endpoint, PolicyTypes Direction, PolicyHook Hook), TraceStep> walk in trace.GroupBy(static s => (s.Endpoint, s.Direction, s.Hook)))
        {
            Tree tree = new($"[bold]{(walk.Key.Direction == PolicyTypes.Egress ? "leaving" : "entering")} {Markup.Escape(walk.Key.Endpoint)}[/] [dim]{walk.Key.Hook}[/]");
            foreach (TraceStep step in walk)
            {
                if (step.Outcome == TraceOutcome.NoMatch && !everything) continue;
                tree.AddNode(Line(step, sources));
            }

            console.Write(tree);
        }
    }

    private static string Line(TraceStep step, SourceIndex sources)
    {
        string colour = step.Outcome switch
        {
            TraceOutcome.Allow or TraceOutcome.AllowWithoutRule => "green",
            TraceOutcome.Deny or TraceOutcome.EndOfTierDeny or TraceOutcome.DenyWithoutRule => "red",
            TraceOutcome.Pass or TraceOutcome.EndOfTierPass or TraceOutcome.Log => "yellow",
            _ => "dim",
        };
        string subject = step.Policy is { } policy ? $"{policy}{(step.RuleIndex >= 0 ? FormattableString.Invariant($" rule {step.RuleIndex}") : "")}"
            : step.Profile is { } profile ? $"profile {profile}{(step.RuleIndex >= 0 ? FormattableString.Invariant($" rule {step.RuleIndex}") : "")}"
            : step.Tier.Length > 0 ? "end of tier" : "";
        string tier = step.Tier.Length > 0 ? $"[dim]tier[/] {Markup.Escape(step.Tier)} " : "";
        string place = sources.Place(step.Policy);
        return $"{tier}{Markup.Escape(subject)}{(subject.Length > 0 ? ": " : "")}[{colour}]{step.Outcome}[/] {Markup.Escape(step.Reason)}{(place.Length > 0 ? $" [dim]{Markup.Escape(place)}[/]" : "")}";
    }
}
