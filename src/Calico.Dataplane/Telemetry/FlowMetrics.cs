using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Dataplane.Telemetry;

/// <summary>What each rule decided, as counters tagged with the rule: as many series as there are rules that decide.</summary>
internal static class FlowMetrics
{
    private static readonly Meter Meter = new(DataplaneMetrics.Name);
    private static readonly Counter<long> Flows = Meter.CreateCounter<long>("calico.dataplane.rule.flows", "{flow}", "New flows that a rule decided about.");
    private static readonly Counter<long> Packets = Meter.CreateCounter<long>("calico.dataplane.rule.packets", "{packet}", "Packets of ended connections that a rule had let begin, both directions.");
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("calico.dataplane.rule.io", "By", "Bytes of ended connections that a rule had let begin, both directions.");

    public static void Record(FlowRecord record)
    {
        TagList tags = new()
        {
            { "calico.tier", record.Tier },
            { "calico.rule", record.DecidedBy },
            { "calico.direction", record.Ingress ? "ingress" : "egress" },
            { "calico.verdict", record.Allowed ? "allow" : "deny" },
            { "calico.staged", record.Staged },
        };
        if (record.Flows > 0) Flows.Add(record.Flows, tags);
        if (record.ConnectionsEnded == 0) return;
        Packets.Add((long)(record.PacketsSent + record.PacketsReceived), tags);
        Bytes.Add((long)(record.BytesSent + record.BytesReceived), tags);
    }
}
