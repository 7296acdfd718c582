using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Calico.Policy.Evaluation.Probes;
using Calico.Policy.Manifests;
using Spectre.Console;

namespace Calico.Cli.Policy;

/// <summary><c>calico policy probe CASES.json</c>: tries the packets of cases; exit 0 only when nothing disagrees and every case could be read.</summary>
internal static class ProbeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new("cases") { Description = "A file of cases (clusters, policies and packets as data), or - for stdin." };
        Option<string> format = new("--format") { Description = "text for people, json for machines.", DefaultValueFactory = static _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        Command command = new("probe", "Try packets on clusters given as data.") { file, format };
        command.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(format) == "json", terminal));
        return command;
    }

    private static int Run(string file, bool asJson, Terminal terminal)
    {
        IReadOnlyList<ProbeCase> cases;
        try
        {
            cases = ProbeCase.ReadAll(file == "-" ? ReadStdin() : File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return terminal.Fail($"{file}: {e.Message}");
        }

        List<(ProbeCase Case, IReadOnlyList<ProbeResult> Results, string? Error)> runs = [.. cases.Select(Try)];
        if (asJson) WriteJson(runs, terminal.Out);
        else WriteText(runs, terminal);
        return runs.Exists(static r => r.Error is not null || r.Results.Any(static p => p.Disagrees)) ? ExitCode.Negative : ExitCode.Success;
    }

    // A text that is no object of any kind cannot be judged; an object that is wrong fails closed, as in a cluster.
    private static (ProbeCase, IReadOnlyList<ProbeResult>, string?) Try(ProbeCase probeCase) =>
        probeCase.Error is { } error ? (probeCase, [], error)
        : (probeCase, probeCase.Run(), probeCase.Policies.Diagnostics.FirstOrDefault(static d => d.Severity == Severity.Error && d.Object.Length == 0)?.ToString());

    private static void WriteText(List<(ProbeCase Case, IReadOnlyList<ProbeResult> Results, string? Error)> runs, Terminal terminal)
    {
        int probes = 0, wrong = 0, unread = 0;
        foreach ((ProbeCase probeCase, IReadOnlyList<ProbeResult> results, string? error) in runs)
        {
            if (error is not null)
            {
                unread++;
                terminal.Rich.MarkupLineInterpolated($"[red]{probeCase.Id}[/]: cannot be read: {error}");
                continue;
            }

            probes += results.Count;
            foreach (ProbeResult result in results.Where(static r => r.Disagrees))
            {
                wrong++;
                if (result.Error is not null) terminal.Rich.MarkupLineInterpolated($"[red]{probeCase.Id}[/]: {result.Probe}: {result.Error}");
                else terminal.Rich.MarkupLineInterpolated($"[red]{probeCase.Id}[/]: {result.Probe}: expected {(result.Probe.Expected is true ? "allow" : "deny")}, {result.Verdict}");
            }
        }

        string summary = string.Create(CultureInfo.InvariantCulture, $"{runs.Count} cases, {probes} probes, {wrong} disagree, {unread} cases cannot be read");
        terminal.Rich.MarkupLine($"[{(wrong + unread == 0 ? "green" : "red")}]{summary}[/]");
    }

    private static void WriteJson(List<(ProbeCase Case, IReadOnlyList<ProbeResult> Results, string? Error)> runs, TextWriter output)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach ((ProbeCase probeCase, IReadOnlyList<ProbeResult> results, string? error) in runs)
            {
                writer.WriteStartObject();
                writer.WriteString("case", probeCase.Id);
                if (error is not null) writer.WriteString("error", error);
                writer.WriteStartArray("probes");
                foreach (ProbeResult result in results) WriteProbe(writer, result);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteProbe(Utf8JsonWriter writer, ProbeResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("from", result.Probe.From);
        writer.WriteString("to", result.Probe.To);
        writer.WriteString("protocol", result.Probe.Protocol.ToString());
        if (result.Probe.Port is { } port) writer.WriteNumber("port", port);
        else writer.WriteNull("port");
        writer.WriteString("verdict", result.Error is not null ? "error" : result.Verdict!.IsAllowed ? "allow" : "deny");
        if (result.Error is not null) writer.WriteString("error", result.Error);
        writer.WriteEndObject();
    }

    private static byte[] ReadStdin()
    {
        using Stream stdin = Console.OpenStandardInput();
        using MemoryStream copy = new();
        stdin.CopyTo(copy);
        return copy.ToArray();
    }
}
