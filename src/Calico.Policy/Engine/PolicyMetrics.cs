using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Policy.Engine;

/// <summary>The engine's instruments: meter and activity source <c>Calico.Policy</c>.</summary>
/// <remarks>
/// <c>calico.policy.endpoints</c>, <c>calico.policy.endpoints.local</c>, <c>calico.policy.policies</c>, <c>calico.policy.policies.active</c>,
/// <c>calico.policy.selectors.active</c>, <c>calico.policy.ipsets.active</c>, <c>calico.policy.faults</c> (counts now); <c>calico.policy.events</c> (objects told),
/// <c>calico.policy.deltas</c>; <c>calico.policy.event.latency</c> and <c>calico.policy.flush.duration</c> in seconds. Every flush that has something to say is an activity <c>policy.flush</c>.
/// </remarks>
public sealed class PolicyMetrics : IDisposable
{
    /// <summary>The name of meter and activity source.</summary>
    public const string Name = "Calico.Policy";

    internal static readonly ActivitySource Activities = new(Name);

    private readonly Meter _meter;
    private readonly Counter<long> _events;
    private readonly Counter<long> _deltas;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _flush;
    private PolicyEngineStatistics _now = new();
    private int _faults;

    /// <summary>Creates the instruments.</summary>
    /// <param name="factory">Where the meter comes from; null for one of its own.</param>
    public PolicyMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _events = _meter.CreateCounter<long>("calico.policy.events", "{event}", "Objects told to the engine.");
        _deltas = _meter.CreateCounter<long>("calico.policy.deltas", "{delta}", "Deltas emitted.");
        _latency = _meter.CreateHistogram<double>("calico.policy.event.latency", "s", "Time from the first event of a batch being told to its deltas being there.");
        _flush = _meter.CreateHistogram<double>("calico.policy.flush.duration", "s", "Time to end a batch.");
        Gauge("calico.policy.endpoints", "{endpoint}", "Endpoints in the cluster.", s => s.WorkloadEndpoints + s.HostEndpoints);
        Gauge("calico.policy.endpoints.local", "{endpoint}", "Endpoints that get policies.", s => s.LocalEndpoints);
        Gauge("calico.policy.policies", "{policy}", "Policies in the cluster.", s => s.Policies);
        Gauge("calico.policy.policies.active", "{policy}", "Policies that select a local endpoint.", s => s.ActivePolicies);
        Gauge("calico.policy.selectors.active", "{selector}", "Distinct selectors in rules of active policies.", s => s.ActiveSelectors);
        Gauge("calico.policy.ipsets.active", "{set}", "IP sets in use.", s => s.ActiveSets);
        _meter.CreateObservableGauge("calico.policy.faults", () => _faults, "{fault}", "Things that could not be read.");
    }

    /// <summary>Ends the meter.</summary>
    public void Dispose() => _meter.Dispose();

    internal void OnFlush(long events, int deltas, TimeSpan duration, TimeSpan? latency, PolicyEngineStatistics statistics, int faults)
    {
        (_now, _faults) = (statistics, faults);
        _events.Add(events);
        _deltas.Add(deltas);
        _flush.Record(duration.TotalSeconds);
        if (latency is { } time) _latency.Record(time.TotalSeconds);
    }

    private void Gauge(string name, string unit, string description, Func<PolicyEngineStatistics, int> value) =>
        _meter.CreateObservableGauge(name, () => value(_now), unit, description);
}
