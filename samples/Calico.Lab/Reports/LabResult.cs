using Calico.Lab.Changes;
using Calico.Lab.Probes;

namespace Calico.Lab.Reports;

/// <summary>Everything that a lab found out.</summary>
internal sealed record LabResult(
    string Router,
    string Datastore,
    IReadOnlyList<ProbeOutcome> Outcomes,
    IReadOnlyList<ProbeOutcome> OutcomesAfterChanges,
    IReadOnlyList<ChangeResult> Changes,
    TimeSpan Took)
{
    public IEnumerable<ProbeOutcome> Differences => Outcomes.Concat(OutcomesAfterChanges).Where(o => !o.Agrees);

    public bool Ok => !Differences.Any() && Changes.All(c => c.Ok);
}
