using System.Globalization;
using Calico.Lab.Changes;
using Calico.Lab.Probes;

namespace Calico.Lab.Reports;

/// <summary>Lines of text, for pipes and logs.</summary>
internal sealed class PlainReport(TextWriter output) : ILabReport
{
    public IStep Begin(string step, int of = 0) => new Step(output, step, of);

    public void Note(string text) => output.WriteLine(text);

    public void Problem(string text) => output.WriteLine("! " + text);

    public void Finish(LabResult result)
    {
        WriteMatrix(new Matrix(result.Outcomes));
        foreach (ChangeResult change in result.Changes) output.WriteLine(Describe(change));
        foreach (ProbeOutcome outcome in result.Differences.Take(50)) output.WriteLine(Describe(outcome));
        output.WriteLine(Summary(result));
    }

    public static string Describe(ProbeOutcome outcome) =>
        $"DIFFERENCE: {outcome.Probe}: the evaluator says {Verdict(outcome.Expected)}, the packets say {Verdict(outcome.Reached)}";

    public static string Describe(ChangeResult change) => string.Create(CultureInfo.InvariantCulture,
        $"{change.Change}: in force after {(change.InForceAfter is { } time ? $"{time.TotalMilliseconds:F0} ms" : "-")}, UDP lost {change.UdpLost} of {change.UdpSent}, longest TCP wait {change.TcpStall.TotalMilliseconds:F0} ms{(change.TcpBroken ? ", TCP BROKEN" : "")}{(change.Problem is null ? "" : ", " + change.Problem)}");

    public static string Summary(LabResult result)
    {
        int asked = result.Outcomes.Count + result.OutcomesAfterChanges.Count;
        return string.Create(CultureInfo.InvariantCulture,
            $"{asked} probes, {result.Differences.Count()} differences, {result.Changes.Count(c => !c.Ok)} of {result.Changes.Count} changes with losses; router: {result.Router}; datastore: {result.Datastore}; {result.Took.TotalSeconds:F1} s");
    }

    private static string Verdict(bool allowed) => allowed ? "allow" : "deny";

    private void WriteMatrix(Matrix matrix)
    {
        int first = matrix.Sources.Max(s => s.Length);
        int[] widths = [.. matrix.Targets.Select(t => Math.Max(t.Length, matrix.Sources.Max(s => matrix.Cell(s, t).Length)))];
        output.WriteLine(new string(' ', first) + "  " + string.Join("  ", matrix.Targets.Select((t, i) => t.PadRight(widths[i]))).TrimEnd());
        foreach (string source in matrix.Sources)
        {
            output.WriteLine(source.PadRight(first) + "  " + string.Join("  ",
                matrix.Targets.Select((t, i) => (matrix.Cell(source, t) + (matrix.Agrees(source, t) ? "" : "!")).PadRight(widths[i]))).TrimEnd());
        }
    }

    private sealed class Step(TextWriter output, string name, int of) : IStep
    {
        private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
        private string _says = "";

        public void At(int done)
        {
        }

        public void Says(string text) => _says = text;

        public void Dispose() => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}{(of > 0 ? $" ({of})" : "")}: {(_says.Length > 0 ? _says + ", " : "")}{_clock.Elapsed.TotalSeconds:F1} s"));
    }
}
