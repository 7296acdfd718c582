using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>
/// ClusterNetworkPolicy → GlobalNetworkPolicy, as Calico converts it: tier kube-admin or kube-baseline, order = priority, one rule per protocol and peer.
/// A Deny or Pass rule that cannot be converted becomes deny-all of its direction, an Accept rule is dropped; both are reported.
/// </summary>
public static class ClusterPolicyConverter
{
    /// <summary>The annotation that carries a rule's name.</summary>
    public const string RuleNameAnnotation = "name";

    /// <summary>Converts a policy; the value is null when the tier is unknown or there is no subject.</summary>
    public static Converted<GlobalNetworkPolicy> Convert(ClusterNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ClusterNetworkPolicySpec spec = policy.Spec;
        string? tier = spec.Tier switch
        {
            "Admin" => CalicoNames.KubeAdminTier,
            "Baseline" => CalicoNames.KubeBaselineTier,
            _ => null,
        };
        if (tier is null) return new(null, [new("spec.tier", $"'{spec.Tier}' is not Admin or Baseline; the policy is ignored")]);
        if (spec.Subject is null or { Namespaces: null, Pods: null }) return new(null, [new("spec.subject", "there is neither namespaces nor pods; the policy is ignored")]);

        List<ConversionProblem> problems = [];
        List<Rule> ingress = [], egress = [];
        for (int i = 0; i < spec.Ingress.Count; i++)
        {
            ClusterIngressRule rule = spec.Ingress[i];
            AddRules(ingress, rule.Name, rule.Action, rule.From, rule.Protocols, isIngress: true, $"spec.ingress[{i}]", problems);
        }

        for (int i = 0; i < spec.Egress.Count; i++)
        {
            ClusterEgressRule rule = spec.Egress[i];
            AddRules(egress, rule.Name, rule.Action, rule.To, rule.Protocols, isIngress: false, $"spec.egress[{i}]", problems);
        }

        string namespaces = "all()", pods = KubernetesSelectors.Pods(null);
        try
        {
            namespaces = KubernetesSelectors.Namespaces(spec.Subject.Namespaces ?? spec.Subject.Pods!.NamespaceSelector ?? new LabelSelector());
            if (spec.Subject.Pods is { } subject) pods = KubernetesSelectors.Pods(subject.PodSelector);
        }
        catch (FormatException e)
        {
            problems.Add(new("spec.subject", $"{e.Message}; the policy denies everything to and from all pods"));
            ingress = egress = [new Rule { Action = "Deny" }];
        }

        List<string> types = [];
        if (ingress.Count > 0) types.Add("Ingress");
        if (egress.Count > 0) types.Add("Egress");
        return new(
            new GlobalNetworkPolicy
            {
                Metadata = new ObjectMeta
                {
                    Name = policy.Metadata.Name,
                    Uid = DerivedUid.Of(policy.Metadata.Uid),
                    ResourceVersion = policy.Metadata.ResourceVersion,
                    CreationTimestamp = policy.Metadata.CreationTimestamp,
                },
                Spec = new GlobalNetworkPolicySpec
                {
                    Tier = tier,
                    Order = spec.Priority ?? 0,
                    NamespaceSelector = namespaces,
                    Selector = pods,
                    Ingress = ingress.ToEquatableArray(),
                    Egress = egress.ToEquatableArray(),
                    Types = types.ToEquatableArray(),
                },
            },
            problems);
    }

