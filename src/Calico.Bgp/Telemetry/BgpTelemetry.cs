using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Bgp;

/// <summary>Names under which the package reports to OpenTelemetry.</summary>
public static class BgpTelemetry
{
    /// <summary>The meter: <c>bgp.messages</c> and <c>bgp.updates.malformed</c> (counters, by <c>direction</c> or <c>treatment</c>),
    /// <c>bgp.session.transitions</c> (counter, by <c>state</c>), <c>bgp.filter.failures</c> (counter, by <c>filter</c>), <c>bgp.sessions.established</c> and <c>bgp.routes</c> (up-down counters).</summary>
    public const string MeterName = "Calico.Bgp";

    /// <summary>The activity source: <c>bgp.apply</c> for each reconfiguration.</summary>
    public const string ActivitySourceName = "Calico.Bgp";

    internal static readonly ActivitySource Activities = new(ActivitySourceName);
    private static readonly Meter s_meter = new(MeterName);
    private static readonly Counter<long> s_messages = s_meter.CreateCounter<long>("bgp.messages", "{message}", "Messages exchanged with neighbours.");
    private static readonly Counter<long> s_malformed = s_meter.CreateCounter<long>("bgp.updates.malformed", "{message}", "UPDATEs handled by RFC 7606.");
    private static readonly Counter<long> s_transitions = s_meter.CreateCounter<long>("bgp.session.transitions", "{transition}", "Changes of session state.");
    private static readonly UpDownCounter<long> s_established = s_meter.CreateUpDownCounter<long>("bgp.sessions.established", "{session}", "Sessions that are up.");
    private static readonly UpDownCounter<long> s_routes = s_meter.CreateUpDownCounter<long>("bgp.routes", "{route}", "Destinations in the table.");

    private static readonly Counter<long> s_filterFailures = s_meter.CreateCounter<long>("bgp.filter.failures", "{exception}", "Exceptions of route filters, each taken for a rejection.");

    internal static void FilterFailed(string filter, Exception error) =>
        s_filterFailures.Add(1, new KeyValuePair<string, object?>("filter", filter), new KeyValuePair<string, object?>("error.type", error.GetType().FullName));

    internal static void Received(long messages)
    {
        if (s_messages.Enabled) s_messages.Add(messages, new KeyValuePair<string, object?>("direction", "receive"));
    }

    internal static void Sent(long messages)
    {
        if (s_messages.Enabled) s_messages.Add(messages, new KeyValuePair<string, object?>("direction", "transmit"));
    }

    internal static void Malformed(ErrorTreatment treatment) => s_malformed.Add(1, new KeyValuePair<string, object?>("treatment", treatment.ToString()));

    internal static void Transition(BgpState state) => s_transitions.Add(1, new KeyValuePair<string, object?>("state", state.ToString()));

    internal static void Established(int change) => s_established.Add(change);

    internal static void Routes(int change)
    {
        if (change != 0 && s_routes.Enabled) s_routes.Add(change);
    }
}
