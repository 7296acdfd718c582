using System.CommandLine;
using System.Text.Json;
using Calico.Dataplane;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Manifests;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary>
/// <c>calico policy verify MANIFESTS… --node N</c>: the ruleset that a node gets is put into a kernel namespace of its own, read back, and held against policy over all classes
/// of packets; exit 1, with a packet, when they differ.
/// </summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string[]> nodes = new("--node") { Description = "The node; may be given several times. Every node without it." };
        Option<string> shape = new("--shape") { Description = "auto, chains or maps: how policy is laid out.", DefaultValueFactory = static _ => "auto" };
        shape.AcceptOnlyFromAmong("auto", "chains", "maps");
        Option<bool> compiled = new("--compiled") { Description = "Verify the ruleset as compiled, without a kernel: needs no privilege, and proves less." };
        Option<string> output = new("--output", "-o") { Description = "text for people, json for machines.", DefaultValueFactory = static _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        Argument<string[]> manifests = ManifestInput.Argument();
        Command command = new("verify", "Prove that what a node's kernel does is what policy says, for every packet there can be.") { nodes, shape, compiled, output, manifests };
        command.SetAction(async (parsed, cancellation) =>
        {
            ManifestCluster cluster = ManifestInput.ReadCluster(parsed.GetValue(manifests)!, terminal).Cluster;
            string[] wanted = parsed.GetValue(nodes) is { Length: > 0 } named ? named : [.. NodePlan.NodesOf(cluster.State)];
            if (wanted.Length == 0) return terminal.Fail("the manifests name no node: no pod or host endpoint says where it runs");
            DataplaneOptions options = DataplaneOptions.Default with { Shape = Enum.Parse<PolicyShape>(parsed.GetValue(shape)!, ignoreCase: true) };
            try
            {
                List<(string Node, VerificationReport Report)> reports = [];
                foreach (string node in wanted) reports.Add((node, await VerifyAsync(new DataplaneVerifier(cluster.State, node, options), parsed.GetValue(compiled), cancellation)));
                if (parsed.GetValue(output) == "json") await WriteJsonAsync(terminal.Out, reports);
                else foreach ((string node, VerificationReport report) in reports) Write(terminal.Rich, node, report);
                return reports.TrueForAll(static r => r.Report.IsProved) ? ExitCode.Success : ExitCode.Negative;
            }
            catch (ArgumentException e)
            {
                return terminal.Fail($"{e.Message} Known: {string.Join(", ", NodePlan.NodesOf(cluster.State))}.");
            }
            catch (NetlinkException e) when (e.Errno is Errno.NotPermitted or Errno.AccessDenied)
            {
                return terminal.Fail("a namespace of its own needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN); with --compiled the ruleset is verified without a kernel");
            }
            catch (Exception e) when (e is NetlinkException or NftTransactionException)
            {
                return terminal.Fail(e.Message);
            }
        });
        return command;
    }

    private static async Task<VerificationReport> VerifyAsync(DataplaneVerifier verifier, bool compiled, CancellationToken cancellation)
    {
        if (compiled) return verifier.Verify(verifier.Compile(), cancellation);
        using NetworkNamespace network = NetworkNamespace.CreateAnonymous();
        return await verifier.VerifyThroughKernelAsync(network, cancellation);
    }

    private static void Write(IAnsiConsole console, string node, VerificationReport report)
    {
        console.MarkupLine($"[bold]{Markup.Escape(node)}[/]: [{(report.IsProved ? "green" : "red")}]{Markup.Escape(report.ToString())}[/]");
        foreach (string rule in report.Unreadable) console.MarkupLineInterpolated($"  [yellow]not understood:[/] {rule}");
        if (report.Differences is not [{ } first, ..]) return;
        console.MarkupLineInterpolated($"  [red]counter-example:[/] {first}");
        foreach (string step in first.RulesetTrace) console.MarkupLineInterpolated($"    [dim]ruleset[/] {step}");
        foreach (Calico.Policy.Evaluation.TraceStep step in first.PolicyTrace) console.MarkupLineInterpolated($"    [dim]policy[/] {step}");
        foreach (VerificationDifference further in report.Differences.Skip(1)) console.MarkupLineInterpolated($"  [red]and:[/] {further}");
    }

    private static async Task WriteJsonAsync(TextWriter output, List<(string Node, VerificationReport Report)> reports)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach ((string node, VerificationReport report) in reports) Write(writer, node, report);
            writer.WriteEndArray();
        }

        await output.WriteLineAsync(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void Write(Utf8JsonWriter writer, string node, VerificationReport report)
    {
        writer.WriteStartObject();
        writer.WriteString("node", node);
        writer.WriteBoolean("proved", report.IsProved);
        writer.WriteNumber("packets", report.Packets);
        writer.WriteNumber("addressClasses", report.AddressClasses);
        writer.WriteNumber("packetClasses", report.PacketClasses);
        writer.WriteStartArray("differences");
        foreach (VerificationDifference difference in report.Differences)
        {
            writer.WriteStartObject();
            writer.WriteString("packet", difference.Flow.ToString());
            writer.WriteString("state", difference.Flow.State.ToString().ToLowerInvariant());
            writer.WriteString("in", difference.InputInterface);
            writer.WriteString("out", difference.OutputInterface);
            writer.WriteBoolean("policyAllows", difference.IsAllowedByPolicy);
            writer.WriteBoolean("rulesetAllows", difference.IsAllowedByRuleset);
            writer.WriteStartArray("trace");
            foreach (string step in difference.RulesetTrace) writer.WriteStringValue(step);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notUnderstood");
        foreach (string rule in report.Unreadable) writer.WriteStringValue(rule);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
