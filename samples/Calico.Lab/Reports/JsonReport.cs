using System.Text.Json;
using Calico.Lab.Changes;
using Calico.Lab.Probes;

namespace Calico.Lab.Reports;

/// <summary>One JSON object at the end on standard output; progress goes to standard error.</summary>
internal sealed class JsonReport(Stream output, TextWriter errors) : ILabReport
{
    private readonly PlainReport _progress = new(errors);

    public IStep Begin(string step, int of = 0) => _progress.Begin(step, of);

    public void Note(string text) => _progress.Note(text);

    public void Problem(string text) => _progress.Problem(text);

    public void Finish(LabResult result)
    {
        using Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteBoolean("ok", result.Ok);
        json.WriteString("router", result.Router);
        json.WriteString("datastore", result.Datastore);
        json.WriteNumber("seconds", Math.Round(result.Took.TotalSeconds, 2));
        WriteOutcomes(json, "probes", result.Outcomes);
        WriteOutcomes(json, "probesAfterChanges", result.OutcomesAfterChanges);
        json.WriteStartArray("changes");
        foreach (ChangeResult change in result.Changes) Write(json, change);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static void WriteOutcomes(Utf8JsonWriter json, string name, IReadOnlyList<ProbeOutcome> outcomes)
    {
        json.WriteStartArray(name);
        foreach (ProbeOutcome outcome in outcomes)
        {
            json.WriteStartObject();
            json.WriteString("from", outcome.Probe.From.Name);
            json.WriteString("fromAddress", outcome.Probe.FromAddress.ToString());
            json.WriteString("to", outcome.Probe.To.Name);
            json.WriteString("toAddress", outcome.Probe.ToAddress.ToString());
            json.WriteString("protocol", outcome.Probe.Protocol.ToString().ToUpperInvariant());
            if (outcome.Probe.Protocol != ProbeProtocol.Icmp) json.WriteNumber("port", outcome.Probe.Port);
            json.WriteString("evaluator", outcome.Expected ? "allow" : "deny");
            json.WriteString("packets", outcome.Reached ? "allow" : "deny");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ChangeResult change)
    {
        json.WriteStartObject();
        json.WriteString("change", change.Change);
        if (change.InForceAfter is { } time) json.WriteNumber("inForceAfterMs", Math.Round(time.TotalMilliseconds, 1));
        json.WriteNumber("udpSent", change.UdpSent);
        json.WriteNumber("udpLost", change.UdpLost);
        json.WriteNumber("longestTcpWaitMs", Math.Round(change.TcpStall.TotalMilliseconds, 1));
        json.WriteBoolean("tcpBroken", change.TcpBroken);
        if (change.Problem is not null) json.WriteString("problem", change.Problem);
        json.WriteEndObject();
    }
}
