using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Resources;

/// <summary>What is written is read back as the same object, whatever the object.</summary>
public class ResourceRoundTripTests
{
    private static readonly Gen<string?> Text = Gen.Elements<string?>(null, "has(a)", "a in {'x', \"'\"}", "é\"\\\n", "yes", "010", "~");
    private static readonly Gen<EquatableArray<string>> Nets = Gen.Elements("10.0.0.0/8", "192.0.2.1/32", "fd00::/8").ListOf().Select(l => l.Take(3).ToEquatableArray());
    private static readonly Gen<Port> Ports = Gen.Elements(new Port(80), new Port(0), new Port(1, 65535), Port.Named("http-alt"), Port.Named("8080x"));
    private static readonly Gen<Protocol?> Protocols = Gen.Elements<Protocol?>(null, new Protocol("TCP"), new Protocol("udplite"), new Protocol(0), new Protocol(255), new Protocol("whatever"));
    private static readonly Gen<LabelMap> Labels = Gen.Elements(LabelMap.Empty, LabelMap.Of(("a", "")), LabelMap.Of(("x/y.z", "true"), ("n", "5")));

    private static Gen<EntityRule> Side =>
        from nets in Nets
        from selector in Text
        from ns in Text
        from ports in Ports.ListOf()
        from services in Gen.Elements<ServiceMatch?>(null, new ServiceMatch { Name = "s" }, new ServiceMatch())
        from accounts in Gen.Elements<ServiceAccountMatch?>(null, new ServiceAccountMatch { Names = ["a", "b"], Selector = "all()" })
        select new EntityRule { Nets = nets, NotSelector = selector, NamespaceSelector = ns, NotPorts = ports.Take(3).ToEquatableArray(), Services = services, ServiceAccounts = accounts };

    private static Gen<Rule> Rules =>
        from action in Gen.Elements<string?>("Allow", "Pass", null)
        from version in Gen.Elements<int?>(null, 4, 6, 0)
        from protocol in Protocols
        from icmp in Gen.Elements<IcmpFields?>(null, new IcmpFields(), new IcmpFields { Type = 0, Code = 0 })
        from source in Side
        from destination in Gen.OneOf(Gen.Constant(EntityRule.Any), Side)
        from http in Gen.Elements<HttpRule?>(null, new HttpRule { Methods = ["GET"], Paths = [new HttpPath { Prefix = "/" }] })
        from labels in Labels
        select new Rule { Action = action, IpVersion = version, NotProtocol = protocol, NotIcmp = icmp, Source = source, Destination = destination, Http = http, Metadata = labels.Count == 0 ? null : new RuleMetadata { Annotations = labels } };

    private static Gen<Resource> Policies =>
        from rules in Rules.ListOf()
        from order in Gen.Elements<double?>(null, 0, -1.5, 1e9)
        from flag in Gen.Elements<bool?>(null, true, false)
        from text in Text
        from labels in Labels
        let list = rules.Take(4).ToEquatableArray()
        let meta = new ObjectMeta { Name = "p", Namespace = "ns", Labels = labels, Annotations = labels }
        from resource in Gen.Elements<Resource>(
            new GlobalNetworkPolicy { Metadata = meta with { Namespace = null }, Spec = new GlobalNetworkPolicySpec { Ingress = list, Order = order, DoNotTrack = flag, PreDnat = flag, Selector = text } },
            new NetworkPolicy { Metadata = meta, Spec = new NetworkPolicySpec { Egress = list, Order = order, Types = ["Egress"], Selector = text, PerformanceHints = ["AssumeNeededOnEveryNode"] } },
            new StagedNetworkPolicy { Metadata = meta, Spec = new StagedNetworkPolicySpec { Ingress = list, StagedAction = text } },
            new Profile { Metadata = meta with { Namespace = null }, Spec = new ProfileSpec { Ingress = list, LabelsToApply = labels } })
        select resource;

    [Property(MaxTest = 300)]
    public Property Written_and_read_is_the_same() => Prop.ForAll(Policies.ToArbitrary(), resource =>
    {
        ManifestObject read = new ManifestReader().Read(ResourceJson.Write(resource, indented: true)).Objects.Single();
        return resource.Equals(read.Resource).Label($"{ResourceJson.Write(resource)}\n{(read.Resource is null ? "nothing" : ResourceJson.Write(read.Resource))}");
    });

    [Fact]
    public void Kubernetes_objects_keep_what_null_and_empty_mean()
    {
        KubernetesNetworkPolicy policy = new()
        {
            Metadata = new ObjectMeta { Name = "p", Namespace = "ns" },
            Spec = new KubernetesNetworkPolicySpec
            {
                PodSelector = new LabelSelector(),
                Ingress = [new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { NamespaceSelector = new LabelSelector() }], Ports = [new NetworkPolicyPort { Port = "http" }, new NetworkPolicyPort { Port = 80, EndPort = 90 }] }, new NetworkPolicyIngressRule()],
            },
        };
        string json = ResourceJson.Write(policy);
        Assert.Equal("""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p","namespace":"ns"},"spec":{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{}}],"ports":[{"port":"http"},{"port":80,"endPort":90}]},{}]}}""", json);
        Assert.Equal(policy, new ManifestReader().Read(json).Objects.Single().Resource);
    }

    [Fact]
    public void Null_reads_as_absent() =>
        Assert.Equal(
            new GlobalNetworkPolicy { Metadata = new ObjectMeta { Name = "p", Labels = LabelMap.Of(("a", "")) }, Spec = new GlobalNetworkPolicySpec { Ingress = [new Rule { Action = "Allow" }] } },
            new ManifestReader().Read("apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p, labels: {a: ~}, annotations: ~}\nspec: {egress: ~, order: ~, ingress: [{action: Allow, source: ~, protocol: ~, http: ~}]}").Objects.Single().Resource);
}