    private static void AddRules<TPeer>(
        List<Rule> rules, string? name, string? action, EquatableArray<TPeer> peers, EquatableArray<ClusterProtocol> protocols, bool isIngress, string path, List<ConversionProblem> problems)
        where TPeer : ClusterPolicyPeer
    {
        int before = rules.Count;
        string at = path;
        try
        {
            at = $"{path}.action";
            string converted = action switch
            {
                "Accept" => "Allow",
                "Deny" or "Pass" => action,
                _ => throw new FormatException($"'{action}' is not Accept, Deny or Pass"),
            };
            PortLists.ByProtocol byProtocol = new();
            for (int i = 0; i < protocols.Count; i++)
            {
                at = $"{path}.protocols[{i}]";
                if (!AddProtocol(byProtocol, protocols[i]))
                {
                    // An empty entry stands for everything, so the other entries add nothing.
                    byProtocol = new();
                    break;
                }
            }

            RuleMetadata? metadata = string.IsNullOrEmpty(name) ? null : new RuleMetadata { Annotations = LabelMap.Of((RuleNameAnnotation, name)) };
            string side = isIngress ? "from" : "to";
            at = $"{path}.{side}";
            if (peers.IsEmpty) throw new FormatException("there is no peer");
            foreach ((Protocol? protocol, IReadOnlyList<Port> ports) in byProtocol.Merged())
            {
                for (int i = 0; i < peers.Count; i++)
                {
                    at = $"{path}.{side}[{i}]";
                    EntityRule peer = Peer(peers[i]);
                    if (!peer.Domains.IsEmpty && converted != "Allow") throw new FormatException("domainNames go with action Accept only");
                    rules.Add(isIngress
                        ? new Rule { Action = converted, Protocol = protocol, Metadata = metadata, Source = peer, Destination = new EntityRule { Ports = ports.ToEquatableArray() } }
                        : new Rule { Action = converted, Protocol = protocol, Metadata = metadata, Destination = peer with { Ports = ports.ToEquatableArray() } });
                }
            }
        }
        catch (FormatException e)
        {
            rules.RemoveRange(before, rules.Count - before);
            bool denies = action is "Deny" or "Pass";
            if (denies) rules.Add(new Rule { Action = "Deny" });
            problems.Add(new(at, $"{e.Message}; the rule {(denies ? "denies everything instead" : "is dropped")}"));
        }
    }

    private static bool AddProtocol(PortLists.ByProtocol byProtocol, ClusterProtocol protocol)
    {
        int given = (protocol.Tcp is null ? 0 : 1) + (protocol.Udp is null ? 0 : 1) + (protocol.Sctp is null ? 0 : 1) + (string.IsNullOrEmpty(protocol.DestinationNamedPort) ? 0 : 1);
        if (given > 1) throw new FormatException("exactly one of tcp, udp, sctp, destinationNamedPort is to be set");
        if (protocol.Tcp is { } tcp) byProtocol.Add("TCP", Port(tcp.DestinationPort));
        else if (protocol.Udp is { } udp) byProtocol.Add("UDP", Port(udp.DestinationPort));
        else if (protocol.Sctp is { } sctp) byProtocol.Add("SCTP", Port(sctp.DestinationPort));
        else if (protocol.DestinationNamedPort is { Length: > 0 } name) byProtocol.Add("", Resources.Port.Named(name));
        return given == 1;
    }

    private static Port? Port(ClusterPort? port)
    {
        if (port is null or { Number: null, Range: null }) return null;
        if (port is { Number: not null, Range: not null }) throw new FormatException("a port has either a number or a range");
        int first = port.Number ?? port.Range!.Start ?? 0, last = port.Number ?? port.Range!.End ?? 0;
        if (first is < 1 or > 65535 || last is < 1 or > 65535) throw new FormatException(FormattableString.Invariant($"port {first}:{last} is not within 1–65535"));
        if (last < first) throw new FormatException(FormattableString.Invariant($"the range {first}:{last} ends before it begins"));
        return new Port((ushort)first, (ushort)last);
    }

    private static EntityRule Peer(ClusterPolicyPeer peer)
    {
        ClusterPolicyEgressPeer? egress = peer as ClusterPolicyEgressPeer;
        int given = (peer.Namespaces is null ? 0 : 1) + (peer.Pods is null ? 0 : 1)
            + (egress?.Nodes is null ? 0 : 1) + (egress is { Networks.IsEmpty: false } ? 1 : 0) + (egress is { DomainNames.IsEmpty: false } ? 1 : 0);
        if (given != 1) throw new FormatException(given == 0 ? "the peer has none of the fields that are supported" : "a peer has exactly one field");
        if (egress?.Nodes is { } nodes) return new EntityRule { NodeSelector = KubernetesSelectors.Nodes(nodes) };
        if (egress is { Networks.IsEmpty: false }) return new EntityRule { Nets = egress.Networks.Select(KubernetesPolicyConverter.Cidr).ToEquatableArray() };
        if (egress is { DomainNames.IsEmpty: false }) return new EntityRule { Domains = egress.DomainNames };
        return peer.Pods is { } pods
            ? new EntityRule { Selector = KubernetesSelectors.Pods(pods.PodSelector), NamespaceSelector = KubernetesSelectors.Namespaces(pods.NamespaceSelector ?? new LabelSelector()) }
            : new EntityRule { NamespaceSelector = KubernetesSelectors.Namespaces(peer.Namespaces) };
    }
}
