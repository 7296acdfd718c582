using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Dataplane.Telemetry;

/// <summary>Instruments of one dataplane, named as OpenTelemetry asks: dotted names, units, no unit in the name.</summary>
internal sealed class DataplaneMetrics : IDisposable
{
    public const string Name = "Calico.Dataplane";

    public static readonly ActivitySource Activities = new(Name);
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _flush;
    private readonly Counter<long> _changes, _routes, _problems;

    public DataplaneMetrics(Func<int> policies, Func<int> walks, Func<int> chains)
    {
        _flush = _meter.CreateHistogram<double>("calico.dataplane.flush.duration", "s", "Time one flush took, from told to in force.");
        _changes = _meter.CreateCounter<long>("calico.dataplane.ruleset.changes", "{change}", "Changes committed to the ruleset.");
        _routes = _meter.CreateCounter<long>("calico.dataplane.route.changes", "{route}", "Routes added, replaced or deleted.");
        _problems = _meter.CreateCounter<long>("calico.dataplane.problems", "{problem}", "Things the kernel refused.");
        _meter.CreateObservableGauge("calico.dataplane.policies", policies, "{policy}", "Active policies.");
        _meter.CreateObservableGauge("calico.dataplane.policy_lists", walks, "{list}", "Distinct lists of policies compiled.");
        _meter.CreateObservableGauge("calico.dataplane.chains", chains, "{chain}", "Chains in our table.");
    }

    public void Flushed(FlushReport report, TimeSpan duration)
    {
        if (report.IsNothing) return;
        _flush.Record(duration.TotalSeconds);
        _changes.Add(report.RulesetChanges);
        _routes.Add(report.RoutesPut + report.RoutesDeleted);
        _problems.Add(report.Problems.Count);
    }

    public void Dispose() => _meter.Dispose();
}
