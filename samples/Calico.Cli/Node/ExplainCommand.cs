using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Calico.Cli.Policy;
using Calico.Dataplane;
using Calico.Policy.Model;
using Spectre.Console;

namespace Calico.Cli.Node;

/// <summary><c>calico node explain --from ns/pod --to IP --port 80/TCP</c>: which rule of the kernel's table decides about a packet, and which policy it comes from; exit 1 when it is dropped.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> from = new("--from") { Description = "The sender: ns/pod or interface of this node, or an IP address.", Required = true };
        Option<string> to = new("--to") { Description = "The receiver, likewise; of a service an address behind it.", Required = true };
        Option<string> port = new("--port") { Description = "The destination port, for example 80/TCP; or a protocol without ports, for example ICMP.", Required = true };
        Option<string?> input = new("--in") { Description = "The interface it comes in by, where the routes do not say it." };
        Option<string?> outgoing = new("--out") { Description = "The interface it goes out by, likewise." };
        Option<bool> everything = new("--all") { Description = "Show rules that only lead on, too." };
        Option<string> format = NodeVerb.Output();
        Command command = new("explain", "Say which rule in the kernel decides about a packet, and which policy it comes from.") { from, to, port, input, outgoing, everything, format };
        return command.On(terminal, NodeVerb.Namespace(), async (kernel, parsed, cancellation) =>
        {
            if (!PortReference.TryParse(parsed.GetValue(port)!, out PortReference packet, out string error)) return terminal.Fail(error);
            NodeRuleset ruleset = await kernel.ReadAsync(cancellation);
            (IPAddress source, IPAddress destination) = Ends(ruleset, parsed.GetValue(from)!, parsed.GetValue(to)!);
            NodeFlow flow = new(source, destination, packet.Protocol.Number, packet.Port)
            {
                IcmpType = packet.Protocol == IpProtocol.IcmpV6 ? (byte)128 : (byte)8,
                Input = parsed.GetValue(input) ?? await InterfaceAsync(kernel, ruleset, source, "--from", "--in", cancellation),
                Output = parsed.GetValue(outgoing) ?? await InterfaceAsync(kernel, ruleset, destination, "--to", "--out", cancellation),
            };
            NodeExplanation explanation = ruleset.Explain(flow);
            if (parsed.GetValue(format) == "json") await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(explanation, NodeJson.Readable.NodeExplanation));
            else Write(terminal.Rich, explanation, parsed.GetValue(port)!, parsed.GetValue(everything), ruleset);
            return explanation.IsAllowed ? ExitCode.Success : ExitCode.Negative;
        });
    }

    private static (IPAddress, IPAddress) Ends(NodeRuleset ruleset, string from, string to)
    {
        IReadOnlyList<IPAddress> sources = AddressesOf(ruleset, from, "--from"), destinations = AddressesOf(ruleset, to, "--to");
        foreach (IPAddress source in sources.OrderBy(a => a.AddressFamily == AddressFamily.InterNetworkV6))
        {
            if (destinations.FirstOrDefault(d => d.AddressFamily == source.AddressFamily) is { } destination) return (source, destination);
        }

        throw new NodeException($"{from} and {to} have no addresses of one family");
    }

    private static IReadOnlyList<IPAddress> AddressesOf(NodeRuleset ruleset, string text, string option)
    {
        if (IPAddress.TryParse(text, out IPAddress? address)) return [address];
        IReadOnlyList<EndpointRules> found = NodeEndpoint.Find(ruleset, text);
        if (found.Count == 0) throw new NodeException($"{option}: {NodeEndpoint.NotThere(ruleset, text)}");
        if (found.Count > 1) throw new NodeException($"{option}: '{text}' may be {string.Join(" or ", found.Select(f => f.Endpoint))}");
        return found[0].Addresses.Count > 0 ? found[0].Addresses : throw new NodeException($"{option}: {found[0].Endpoint} has no address: name one");
    }

    /// <returns>Null for the host's own addresses.</returns>
    private static async Task<string?> InterfaceAsync(NodeKernel kernel, NodeRuleset ruleset, IPAddress address, string end, string option, CancellationToken cancellation)
    {
        if (ruleset.WorkloadAt(address) is { } workload) return workload.Interface;
        if (await kernel.IsLocalAsync(address, cancellation)) return null;
        return await kernel.WayToAsync(address, cancellation) ?? throw new NodeException($"{end}: this node has no route to {address}: say the interface with {option}");
    }

    private static void Write(IAnsiConsole console, NodeExplanation explanation, string port, bool everything, NodeRuleset ruleset)
    {
        NodeFlow flow = explanation.Flow;
        string sender = ruleset.WorkloadAt(flow.Source)?.Endpoint ?? (flow.Input is null ? "this host" : $"by {flow.Input}"), receiver = ruleset.WorkloadAt(flow.Destination)?.Endpoint ?? (flow.Output is null ? "this host" : $"by {flow.Output}");
        console.MarkupLine($"[bold]{Markup.Escape($"{flow.Source} ({sender}) → {flow.Destination} ({receiver}) {port}")}[/]: {(explanation.IsAllowed ? "[green]passes[/]" : "[red]is dropped[/]")}");
        foreach (IGrouping<string, ExplainedStep> hook in explanation.Steps.GroupBy(s => s.Hook))
        {
            ExplainedStep[] shown = [.. hook.Where(s => everything || s.Comment.Length > 0)];
            if (shown.Length == 0) continue;
            Tree tree = new($"[bold]{hook.Key}[/]");
            foreach (ExplainedStep step in shown) tree.AddNode(Line(step));
            console.Write(tree);
        }

        if (!explanation.Deciders.Any()) console.MarkupLine("no policy of this node has a say about it");
        foreach (ExplainedStep step in explanation.Deciders)
            console.MarkupLine($"decided by [bold]{Markup.Escape(step.Comment.Length > 0 ? step.Comment : step.Verdict)}[/] [dim]{Markup.Escape(FormattableString.Invariant($"(chain {step.Chain}, rule {step.RuleIndex}, handle {step.Handle})"))}[/]");
    }

    private static string Line(ExplainedStep step)
    {
        string colour = !step.Decides ? "dim" : step.Verdict is "drop" or "goto reject" ? "red" : "green";
        return $"[dim]{Markup.Escape(step.Chain)}[/] {Markup.Escape(step.Comment)}{(step.Comment.Length > 0 ? ": " : "")}[{colour}]{Markup.Escape(step.Verdict)}[/]";
    }
}
