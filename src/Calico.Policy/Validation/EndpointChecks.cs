using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>Endpoints and network sets.</summary>
internal static class EndpointChecks
{
    private const int LongestInterface = 15;

    public static void Host(HostEndpointSpec spec, Checks checks)
    {
        checks.Require(!string.IsNullOrEmpty(spec.Node), "spec.node", "is required");
        checks.Require(!string.IsNullOrEmpty(spec.InterfaceName) || !spec.ExpectedIPs.IsEmpty, "spec", "needs interfaceName or expectedIPs");
        if (spec.InterfaceName is { Length: > 0 } and not "*") Interface(spec.InterfaceName, checks);
        for (int i = 0; i < spec.ExpectedIPs.Count; i++) checks.Address(spec.ExpectedIPs[i], DocumentPath.Join("spec.expectedIPs", i));
        Profiles(spec.Profiles, checks);
        for (int i = 0; i < spec.Ports.Count; i++) Port(spec.Ports[i], DocumentPath.Join("spec.ports", i), isWorkload: false, checks);
    }

    public static void Workload(WorkloadEndpointSpec spec, Checks checks)
    {
        Interface(spec.InterfaceName ?? "", checks);
        if (spec.ContainerID is { Length: > 0 } id)
            checks.Require(char.IsAsciiLetterOrDigit(id[0]) && char.IsAsciiLetterOrDigit(id[^1]) && id.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'), "spec.containerID", $"{Checks.Shown(id)} is not the id of a container");
        List<IpPrefix> networks = [];
        for (int i = 0; i < spec.IPNetworks.Count; i++)
        {
            string at = DocumentPath.Join("spec.ipNetworks", i);
            if (checks.Cidr(spec.IPNetworks[i], at) is not { } network) continue;
            checks.Require(network.IsHost, at, $"{Checks.Shown(spec.IPNetworks[i])} is more than one address; /32 and /128 are allowed");
            networks.Add(network);
        }

        for (int i = 0; i < spec.IPNats.Count; i++)
        {
            string at = DocumentPath.Join("spec.ipNATs", i);
            if (Nat(spec.IPNats[i], at, checks) is { } address) checks.Require(networks.Exists(n => n.Contains(address)), $"{at}.internalIP", "is none of the endpoint's ipNetworks");
        }

        Gateway(spec.IPv4Gateway, v6: false, "spec.ipv4Gateway", checks);
        Gateway(spec.IPv6Gateway, v6: true, "spec.ipv6Gateway", checks);
        if (spec.Mac is { Length: > 0 } mac)
            checks.Require(mac.Split(':', '-') is { Length: 6 } octets && octets.All(static o => o.Length == 2 && o.All(char.IsAsciiHexDigit)), "spec.mac", $"{Checks.Shown(mac)} is not a MAC address");
        Profiles(spec.Profiles, checks);
        for (int i = 0; i < spec.Ports.Count; i++) Port(spec.Ports[i], DocumentPath.Join("spec.ports", i), isWorkload: true, checks);
        for (int i = 0; i < spec.AllowSpoofedSourcePrefixes.Count; i++) checks.Cidr(spec.AllowSpoofedSourcePrefixes[i], DocumentPath.Join("spec.allowSpoofedSourcePrefixes", i));
        if (spec.QosControls is { } qos) Qos(qos, checks);
    }

    public static void NetworkSet(NetworkSetSpec spec, Checks checks)
    {
        for (int i = 0; i < spec.Nets.Count; i++) checks.Cidr(spec.Nets[i], DocumentPath.Join("spec.nets", i));
    }

    /// <summary>The internal address, when both are of one family.</summary>
    public static IpPrefix? Nat(IPNatSpec nat, string path, Checks checks)
    {
        if (checks.Address(nat.InternalIP, $"{path}.internalIP") is not { } inside || checks.Address(nat.ExternalIP, $"{path}.externalIP") is not { } outside) return null;
        checks.Require(inside.IsIPv6 == outside.IsIPv6, $"{path}.externalIP", "is not of the family of internalIP");
        return inside;
    }

    public static void Port(EndpointPortSpec port, string path, bool isWorkload, Checks checks)
    {
        checks.Require(port.Protocol is { SupportsPorts: true }, $"{path}.protocol", "must be TCP, UDP or SCTP");
        checks.Require(port.Port is >= 1 and <= 65535, $"{path}.port", "must be 1–65535");
        if (port.Name is { Length: > 0 }) checks.Require(Resources.Port.IsName(port.Name), $"{path}.name", $"{Checks.Shown(port.Name)} is not the name of a port");
        else checks.Require(isWorkload && port.HostPort is > 0, $"{path}.name", isWorkload ? "is required without hostPort" : "is required");
        checks.Range(port.HostPort, 0, 65535, $"{path}.hostPort");
        if (port.HostIP is { Length: > 0 }) checks.Address(port.HostIP, $"{path}.hostIP");
    }

    private static void Interface(string name, Checks checks) =>
        checks.Require(
            name.Length is > 0 and <= LongestInterface && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'),
            "spec.interfaceName",
            name.Length == 0 ? "is required" : $"{Checks.Shown(name)} is not the name of an interface: at most {LongestInterface} letters, digits, '_', '.', '-'");

    private static void Gateway(string? text, bool v6, string path, Checks checks)
    {
        if (string.IsNullOrEmpty(text) || checks.Cidr(text, path) is not { } address) return;
        checks.Require(address.IsIPv6 == v6, path, $"{Checks.Shown(text)} is not an IPv{(v6 ? 6 : 4)} address");
    }

    private static void Profiles(EquatableArray<string> profiles, Checks checks)
    {
        for (int i = 0; i < profiles.Count; i++)
            checks.Require(NameRules.IsSubdomain(profiles[i]), DocumentPath.Join("spec.profiles", i), $"{Checks.Shown(profiles[i])} is not the name of a profile");
    }

    private static void Qos(QosControls qos, Checks checks)
    {
        foreach ((string name, long? value, long min, long max) in (ReadOnlySpan<(string, long?, long, long)>)
            [
                ("Bandwidth", qos.IngressBandwidth, 1_000, 1_000_000_000_000_000), ("Burst", qos.IngressBurst, 1_000, uint.MaxValue * 8L),
                ("Peakrate", qos.IngressPeakrate, 1_010, 1_010_000_000_000_000), ("Minburst", qos.IngressMinburst, 1_000, 100_000_000),
                ("PacketRate", qos.IngressPacketRate, 1, 10_000), ("PacketBurst", qos.IngressPacketBurst, 1, 10_000), ("MaxConnections", qos.IngressMaxConnections, 1, uint.MaxValue),
            ])
            checks.Range(value, min, max, $"spec.qosControls.ingress{name}");
        foreach ((string name, long? value, long min, long max) in (ReadOnlySpan<(string, long?, long, long)>)
            [
                ("Bandwidth", qos.EgressBandwidth, 1_000, 1_000_000_000_000_000), ("Burst", qos.EgressBurst, 1_000, uint.MaxValue * 8L),
                ("Peakrate", qos.EgressPeakrate, 1_010, 1_010_000_000_000_000), ("Minburst", qos.EgressMinburst, 1_000, 100_000_000),
                ("PacketRate", qos.EgressPacketRate, 1, 10_000), ("PacketBurst", qos.EgressPacketBurst, 1, 10_000), ("MaxConnections", qos.EgressMaxConnections, 1, uint.MaxValue),
            ])
            checks.Range(value, min, max, $"spec.qosControls.egress{name}");
        checks.Require(qos.Dscp is null || qos.Dscp.Value.Resolve() is not null, "spec.qosControls.dscp", $"{Checks.Shown(qos.Dscp?.ToString())} is not a DSCP value: 0–63 or a name such as AF11");
    }
}
