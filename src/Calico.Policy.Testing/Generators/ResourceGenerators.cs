using Calico.Policy.Model;
using Calico.Policy.Resources;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Policy.Testing;

/// <summary>Generators of policies as people write them, of every kind and valid by Calico's and Kubernetes' rules: for tests that begin at manifests, API objects or a datastore.</summary>
public static class ResourceGenerators
{
    private static readonly string[] Namespaces = ["ns1", "ns2"];
    private static readonly Gen<string?> OptionalSelector = Gen.Frequency((2, Gen.Constant<string?>(null)), (1, LabelGenerators.Selector.Select(static s => (string?)s)));

    /// <summary>A Kubernetes label selector; empty selects all.</summary>
    public static Gen<LabelSelector> LabelSelector { get; } =
        from labels in LabelGenerators.Labels
        from key in LabelGenerators.Name
        from requirement in Gen.Elements<LabelSelectorRequirement?>(
            null, null, new() { Key = key, Operator = "Exists" }, new() { Key = key, Operator = "DoesNotExist" },
            new() { Key = key, Operator = "In", Values = ["x", "y"] }, new() { Key = key, Operator = "NotIn", Values = ["x"] })
        select new LabelSelector { MatchLabels = LabelMap.From(labels.Take(1)), MatchExpressions = requirement is null ? [] : [requirement] };

    /// <summary>networking.k8s.io/v1 NetworkPolicy.</summary>
    public static Gen<KubernetesNetworkPolicy> KubernetesNetworkPolicy { get; } =
        from spec in KubernetesSpec
        from meta in Meta(isNamespaced: true)
        select new KubernetesNetworkPolicy { Metadata = meta, Spec = spec };

    /// <summary>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy.</summary>
    public static Gen<ClusterNetworkPolicy> ClusterNetworkPolicy { get; } =
        from meta in Meta(isNamespaced: false)
        from tier in Gen.Elements("Admin", "Baseline")
        from priority in Gen.Choose(0, 1000)
        from subject in Subject
        from ingress in Few(from action in ClusterAction from peer in Peer from protocol in Few(ClusterProtocol) select new ClusterIngressRule { Action = action, From = [peer], Protocols = protocol })
        from egress in Few(from action in ClusterAction from peer in EgressPeer from protocol in Few(ClusterProtocol) select new ClusterEgressRule { Action = action, To = [peer], Protocols = protocol })
        select new ClusterNetworkPolicy { Metadata = meta, Spec = new ClusterNetworkPolicySpec { Tier = tier, Priority = priority, Subject = subject, Ingress = ingress, Egress = egress } };

    /// <summary>policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy.</summary>
    public static Gen<AdminNetworkPolicy> AdminNetworkPolicy { get; } =
        from meta in Meta(isNamespaced: false)
        from priority in Gen.Choose(0, 1000)
        from subject in Subject
        from ingress in AdminIngress("Allow", "Deny", "Pass")
        from egress in AdminEgress("Allow", "Deny", "Pass")
        select new AdminNetworkPolicy { Metadata = meta, Spec = new AdminNetworkPolicySpec { Priority = priority, Subject = subject, Ingress = ingress, Egress = egress } };

    /// <summary>policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy; there is one, named <c>default</c>.</summary>
    public static Gen<BaselineAdminNetworkPolicy> BaselineAdminNetworkPolicy { get; } =
        from subject in Subject
        from ingress in AdminIngress("Allow", "Deny")
        from egress in AdminEgress("Allow", "Deny")
        select new BaselineAdminNetworkPolicy { Metadata = new ObjectMeta { Name = "default" }, Spec = new BaselineAdminNetworkPolicySpec { Subject = subject, Ingress = ingress, Egress = egress } };

    /// <summary>projectcalico.org/v3 NetworkPolicy, StagedNetworkPolicy or StagedKubernetesNetworkPolicy.</summary>
    public static Gen<Resource> NamespacedCalicoPolicy { get; } =
        from meta in Meta(isNamespaced: true)
        from order in Order
        from selector in OptionalSelector
        from rules in CalicoRules
        from kubernetes in KubernetesSpec
        from kind in Gen.Choose(0, 2)
        select kind switch
        {
            0 => new NetworkPolicy { Metadata = meta, Spec = new NetworkPolicySpec { Order = order, Selector = selector, Types = rules.Types, Ingress = rules.Ingress, Egress = rules.Egress } },
            1 => new StagedNetworkPolicy { Metadata = meta, Spec = new StagedNetworkPolicySpec { StagedAction = "Set", Order = order, Selector = selector, Types = rules.Types, Ingress = rules.Ingress, Egress = rules.Egress } },
            _ => (Resource)new StagedKubernetesNetworkPolicy
            {
                Metadata = meta,
                Spec = new StagedKubernetesNetworkPolicySpec { StagedAction = "Set", PodSelector = kubernetes.PodSelector, Ingress = kubernetes.Ingress, Egress = kubernetes.Egress, PolicyTypes = kubernetes.PolicyTypes },
            },
        };

