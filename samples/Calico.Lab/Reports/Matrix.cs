using Calico.Lab.Probes;

namespace Calico.Lab.Reports;

/// <summary>Outcomes as a table: a row a source, a column a target, a cell what gets through.</summary>
internal sealed class Matrix
{
    private readonly Dictionary<(string From, string To), List<ProbeOutcome>> _cells = [];

    public Matrix(IEnumerable<ProbeOutcome> outcomes)
    {
        foreach (ProbeOutcome outcome in outcomes)
        {
            string from = outcome.Probe.From.Kind == EndKind.Server ? outcome.Probe.From.Label(outcome.Probe.FromAddress) : outcome.Probe.From.Name;
            if (!Sources.Contains(from)) Sources.Add(from);
            if (!Targets.Contains(outcome.Probe.To.Name)) Targets.Add(outcome.Probe.To.Name);
            if (!_cells.TryGetValue((from, outcome.Probe.To.Name), out List<ProbeOutcome>? cell)) _cells[(from, outcome.Probe.To.Name)] = cell = [];
            cell.Add(outcome);
        }
    }

    public List<string> Sources { get; } = [];

    public List<string> Targets { get; } = [];

    public bool Agrees(string from, string to) => !_cells.TryGetValue((from, to), out List<ProbeOutcome>? cell) || cell.TrueForAll(o => o.Agrees);

    /// <summary><c>all</c>, <c>.</c> (nothing), or what got through; <c>4</c> or <c>6</c> behind a port that only one family passes.</summary>
    public string Cell(string from, string to)
    {
        if (!_cells.TryGetValue((from, to), out List<ProbeOutcome>? cell)) return "";
        if (cell.TrueForAll(o => o.Reached)) return "all";
        if (!cell.Exists(o => o.Reached)) return ".";
        return string.Join(' ',
            from outcome in cell
            group outcome by (outcome.Probe.Protocol, outcome.Probe.Port) into question
            where question.Any(o => o.Reached)
            let name = question.Key.Protocol switch
            {
                ProbeProtocol.Tcp => $"{question.Key.Port}",
                ProbeProtocol.Udp => $"u{question.Key.Port}",
                _ => "ping",
            }
            select name + OnlyFamily(question));
    }

    private static string OnlyFamily(IEnumerable<ProbeOutcome> question)
    {
        bool[] families = [.. question.Where(o => o.Reached).Select(o => ProbePlan.IsIPv4(o.Probe)).Distinct()];
        bool[] asked = [.. question.Select(o => ProbePlan.IsIPv4(o.Probe)).Distinct()];
        return families.Length == asked.Length ? "" : families[0] ? "(v4)" : "(v6)";
    }
}
