using Calico.Lab.Changes;
using Calico.Lab.Probes;
using Spectre.Console;

namespace Calico.Lab.Reports;

/// <summary>Live progress and a coloured matrix, for people.</summary>
internal sealed class TerminalReport(IAnsiConsole console, ProgressContext progress) : ILabReport
{
    private readonly List<string> _notes = [];

    public IStep Begin(string step, int of = 0)
    {
        ProgressTask task = progress.AddTask(Markup.Escape(step), maxValue: of > 0 ? of : 1);
        if (of == 0) task.IsIndeterminate = true;
        return new Step(task, Markup.Escape(step), of);
    }

    public void Note(string text)
    {
        lock (_notes) _notes.Add(Markup.Escape(text));
    }

    public void Problem(string text)
    {
        lock (_notes) _notes.Add($"[red]{Markup.Escape(text)}[/]");
    }

    // Nothing may be written while the progress display lives: the caller asks for the rest after it has ended.
    public void Finish(LabResult result) => _result = result;

    private LabResult? _result;

    public void WriteEnd()
    {
        foreach (string note in _notes) console.MarkupLine(note);
        if (_result is null) return;
        console.Write(MatrixTable(new Matrix(_result.Outcomes)));
        console.Write(ChangeTable(_result.Changes));
        foreach (ProbeOutcome outcome in _result.Differences.Take(50)) console.MarkupLine($"[red]{Markup.Escape(PlainReport.Describe(outcome))}[/]");
        console.MarkupLine($"[{(_result.Ok ? "green" : "red")}]{Markup.Escape(PlainReport.Summary(_result))}[/]");
    }

    private static Table MatrixTable(Matrix matrix)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("what gets through").AddColumn("from \\ to");
        foreach (string target in matrix.Targets) table.AddColumn(Markup.Escape(target));
        foreach (string source in matrix.Sources)
        {
            table.AddRow([Markup.Escape(source), .. matrix.Targets.Select(t =>
            {
                string cell = matrix.Cell(source, t);
                string colour = !matrix.Agrees(source, t) ? "red bold" : cell is "." or "" ? "grey" : "green";
                return $"[{colour}]{Markup.Escape(cell)}[/]";
            })]);
        }

        return table;
    }

    private static Table ChangeTable(IReadOnlyList<ChangeResult> changes)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("change under load")
            .AddColumns("change", "in force after", "UDP sent", "UDP lost", "longest TCP wait", "");
        foreach (ChangeResult change in changes)
        {
            table.AddRow(
                Markup.Escape(change.Change),
                change.InForceAfter is { } time ? $"{time.TotalMilliseconds:F0} ms" : "-",
                $"{change.UdpSent}",
                change.UdpLost == 0 ? "[green]0[/]" : $"[red]{change.UdpLost}[/]",
                change.TcpBroken ? "[red]broken[/]" : $"{change.TcpStall.TotalMilliseconds:F0} ms",
                $"[red]{Markup.Escape(change.Problem ?? "")}[/]");
        }

        return table;
    }

    private sealed class Step(ProgressTask task, string name, int of) : IStep
    {
        public void At(int done) => task.Value = done;

        public void Says(string text) => task.Description = $"{name}: {Markup.Escape(text)}";

        public void Dispose()
        {
            task.IsIndeterminate = false;
            task.Value = of > 0 ? of : 1;
            task.StopTask();
        }
    }
}
