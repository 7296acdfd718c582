using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Calico.Bgp;
using Calico.Bgp.Status;
using Spectre.Console;

namespace Calico.Cli.Bgp;

/// <summary><c>calico bgp status</c>: the neighbours, their sessions, what they gave and got, and why a session is down.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal) =>
        new Command("status", "Show the neighbours.").On(terminal, async (client, json, _, cancel) =>
        {
            IReadOnlyList<BgpNeighborReport> neighbors = await client.GetNeighborsAsync(cancel);
            if (json) WriteJson(neighbors, terminal.Out);
            else WriteTable(neighbors, terminal.Rich, DateTimeOffset.UtcNow);
        });

    private static void WriteTable(IReadOnlyList<BgpNeighborReport> neighbors, IAnsiConsole console, DateTimeOffset now)
    {
        if (neighbors.Count == 0)
        {
            console.MarkupLine("no neighbours");
            return;
        }

        Table table = new Table().Border(TableBorder.None).AddColumns("NEIGHBOR", "AS", "STATE", "SINCE");
        foreach (string count in new[] { "RECEIVED", "ACCEPTED", "ADVERTISED" }) table.AddColumn(new TableColumn(count).RightAligned());
        table.AddColumn("LAST ERROR");
        foreach (BgpNeighborReport n in neighbors)
        {
            string name = n.Name == n.Address ? n.Address : $"{n.Name} ({n.Address})";
            table.AddRow(Markup.Escape(name), Number(n.Asn), State(n), Markup.Escape(Elapsed(now - n.Since)), Number(n.PrefixesReceived), Number(n.PrefixesAccepted), Number(n.PrefixesAdvertised), Markup.Escape(n.LastError ?? ""));
        }

        console.Write(table);
    }

    private static string State(BgpNeighborReport n)
    {
        string text = n.IsRestarting ? $"{n.State} (restarting)" : n.State.ToString();
        return $"[{(n.State == BgpState.Established ? "green" : n.IsRestarting ? "yellow" : "red")}]{text}[/]";
    }

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    internal static string Elapsed(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}d{time.Hours:00}h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h{time.Minutes:00}m"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds:00}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)time.TotalSeconds)}s"),
    };

    private static void WriteJson(IReadOnlyList<BgpNeighborReport> neighbors, TextWriter output)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, BgpVerb.Indented))
        {
            writer.WriteStartArray();
            foreach (BgpNeighborReport neighbor in neighbors) JsonSerializer.Serialize(writer, neighbor, ReportJson.Default.BgpNeighborReport);
            writer.WriteEndArray();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
