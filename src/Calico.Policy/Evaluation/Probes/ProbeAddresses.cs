using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Evaluation.Probes;

/// <summary>Finds the addresses and ports that the names in a probe stand for.</summary>
internal sealed class ProbeAddresses(ProbeCase owner)
{
    private readonly Dictionary<string, Pod> _pods = owner.Resources.OfType<Pod>().GroupBy(p => $"{p.Metadata.Namespace}/{p.Metadata.Name}").ToDictionary(g => g.Key, g => g.Last());
    private readonly Dictionary<string, Node> _nodes = owner.Resources.OfType<Node>().GroupBy(n => n.Metadata.Name ?? "").ToDictionary(g => g.Key, g => g.Last());

    public bool TryGetFlow(Probe probe, [NotNullWhen(true)] out Flow? flow, out string error)
    {
        flow = null;
        (string to, int port) = (probe.To, probe.Port ?? 0);
        if (to.StartsWith("svc:", StringComparison.Ordinal) && !TryGetBackend(probe, ref to, ref port, out error)) return false;
        IpVersion family = probe.Family;
        if (family == IpVersion.Any) family = FamilyOf(probe.From) ?? FamilyOf(to) ?? Common(Addresses(probe.From), Addresses(to));
        IPAddress? source = Pick(probe.From, family), destination = Pick(to, family);
        if (source is null || destination is null)
        {
            error = $"{(source is null ? probe.From : to)} has no {(family == IpVersion.IPv6 ? "IPv6" : "IPv4")} address";
            return false;
        }

        error = "";
        flow = new Flow
        {
            Source = source,
            Destination = destination,
            Protocol = probe.Protocol,
            DestinationPort = (ushort)port,
            SourcePort = (ushort)(probe.SourcePort ?? 40000),
            IcmpType = (byte)(probe.IcmpType ?? (family == IpVersion.IPv6 ? 128 : 8)),
            IcmpCode = (byte)(probe.IcmpCode ?? 0),
            State = probe.State,
            OriginalDestination = probe.OriginalDestination,
        };
        return true;
    }

    private bool TryGetBackend(Probe probe, ref string to, ref int port, out string error)
    {
        string name = to["svc:".Length..];
        int wanted = port;
        if (!owner.Services.TryGetValue(name, out ProbeService? service))
        {
            error = $"there is no service {name}";
            return false;
        }

        ProbeServicePort? servicePort = service.Ports.FirstOrDefault(p => p.Port == wanted && p.Protocol == probe.Protocol);
        if (servicePort is null || service.Endpoints.Count == 0)
        {
            error = servicePort is null ? $"service {name} has no port {wanted}/{probe.Protocol}" : $"service {name} has no endpoints";
            return false;
        }

        to = service.Endpoints[0];
        error = "";
        if (int.TryParse(servicePort.TargetPort, NumberStyles.None, CultureInfo.InvariantCulture, out port)) return true;
        ContainerPort? named = _pods.TryGetValue(to, out Pod? pod) ? pod.Spec.Containers.SelectMany(c => c.Ports).FirstOrDefault(p => p.Name == servicePort.TargetPort) : null;
        port = named?.Port ?? 0;
        if (named is not null) return true;
        error = $"{to} has no port named {servicePort.TargetPort}";
        return false;
    }

    private IPAddress? Pick(string reference, IpVersion family) =>
        Addresses(reference).FirstOrDefault(a => a.AddressFamily == (family == IpVersion.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));

    private List<IPAddress> Addresses(string reference)
    {
        if (reference.StartsWith("ip:", StringComparison.Ordinal)) return Parse([reference["ip:".Length..]]);
        if (reference.StartsWith("node:", StringComparison.Ordinal)) return NodeAddresses(reference["node:".Length..]);
        if (!_pods.TryGetValue(reference, out Pod? pod)) return [];
        List<IPAddress> own = Parse(pod.Status?.PodIPs.Select(i => i.Ip) ?? []);
        return own.Count > 0 || pod.Spec.HostNetwork != true ? own : NodeAddresses(pod.Spec.NodeName ?? "");
    }

    private List<IPAddress> NodeAddresses(string name) => _nodes.TryGetValue(name, out Node? node) ? Parse((node.Status?.Addresses ?? []).Select(a => a.Address)) : [];

    private static List<IPAddress> Parse(IEnumerable<string?> texts) =>
        [.. texts.Select(t => IPAddress.TryParse(t, out IPAddress? address) ? address : null).OfType<IPAddress>()];

    private static IpVersion? FamilyOf(string reference) =>
        !reference.StartsWith("ip:", StringComparison.Ordinal) ? null : reference.AsSpan(3).Contains(':') ? IpVersion.IPv6 : IpVersion.IPv4;

    private static IpVersion Common(List<IPAddress> from, List<IPAddress> to)
    {
        IPAddress? first = from.Find(a => to.Exists(b => a.AddressFamily == b.AddressFamily)) ?? (from.Count > 0 ? from[0] : to.FirstOrDefault());
        return first?.AddressFamily == AddressFamily.InterNetworkV6 ? IpVersion.IPv6 : IpVersion.IPv4;
    }
}
