using System.CommandLine;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Calico.Policy.Analysis;
using Calico.Policy.Model;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy reach MANIFESTS…</c>: who may reach whom on what, as a table, JSON, Graphviz or a page.</summary>
internal static class ReachCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> manifests = ManifestInput.Argument();
        Option<string> format = new("--format") { Description = "table, json, dot (Graphviz) or html (one page, the matrix as a picture).", DefaultValueFactory = static _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "dot", "html");
        Command command = new("reach", "Show who may reach whom, and on what.") { manifests, format };
        command.SetAction(parsed => Run(parsed.GetValue(manifests)!, parsed.GetValue(format)!, terminal));
        return command;
    }

    private static int Run(string[] paths, string format, Terminal terminal)
    {
        IReadOnlyList<ReachMatrix> matrices = ReachMatrix.Of(ManifestInput.ReadCluster(paths, terminal).Cluster);
        switch (format)
        {
            case "json": WriteJson(matrices, terminal.Out); break;
            case "dot": WriteDot(matrices, terminal.Out); break;
            case "html": ReachPage.Write(matrices, terminal.Out); break;
            default:
                foreach (ReachMatrix matrix in matrices) WriteTable(matrix, terminal.Rich);
                break;
        }

        return ExitCode.Success;
    }

    private static void WriteTable(ReachMatrix matrix, IAnsiConsole console)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title($"{matrix.Family}: rows reach columns").AddColumn("");
        foreach (string to in matrix.Peers) table.AddColumn(new TableColumn(Markup.Escape(to)).Centered());
        foreach (string from in matrix.Peers)
            table.AddRow([$"[bold]{Markup.Escape(from)}[/]", .. matrix.Peers.Select(to => from == to ? "[dim]·[/]" : Cell(matrix, matrix[from, to]))]);
        console.Write(table);
        console.MarkupLineInterpolated($"{matrix.Summary()}");
    }

    private static string Cell(ReachMatrix matrix, Connectivity allowed) => $"[{(allowed.IsAll ? "green" : allowed.IsNone ? "red" : "yellow")}]{Markup.Escape(matrix.Brief(allowed))}[/]";

    private static void WriteJson(IReadOnlyList<ReachMatrix> matrices, TextWriter output)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("peers");
            foreach (string peer in matrices.SelectMany(static m => m.Peers).Distinct()) writer.WriteStringValue(peer);
            writer.WriteEndArray();
            writer.WriteStartArray("pairs");
            foreach ((ReachMatrix matrix, (string from, string to, Connectivity allowed)) in matrices.SelectMany(static m => m.Pairs().Select(p => (m, p))).Where(static p => !p.p.Allowed.IsNone))
            {
                writer.WriteStartObject();
                writer.WriteNumber("family", (int)matrix.Family);
                writer.WriteString("from", from);
                writer.WriteString("to", to);
                writer.WriteBoolean("everything", allowed.IsAll);
                writer.WriteStartArray("allowed");
                foreach (PacketClass packets in PacketSummary.Merge(allowed.Packets)) WritePackets(writer, packets);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WritePackets(Utf8JsonWriter writer, PacketClass packets)
    {
        PortRange all = new(0, ushort.MaxValue);
        bool isIcmp = packets.Protocol is { IsIcmp: true };
        writer.WriteStartObject();
        if (packets.Protocol is { } protocol) writer.WriteString("protocol", protocol.ToString());
        else writer.WriteString("protocol", "others");
        WriteRange(isIcmp ? "types" : "sourcePorts", packets.SourcePorts);
        WriteRange(isIcmp ? "codes" : "ports", packets.DestinationPorts);
        writer.WriteEndObject();

        void WriteRange(string name, PortRange range)
        {
            if (range == all) return;
            writer.WriteStartArray(name);
            writer.WriteNumberValue(range.First);
            writer.WriteNumberValue(range.Last);
            writer.WriteEndArray();
        }
    }

    private static void WriteDot(IReadOnlyList<ReachMatrix> matrices, TextWriter output)
    {
        output.WriteLine("digraph reach {");
        output.WriteLine("  rankdir=LR; node [shape=box, style=rounded, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];");
        foreach (IGrouping<string, string> ns in matrices.SelectMany(static m => m.Peers).Distinct().Where(IsPod).GroupBy(static p => p.Split('/')[0]))
            output.WriteLine($"  subgraph {Quoted("cluster_" + ns.Key)} {{ label={Quoted(ns.Key)}; {string.Join(' ', ns.Select(static p => Quoted(p) + ";"))} }}");
        foreach (IGrouping<(string From, string To), (ReachMatrix Matrix, string From, string To, Connectivity Allowed)> edge in matrices.SelectMany(static m => m.Pairs().Select(p => (Matrix: m, p.From, p.To, p.Allowed))).GroupBy(static e => (e.From, e.To)).Where(static e => e.Any(f => !f.Allowed.IsNone)))
        {
            // What both IP versions allow alike needs no word about them.
            string[] labels = [.. edge.Select(static e => e.Matrix.Brief(e.Allowed)).Distinct()];
            string label = labels is [string same] ? same : string.Join("; ", edge.Select(static e => $"{e.Matrix.Family} {e.Matrix.Brief(e.Allowed)}"));
            output.WriteLine($"  {Quoted(edge.Key.From)} -> {Quoted(edge.Key.To)} [label={Quoted(label)}];");
        }

        output.WriteLine("}");
    }

    private static bool IsPod(string peer) => peer.Split('/') is [var ns, _] && !IPAddress.TryParse(ns, out _);

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
