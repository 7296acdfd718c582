using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>
/// Kubernetes NetworkPolicy → Calico NetworkPolicy, as Calico converts it: default tier, order 1,000, one rule per protocol and peer.
/// A rule that cannot be converted is dropped and reported, so what it allowed stays closed; unlike in Calico that includes a rule whose ipBlock is not a CIDR.
/// </summary>
public static class KubernetesPolicyConverter
{
    /// <summary>Converts a policy.</summary>
    public static Converted<NetworkPolicy> Convert(KubernetesNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        List<ConversionProblem> problems = [];
        return new(new NetworkPolicy { Metadata = Metadata(policy.Metadata), Spec = Spec(policy.Spec, new NetworkPolicySpec(), problems) }, problems);
    }

    /// <summary>Converts a staged policy; the result keeps the staged action.</summary>
    public static Converted<StagedNetworkPolicy> Convert(StagedKubernetesNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        List<ConversionProblem> problems = [];
        StagedNetworkPolicySpec spec = Spec(policy.Spec, new StagedNetworkPolicySpec { StagedAction = policy.Spec.StagedAction }, problems);
        return new(new StagedNetworkPolicy { Metadata = Metadata(policy.Metadata), Spec = spec }, problems);
    }

    private static ObjectMeta Metadata(ObjectMeta source) => new()
    {
        Name = source.Name,
        Namespace = source.Namespace ?? CalicoNames.DefaultNamespace,
        Uid = DerivedUid.Of(source.Uid),
        ResourceVersion = source.ResourceVersion,
        CreationTimestamp = source.CreationTimestamp,
    };

    private static T Spec<T>(KubernetesNetworkPolicySpec source, T target, List<ConversionProblem> problems)
        where T : NetworkPolicySpec
    {
        List<Rule> ingress = [], egress = [];
        for (int i = 0; i < source.Ingress.Count; i++)
            AddRules(ingress, source.Ingress[i].From, source.Ingress[i].Ports, isIngress: true, $"spec.ingress[{i}]", problems);
        for (int i = 0; i < source.Egress.Count; i++)
            AddRules(egress, source.Egress[i].To, source.Egress[i].Ports, isIngress: false, $"spec.egress[{i}]", problems);

        string selector;
        try
        {
            selector = KubernetesSelectors.Pods(source.PodSelector);
        }
        catch (FormatException e)
        {
            problems.Add(new("spec.podSelector", $"{e.Message}; the policy isolates every pod of its namespace"));
            selector = KubernetesSelectors.Pods(null);
            (ingress, egress) = ([], []);
        }

        return target with
        {
            Order = CalicoNames.KubernetesPolicyOrder,
            Selector = selector,
            Ingress = ingress.ToEquatableArray(),
            Egress = egress.ToEquatableArray(),
            Types = Types(source),
        };
    }

    // The API server's defaulting: no types means Ingress, and Egress too when there are egress rules.
    private static EquatableArray<string> Types(KubernetesNetworkPolicySpec spec)
    {
        bool defaulted = spec.PolicyTypes.IsEmpty;
        bool ingress = defaulted || spec.PolicyTypes.Contains("Ingress");
        bool egress = defaulted ? !spec.Egress.IsEmpty : spec.PolicyTypes.Contains("Egress");
        return (ingress, egress) switch
        {
            (true, true) => ["Ingress", "Egress"],
            (false, true) => ["Egress"],
            _ => ["Ingress"],
        };
    }

    private static void AddRules(
        List<Rule> rules, EquatableArray<NetworkPolicyPeer> peers, EquatableArray<NetworkPolicyPort> ports, bool isIngress, string path, List<ConversionProblem> problems)
    {
        int before = rules.Count;
        string at = path;
        try
        {
            PortLists.ByProtocol byProtocol = new();
            for (int i = 0; i < ports.Count; i++)
            {
                at = $"{path}.ports[{i}]";
                byProtocol.Add(ports[i].Protocol ?? "TCP", Port(ports[i]));
            }

            foreach ((Protocol? protocol, IReadOnlyList<Port> merged) in byProtocol.Merged())
            {
                if (peers.IsEmpty) Add(EntityRule.Any);
                for (int i = 0; i < peers.Count; i++)
                {
                    at = $"{path}.{(isIngress ? "from" : "to")}[{i}]";
                    Add(Peer(peers[i]));
                }

                void Add(EntityRule peer) => rules.Add(isIngress
                    ? new Rule { Action = "Allow", Protocol = protocol, Source = peer, Destination = new EntityRule { Ports = merged.ToEquatableArray() } }
                    : new Rule { Action = "Allow", Protocol = protocol, Destination = peer with { Ports = merged.ToEquatableArray() } });
            }
        }
        catch (FormatException e)
        {
            rules.RemoveRange(before, rules.Count - before);
            problems.Add(new(at, $"{e.Message}; the whole rule is dropped"));
        }
    }

    private static Port? Port(NetworkPolicyPort port)
    {
        if (port.Protocol is not (null or "TCP" or "UDP" or "SCTP")) throw new FormatException($"protocol '{port.Protocol}' is not TCP, UDP or SCTP");
        if (port.Port is not { } given) return port.EndPort is null ? null : throw new FormatException("endPort needs port");
        string text = port.EndPort is { } end ? FormattableString.Invariant($"{given}:{end}") : given.ToString();
        return Resources.Port.TryParse(text, out Port parsed, out string? error) ? parsed : throw new FormatException(error);
    }

    /// <summary>One peer of a rule as one side of a Calico rule.</summary>
    /// <exception cref="FormatException">The peer is empty, mixes an ipBlock with selectors, or one of its parts cannot be read.</exception>
    public static EntityRule Peer(NetworkPolicyPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.IpBlock is { } block)
        {
            if (peer.PodSelector is not null || peer.NamespaceSelector is not null) throw new FormatException("ipBlock excludes podSelector and namespaceSelector");
            return new EntityRule { Nets = [Cidr(block.Cidr)], NotNets = block.Except.Select(Cidr).ToEquatableArray() };
        }

        if (peer.PodSelector is null && peer.NamespaceSelector is null) throw new FormatException("a peer needs podSelector, namespaceSelector or ipBlock");
        string namespaces = KubernetesSelectors.Namespaces(peer.NamespaceSelector);
        return new EntityRule { Selector = KubernetesSelectors.Pods(peer.PodSelector), NamespaceSelector = namespaces.Length == 0 ? null : namespaces };
    }

    internal static string Cidr(string? text) =>
        text is not null && text.Contains('/') && IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix.ToString() : throw new FormatException($"'{text}' is not a CIDR");
}