    /// <summary>projectcalico.org/v3 GlobalNetworkPolicy or StagedGlobalNetworkPolicy.</summary>
    public static Gen<Resource> GlobalCalicoPolicy { get; } =
        from meta in Meta(isNamespaced: false)
        from order in Order
        from selector in OptionalSelector
        from namespaces in OptionalSelector
        from forward in Gen.Elements<bool?>(null, true, false)
        from rules in CalicoRules
        from staged in Gen.Elements(false, true)
        select staged
            ? (Resource)new StagedGlobalNetworkPolicy { Metadata = meta, Spec = new StagedGlobalNetworkPolicySpec { StagedAction = "Set", Order = order, Selector = selector, NamespaceSelector = namespaces, ApplyOnForward = forward, Types = rules.Types, Ingress = rules.Ingress, Egress = rules.Egress } }
            : new GlobalNetworkPolicy { Metadata = meta, Spec = new GlobalNetworkPolicySpec { Order = order, Selector = selector, NamespaceSelector = namespaces, ApplyOnForward = forward, Types = rules.Types, Ingress = rules.Ingress, Egress = rules.Egress } };

    /// <summary>A policy of any kind.</summary>
    public static Gen<Resource> Policy { get; } = Gen.OneOf(
        KubernetesNetworkPolicy.Select(static p => (Resource)p), ClusterNetworkPolicy.Select(static p => (Resource)p), AdminNetworkPolicy.Select(static p => (Resource)p),
        BaselineAdminNetworkPolicy.Select(static p => (Resource)p), NamespacedCalicoPolicy, GlobalCalicoPolicy);

    /// <summary>The policy with one rule fewer.</summary>
    public static IEnumerable<Resource> Shrink(Resource policy) => policy switch
    {
        KubernetesNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        ClusterNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        AdminNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        BaselineAdminNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        NetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        StagedNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        StagedKubernetesNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        GlobalNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        StagedGlobalNetworkPolicy p => Fewer(p.Spec.Ingress, p.Spec.Egress, (ingress, egress) => p with { Spec = p.Spec with { Ingress = ingress, Egress = egress } }),
        _ => [],
    };

    /// <summary>FsCheck's view of <see cref="Policy"/> with its shrinker.</summary>
    public static Arbitrary<Resource> ArbitraryPolicy() => Arb.From(Policy, Shrink);

    private static IEnumerable<Resource> Fewer<TIngress, TEgress>(EquatableArray<TIngress> ingress, EquatableArray<TEgress> egress, Func<EquatableArray<TIngress>, EquatableArray<TEgress>, Resource> with) =>
        ingress.OneFewer().Select(fewer => with(fewer, egress)).Concat(egress.OneFewer().Select(fewer => with(ingress, fewer)));

    private static Gen<string> ClusterAction => Gen.Elements("Accept", "Deny", "Pass");

    private static Gen<double?> Order => Gen.Elements<double?>(null, 0, 1.5, 1000);

    private static Gen<KubernetesNetworkPolicySpec> KubernetesSpec =>
        from pods in LabelSelector
        from ingress in Few(from peers in Few(KubernetesPeer) from ports in Few(KubernetesPort) select new NetworkPolicyIngressRule { From = peers, Ports = ports })
        from egress in Few(from peers in Few(KubernetesPeer) from ports in Few(KubernetesPort) select new NetworkPolicyEgressRule { To = peers, Ports = ports })
        select new KubernetesNetworkPolicySpec { PodSelector = pods, Ingress = ingress, Egress = egress, PolicyTypes = egress.IsEmpty ? ["Ingress"] : ["Ingress", "Egress"] };

    private static Gen<NetworkPolicyPeer> KubernetesPeer => Gen.OneOf(
        from pods in LabelSelector select new NetworkPolicyPeer { PodSelector = pods },
        from namespaces in LabelSelector select new NetworkPolicyPeer { NamespaceSelector = namespaces },
        from pods in LabelSelector from namespaces in LabelSelector select new NetworkPolicyPeer { PodSelector = pods, NamespaceSelector = namespaces },
        Gen.Elements(new NetworkPolicyPeer { IpBlock = new IPBlock { Cidr = "10.0.0.0/29", Except = ["10.0.0.4/30"] } }, new NetworkPolicyPeer { IpBlock = new IPBlock { Cidr = "fd00::/126" } }));

