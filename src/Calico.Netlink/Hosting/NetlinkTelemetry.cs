using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Netlink;

/// <summary>Names under which this package reports to OpenTelemetry.</summary>
public static class NetlinkTelemetry
{
    /// <summary>The name of its meter and of its activity source.</summary>
    public const string SourceName = "Calico.Netlink";

    private static readonly Meter Meter = new(SourceName);
    private static readonly Counter<long> RequestCounter = Meter.CreateCounter<long>("netlink.requests", "{request}", "Requests sent to the kernel.");
    private static readonly Counter<long> ErrorCounter = Meter.CreateCounter<long>("netlink.request.errors", "{request}", "Requests the kernel refused.");
    private static readonly Counter<long> LossCounter = Meter.CreateCounter<long>("netlink.receive.overflows", "{overflow}", "Times a receive buffer overflowed and messages were lost.");
    private static readonly Counter<long> RetryCounter = Meter.CreateCounter<long>("netlink.dump.retries", "{dump}", "Dumps repeated because a change interrupted them.");
    private static readonly Counter<long> RouteCounter = Meter.CreateCounter<long>("netlink.route_table.changes", "{route}", "Routes added, replaced and deleted by route tables.");
    private static readonly ActivitySource Activities = new(SourceName);

    internal static void Exchanged(NetlinkProtocol protocol, int requests, in NetlinkBatchResult result)
    {
        if (!RequestCounter.Enabled && !ErrorCounter.Enabled && !LossCounter.Enabled) return;
        KeyValuePair<string, object?> tag = new("netlink.protocol", protocol.ToString());
        RequestCounter.Add(requests, tag);
        if (result.Errors.Count > 0) ErrorCounter.Add(result.Errors.Count, tag);
        if (result.RepliesLost) LossCounter.Add(1, tag);
    }

    internal static void EventsLost() => LossCounter.Add(1);

    internal static void DumpRepeated(NetlinkProtocol protocol) => RetryCounter.Add(1, new KeyValuePair<string, object?>("netlink.protocol", protocol.ToString()));

    internal static Activity? StartApply(uint table) => Activities.StartActivity("netlink.route_table.apply")?.SetTag("netlink.route_table", table);

    internal static void Applied(Activity? activity, uint table, RouteTableReport report)
    {
        RouteCounter.Add(report.Added + report.Replaced + report.Deleted, new KeyValuePair<string, object?>("netlink.route_table", table));
        activity?.SetTag("netlink.route_table.added", report.Added).SetTag("netlink.route_table.replaced", report.Replaced).SetTag("netlink.route_table.deleted", report.Deleted)
            .SetTag("netlink.route_table.conflicts", report.Conflicts.Count).SetTag("netlink.route_table.failures", report.Failures.Count);
    }
}
