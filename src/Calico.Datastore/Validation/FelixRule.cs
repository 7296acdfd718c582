using System.Net;
using System.Text.RegularExpressions;

namespace Calico.Datastore.Validation;

/// <summary>Calico's FelixConfiguration (<c>api/pkg/apis/projectcalico/v3/felixconfig.go</c>): the fields that Calico itself refuses.</summary>
internal sealed partial class FelixRule : IResourceRule
{
    private const int MinimumTable = 1, MaximumTable = 250;
    private const int MaximumRegion = 46; // With "openstack-region-" before it a label of 63.

    private static readonly (string Field, string[] Values)[] AnyCase =
    [
        ("iptablesBackend", ["Auto", "Legacy", "NFT"]),
        ("defaultEndpointToHostAction", ["Drop", "Accept", "Return"]),
        ("iptablesFilterAllowAction", ["Accept", "Return"]),
        ("iptablesMangleAllowAction", ["Accept", "Return"]),
        ("iptablesFilterDenyAction", ["Drop", "Reject"]),
        ("logSeverityFile", LogSeverities),
        ("logSeverityScreen", LogSeverities),
        ("logSeveritySys", LogSeverities),
        ("bpfLogLevel", ["Off", "Info", "Debug"]),
        ("bpfExternalServiceMode", ["Tunnel", "DSR"]),
    ];

    private static readonly (string Field, string[] Values)[] Exact =
    [
        ("awsSrcDstCheck", ["DoNothing", "Enable", "Disable"]),
        ("bpfHostNetworkedNATWithoutCTLB", ["Enabled", "Disabled"]),
        ("bpfConnectTimeLoadBalancing", ["TCP", "Enabled", "Disabled"]),
        ("serviceLoopPrevention", ["Drop", "Reject", "Disabled"]),
        ("windowsManageFirewallRules", ["Enabled", "Disabled"]),
    ];

    private static readonly (string Field, long Minimum, long Maximum)[] Numbers =
    [
        ("bpfExtToServiceConnmark", 0, uint.MaxValue),
        ("wireguardListeningPort", 0, ushort.MaxValue),
        ("wireguardListeningPortV6", 0, ushort.MaxValue),
        ("wireguardRoutingRulePriority", 1, 32765),
        ("ipv4NormalRoutePriority", 1, int.MaxValue - 1),
        ("ipv6NormalRoutePriority", 1, int.MaxValue - 1),
        ("ipv4ElevatedRoutePriority", 1, int.MaxValue - 1),
        ("ipv6ElevatedRoutePriority", 1, int.MaxValue - 1),
    ];

    internal static string[] LogSeverities => ["Trace", "Debug", "Info", "Warning", "Error", "Fatal"];

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind != ResourceKinds.FelixConfiguration) return;
        FieldReader spec = FieldReader.Spec(resource, problems);
        foreach ((string field, string[] values) in AnyCase) spec.OneOfAnyCase(field, values);
        foreach ((string field, string[] values) in Exact) spec.OneOf(field, values);
        foreach ((string field, long minimum, long maximum) in Numbers) spec.Number(field, minimum, maximum);
        spec.Address("natOutgoingAddress", 4);
        spec.Address("deviceRouteSourceAddress", 4);
        spec.Address("deviceRouteSourceAddressIPv6", 6);
        foreach (string field in (string[])["bpfDataIfacePattern", "mtuIfacePattern"])
        {
            if (spec.Text(field) is { } pattern && !IsPattern(pattern)) spec.Add(field, $"'{pattern}' is not a regular expression");
        }

        if (spec.Text("iptablesNATOutgoingInterfaceFilter") is { Length: > 0 } filter && !InterfaceName().IsMatch(filter)) spec.Add("iptablesNATOutgoingInterfaceFilter", NoInterface(filter));
        foreach ((string name, string field) in spec.Texts("bpfForceTrackPacketsFromIfaces"))
        {
            if (!InterfaceName().IsMatch(name)) spec.AddAt(field, NoInterface(name));
        }

        if (spec.Text("prometheusMetricsHost") is { Length: > 0 } host && !IPAddress.TryParse(host, out _) && !HostName().IsMatch(host))
            spec.Add("prometheusMetricsHost", $"'{host}' is neither an address nor a host name");
        if (spec.Text("openstackRegion") is { Length: > 0 } region && (region.Length > MaximumRegion || region.Contains('.', StringComparison.Ordinal) || !MetadataRule.IsSubdomain(region)))
            spec.Add("openstackRegion", $"'{region}' must be at most {MaximumRegion} lower-case letters, digits and '-', beginning and ending with a letter or digit");
        foreach ((string address, string field) in spec.Texts("externalNodesList"))
        {
            if (!Net.IpPrefix.TryParse(address, out Net.IpPrefix prefix) || prefix.IsIPv6) spec.AddAt(field, $"'{address}' is not an IPv4 address or prefix");
        }

        foreach (string field in (string[])["failsafeInboundHostPorts", "failsafeOutboundHostPorts"])
        {
            foreach (FieldReader port in spec.Objects(field))
            {
                port.OneOfAnyCase("protocol", "TCP", "UDP", "SCTP");
                port.Number("port", 0, ushort.MaxValue);
                port.Cidr("net");
            }
        }

        spec.PortRanges("kubeNodePortRanges");
        RouteTables(spec);
    }

    private static void RouteTables(FieldReader spec)
    {
        if (spec.Object("routeTableRange") is not { } range) return;
        long? minimum = range.Number("min", MinimumTable, MaximumTable), maximum = range.Number("max", MinimumTable, MaximumTable);
        if (minimum > maximum) spec.Add("routeTableRange", $"min {minimum} is above max {maximum}");
    }

    private static bool IsPattern(string text)
    {
        try
        {
            _ = new Regex(text, RegexOptions.NonBacktracking);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static string NoInterface(string name) => $"'{name}' is not an interface name: 1 to 15 letters, digits, '.', ':', '_', '-', '+'";

    [GeneratedRegex("^[a-zA-Z0-9:._+-]{1,15}\\z")]
    private static partial Regex InterfaceName();

    [GeneratedRegex("^[a-zA-Z0-9_.-]{1,253}\\z")]
    private static partial Regex HostName();
}