    private static Gen<NetworkPolicyPort> KubernetesPort => Gen.Elements(
        new NetworkPolicyPort { Port = new IntOrString(80) }, new NetworkPolicyPort { Protocol = "UDP", Port = new IntOrString(80), EndPort = 90 },
        new NetworkPolicyPort { Protocol = "TCP", Port = new IntOrString("http") }, new NetworkPolicyPort { Protocol = "SCTP" });

    private static Gen<ClusterPolicySubject> Subject => Gen.OneOf(
        from namespaces in LabelSelector select new ClusterPolicySubject { Namespaces = namespaces },
        from namespaces in LabelSelector from pods in LabelSelector select new ClusterPolicySubject { Pods = new NamespacedPods { NamespaceSelector = namespaces, PodSelector = pods } });

    private static Gen<ClusterPolicyPeer> Peer => Gen.OneOf(
        from namespaces in LabelSelector select new ClusterPolicyPeer { Namespaces = namespaces },
        from namespaces in LabelSelector from pods in LabelSelector select new ClusterPolicyPeer { Pods = new NamespacedPods { NamespaceSelector = namespaces, PodSelector = pods } });

    private static Gen<ClusterPolicyEgressPeer> EgressPeer => Gen.OneOf(
        Peer.Select(static p => new ClusterPolicyEgressPeer { Namespaces = p.Namespaces, Pods = p.Pods }),
        from nodes in LabelSelector select new ClusterPolicyEgressPeer { Nodes = nodes },
        Gen.Elements(new ClusterPolicyEgressPeer { Networks = ["10.0.0.0/30", "fd00::/126"] }, new ClusterPolicyEgressPeer { Networks = ["0.0.0.0/0"] }));

    private static Gen<ClusterProtocol> ClusterProtocol => Gen.Elements(
        new ClusterProtocol { Tcp = new ClusterProtocolPorts { DestinationPort = new ClusterPort { Number = 80 } } },
        new ClusterProtocol { Udp = new ClusterProtocolPorts { DestinationPort = new ClusterPort { Range = new ClusterPortRange { Start = 80, End = 90 } } } },
        new ClusterProtocol { DestinationNamedPort = "http" });

    private static Gen<EquatableArray<AdminPort>?> AdminPorts => Gen.Elements<EquatableArray<AdminPort>?>(
        null, [new AdminPort { PortNumber = new AdminPortNumber { Protocol = "TCP", Port = 80 } }],
        [new AdminPort { PortRange = new AdminPortRange { Protocol = "UDP", Start = 80, End = 90 } }, new AdminPort { NamedPort = "http" }]);

    private static Gen<(EquatableArray<string> Types, EquatableArray<Rule> Ingress, EquatableArray<Rule> Egress)> CalicoRules =>
        from ingress in Few(Rule)
        from egress in Few(Rule)
        select ((EquatableArray<string>)(egress.IsEmpty ? ["Ingress"] : ["Ingress", "Egress"]), ingress, egress);

    private static Gen<Rule> Rule =>
        from action in Gen.Elements("Allow", "Deny", "Log", "Pass")
        from protocol in Gen.Elements<Protocol?>(null, new Protocol("TCP"), new Protocol("UDP"), new Protocol("SCTP"))
        from source in Side(protocol is not null)
        from destination in Side(protocol is not null)
        select new Rule { Action = action, Protocol = protocol, Source = source, Destination = destination };

    private static Gen<EntityRule> Side(bool hasPorts) =>
        from selector in OptionalSelector
        from notSelector in OptionalSelector
        from nets in Gen.Elements<EquatableArray<string>>([], [], ["10.0.0.0/29", "192.0.2.0/24"])
        from ports in Gen.Elements<EquatableArray<Port>>([], [new Port(80), Port.Named("http")], [new Port(80, 90)])
        select new EntityRule { Selector = selector, NotSelector = notSelector, Nets = nets, Ports = hasPorts ? ports : [] };

    private static Gen<EquatableArray<AdminIngressRule>> AdminIngress(params string[] actions) =>
        Few(from action in Gen.Elements(actions) from peer in Peer from ports in AdminPorts select new AdminIngressRule { Action = action, From = [peer], Ports = ports });

    private static Gen<EquatableArray<AdminEgressRule>> AdminEgress(params string[] actions) =>
        Few(from action in Gen.Elements(actions) from peer in EgressPeer from ports in AdminPorts select new AdminEgressRule { Action = action, To = [peer], Ports = ports });

    private static Gen<ObjectMeta> Meta(bool isNamespaced) =>
        from number in Gen.Choose(0, 5)
        from ns in Gen.Elements(Namespaces.AsEnumerable())
        select new ObjectMeta { Name = $"p{number}", Namespace = isNamespaced ? ns : null };

    private static Gen<EquatableArray<T>> Few<T>(Gen<T> item) =>
        from count in Gen.Choose(0, 2)
        from items in item.ArrayOf(count)
        select items.ToEquatableArray();
}
