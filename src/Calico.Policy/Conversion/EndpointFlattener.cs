using System.Net;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>v3 endpoints, sets, profiles and tiers → backend objects. What cannot be read is left out and reported.</summary>
internal static class EndpointFlattener
{
    public static WorkloadEndpointModel Workload(WorkloadEndpoint endpoint, List<ConversionProblem> problems)
    {
        WorkloadEndpointSpec spec = endpoint.Spec;
        string ns = endpoint.Metadata.Namespace ?? CalicoNames.DefaultNamespace;
        string orchestrator = spec.Orchestrator ?? CalicoNames.KubernetesOrchestrator;
        string workload = orchestrator == CalicoNames.KubernetesOrchestrator ? $"{ns}/{spec.Pod}" : spec.Workload ?? spec.Pod ?? "";
        return new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId(spec.Node ?? "", orchestrator, workload, spec.Endpoint ?? "eth0"),
            Labels = Owned(endpoint.Metadata.Labels, ns),
            Profiles = spec.Profiles,
            InterfaceName = spec.InterfaceName ?? "",
            Mac = spec.Mac,
            Nets = Nets(spec.IPNetworks, "spec.ipNetworks", problems),
            Nats = spec.IPNats
                .Select(static nat => (Internal: IPAddress.TryParse(nat.InternalIP, out IPAddress? i) ? i : null, External: IPAddress.TryParse(nat.ExternalIP, out IPAddress? e) ? e : null))
                .Where(static nat => nat.Internal is not null && nat.External is not null)
                .Select(static nat => new EndpointNat(nat.Internal!, nat.External!))
                .ToEquatableArray(),
            IPv4Gateway = Address(spec.IPv4Gateway),
            IPv6Gateway = Address(spec.IPv6Gateway),
            Ports = Ports(spec.Ports),
            AllowedSourcePrefixes = Nets(spec.AllowSpoofedSourcePrefixes, "spec.allowSpoofedSourcePrefixes", problems),
            Qos = spec.QosControls is { } qos ? Qos(qos) : null,
        };
    }

    public static HostEndpointModel Host(HostEndpoint endpoint, List<ConversionProblem> problems)
    {
        List<IPAddress> addresses = [];
        for (int i = 0; i < endpoint.Spec.ExpectedIPs.Count; i++)
        {
            if (Address(endpoint.Spec.ExpectedIPs[i]) is { } address) addresses.Add(address);
            else problems.Add(new(FormattableString.Invariant($"spec.expectedIPs[{i}]"), $"'{endpoint.Spec.ExpectedIPs[i]}' is not an IP address; it is left out"));
        }

        return new HostEndpointModel
        {
            Id = new HostEndpointId(endpoint.Spec.Node ?? "", endpoint.Metadata.Name ?? ""),
            Labels = endpoint.Metadata.Labels,
            Profiles = endpoint.Spec.Profiles,
            Ports = Ports(endpoint.Spec.Ports),
            InterfaceName = endpoint.Spec.InterfaceName ?? "",
            ExpectedIPs = addresses.ToEquatableArray(),
        };
    }

    public static NetworkSetModel Set(ObjectMeta metadata, NetworkSetSpec spec, bool isNamespaced, List<ConversionProblem> problems)
    {
        string ns = isNamespaced ? metadata.Namespace ?? CalicoNames.DefaultNamespace : "";
        return new NetworkSetModel
        {
            Namespace = ns,
            Name = metadata.Name ?? "",
            Labels = isNamespaced ? Owned(metadata.Labels, ns) : metadata.Labels,
            Profiles = isNamespaced ? [CalicoNames.NamespaceProfilePrefix + ns] : [],
            Nets = Nets(spec.Nets, "spec.nets", problems),
        };
    }

    public static ProfileModel Profile(Profile profile, List<ConversionProblem> problems, Refusals refusals)
    {
        RuleFlattener rules = new("", podsOnly: false, problems);
        return new ProfileModel
        {
            Name = profile.Metadata.Name ?? "",
            Labels = profile.Spec.LabelsToApply,
            Ingress = refusals.WholePolicy ? [] : rules.Flatten(profile.Spec.Ingress, "spec.ingress", refusals.Ingress),
            Egress = refusals.WholePolicy ? [] : rules.Flatten(profile.Spec.Egress, "spec.egress", refusals.Egress),
        };
    }

    public static TierModel Tier(Tier tier) => new()
    {
        Name = tier.Metadata.Name ?? "",
        Order = tier.Spec.Order,
        DefaultAction = tier.Spec.DefaultAction == "Pass" ? TierDefaultAction.Pass : TierDefaultAction.Deny,
    };

    public static EndpointSliceModel Slice(EndpointSlice slice, List<ConversionProblem> problems)
    {
        string ns = slice.Metadata.Namespace ?? CalicoNames.DefaultNamespace;
        slice.Metadata.Labels.TryGetValue(EndpointSlice.ServiceNameLabel, out string? service);
        List<IPAddress> addresses = [];
        foreach (string text in slice.Endpoints.SelectMany(static e => e.Addresses))
        {
            if (Address(text) is { } address) addresses.Add(address);
            else problems.Add(new("endpoints", $"'{text}' is not an IP address; it is left out"));
        }

        return new EndpointSliceModel
        {
            Id = new NamespacedName(ns, slice.Metadata.Name ?? ""),
            Service = new NamespacedName(ns, service ?? ""),
            Addresses = addresses.ToEquatableArray(),
            Ports = slice.Ports
                .Where(static p => p.Port is > 0 and <= 65535 && IpProtocol.TryParse(p.Protocol ?? "TCP", out _))
                .Select(static p => new ServicePort(IpProtocol.TryParse(p.Protocol ?? "TCP", out IpProtocol protocol) ? protocol : default, (ushort)p.Port!.Value))
                .ToEquatableArray(),
        };
    }

    // Labels that stand for the namespace's and the service account's must come from those, or a pod could pretend to be in another namespace.
    private static LabelMap Owned(LabelMap labels, string ns)
    {
        Dictionary<string, string> kept = [];
        foreach ((string name, string value) in labels.AsSpan())
        {
            if (!name.StartsWith(CalicoNames.NamespaceLabelPrefix, StringComparison.Ordinal) && !name.StartsWith(CalicoNames.ServiceAccountLabelPrefix, StringComparison.Ordinal))
                kept[name] = value;
        }

        kept[CalicoNames.NamespaceLabel] = ns;
        return LabelMap.From(kept);
    }

    private static EquatableArray<EndpointPort> Ports(EquatableArray<EndpointPortSpec> ports) =>
        ports.Where(static p => p is { Name.Length: > 0, Port: > 0 and <= 65535, Protocol: not null } && p.Protocol.Value.Resolve() is not null)
            .Select(static p => new EndpointPort(p.Name!, p.Protocol!.Value.Resolve()!.Value, (ushort)p.Port!.Value))
            .ToEquatableArray();

    private static EquatableArray<IPNetwork> Nets(EquatableArray<string> texts, string path, List<ConversionProblem> problems)
    {
        List<IPNetwork> nets = [];
        for (int i = 0; i < texts.Count; i++)
        {
            if (IpPrefix.TryParse(texts[i], out IpPrefix prefix)) nets.Add(prefix.ToIPNetwork());
            else problems.Add(new(FormattableString.Invariant($"{path}[{i}]"), $"'{texts[i]}' is not a CIDR; it is left out"));
        }

        return nets.ToEquatableArray();
    }

    public static IPAddress? Address(string? text) =>
        text is not null && IpPrefix.TryParse(text, out IpPrefix prefix) && prefix.IsHost ? prefix.ToAddress() : null;

    private static QosModel Qos(QosControls qos) => new()
    {
        IngressBandwidth = qos.IngressBandwidth,
        EgressBandwidth = qos.EgressBandwidth,
        IngressBurst = qos.IngressBurst,
        EgressBurst = qos.EgressBurst,
        IngressPeakRate = qos.IngressPeakrate,
        EgressPeakRate = qos.EgressPeakrate,
        IngressMinBurst = qos.IngressMinburst,
        EgressMinBurst = qos.EgressMinburst,
        IngressPacketRate = qos.IngressPacketRate,
        EgressPacketRate = qos.EgressPacketRate,
        IngressPacketBurst = qos.IngressPacketBurst,
        EgressPacketBurst = qos.EgressPacketBurst,
        IngressMaxConnections = qos.IngressMaxConnections,
        EgressMaxConnections = qos.EgressMaxConnections,
        Dscp = qos.Dscp?.Resolve(),
    };
}
