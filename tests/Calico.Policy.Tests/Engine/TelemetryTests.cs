using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Calico.Policy.Engine;
using Calico.Policy.Model;

namespace Calico.Policy.Tests.Engine;

/// <summary>What operators see of an engine.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public void A_batch_is_measured_and_is_one_activity()
    {
        using PolicyMetrics metrics = new();
        ConcurrentDictionary<string, double> measured = new();
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == PolicyMetrics.Name) listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured.AddOrUpdate(instrument.Name, value, (_, old) => Math.Max(old, value)));
        meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => measured.AddOrUpdate(instrument.Name, value, (_, old) => Math.Max(old, value)));
        meters.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured.AddOrUpdate(instrument.Name, value, (_, old) => Math.Max(old, value)));
        meters.Start();
        ConcurrentBag<Activity> activities = [];
        using ActivityListener traces = new()
        {
            ShouldListenTo = source => source.Name == PolicyMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(traces);

        // Other tests' engines are heard too; what belongs to this trace is this engine's.
        using Activity trace = new Activity("test").Start();
        PolicyEngine engine = new(metrics: metrics);
        for (int i = 0; i < 3; i++)
            engine.Upsert(new WorkloadEndpointModel { Id = new WorkloadEndpointId("n", "k8s", $"telemetry/{i}", "eth0"), Labels = LabelMap.Of(("a", "b")) });
        engine.Upsert(new PolicyModel { Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "p"), Selector = "a == 'b'", Ingress = [new RuleModel { Source = new EntityMatch { Selector = "has(a)" } }] });
        int deltas = engine.Flush().Count;
        meters.RecordObservableInstruments();

        Assert.True(measured["calico.policy.endpoints"] >= 3);
        Assert.True(measured["calico.policy.policies"] >= 1);
        Assert.True(measured["calico.policy.selectors.active"] >= 1);
        Assert.True(measured["calico.policy.events"] >= 4);
        Assert.True(measured["calico.policy.event.latency"] > 0);
        engine.Flush();
        Activity batch = Assert.Single(activities, a => a.TraceId == trace.TraceId);
        Assert.Equal("policy.flush", batch.OperationName);
        Assert.Equal((4L, deltas), (batch.GetTagItem("calico.policy.events"), batch.GetTagItem("calico.policy.deltas")));
    }
}
