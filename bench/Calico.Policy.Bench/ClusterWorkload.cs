using System.Net;
using Calico.Policy.Model;

namespace Calico.Policy.Bench;

/// <summary>
/// A Kubernetes-like cluster: a thousand nodes, namespaces of a hundred pods, ten policies and five distinct peer selectors in each; one namespace is large.
/// </summary>
internal sealed class ClusterWorkload(int endpoints, int policies)
{
    public const int LargeNamespacePods = 5000;
    private const int PodsPerNamespace = 100;

    public int NodeCount { get; } = Math.Max(1, endpoints / 100);

    public int NamespaceCount { get; } = Math.Max(1, endpoints / PodsPerNamespace);

    public IEnumerable<ModelObject> Namespaces()
    {
        for (int i = 0; i < NamespaceCount; i++) yield return Namespace(i, $"team-{i % 50}");
        yield return LargeNamespace("before");
    }

    public static ProfileModel LargeNamespace(string phase) => new()
    {
        Name = "kns.large",
        Labels = LabelMap.Of(("pcns.projectcalico.org/name", "large"), ("pcns.phase", phase)),
        Ingress = [new RuleModel()],
        Egress = [new RuleModel()],
    };

    public IEnumerable<ModelObject> Policies()
    {
        int perNamespace = Math.Max(1, policies / NamespaceCount);
        for (int i = 0; i < policies; i++)
        {
            int ns = i / perNamespace % NamespaceCount, app = i % perNamespace;
            yield return new PolicyModel
            {
                Id = new PolicyId(PolicyKind.KubernetesNetworkPolicy, $"ns-{ns}", $"policy-{i}"),
                Order = 1000,
                Selector = $"(projectcalico.org/orchestrator == 'k8s' && app == 'app-{app}') && projectcalico.org/namespace == 'ns-{ns}'",
                Types = PolicyTypes.Ingress,
                Ingress =
                [
                    new RuleModel
                    {
                        Protocol = IpProtocol.Tcp,
                        Source = new EntityMatch { Selector = $"(projectcalico.org/namespace == 'ns-{ns}') && (projectcalico.org/orchestrator == 'k8s' && app == 'app-{app % 5}')" },
                        Destination = new EntityMatch { Ports = [new PortRange(8080), new PortRange(9090)] },
                    },
                ],
            };
        }

        yield return new PolicyModel
        {
            Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "phase"),
            Order = 1,
            Selector = "projectcalico.org/namespace == 'ns-0'",
            Types = PolicyTypes.Ingress,
            Ingress = [new RuleModel { Source = new EntityMatch { Selector = "pcns.phase == 'after'" } }],
        };
    }

    public IEnumerable<ModelObject> Endpoints()
    {
        int large = endpoints >= 2 * LargeNamespacePods ? LargeNamespacePods : 0;
        for (int n = 0; n < endpoints; n++)
        {
            string ns = n < large ? "large" : $"ns-{n % NamespaceCount}";
            yield return Endpoint(n, ns, "v1");
        }
    }

    public WorkloadEndpointModel Endpoint(int n, string ns, string version)
    {
        int app = n / NamespaceCount % 20;
        return new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId($"node-{n % NodeCount}", "k8s", $"{ns}/pod-{n}", "eth0"),
            InterfaceName = $"cali{n:x11}",
            Labels = LabelMap.Of(
                ("projectcalico.org/namespace", ns), ("projectcalico.org/orchestrator", "k8s"), ("projectcalico.org/serviceaccount", "default"),
                ("app", $"app-{app}"), ("version", version), ("pod-template-hash", $"{ns}-{app}"), ("pod", $"pod-{n}")),
            Nets = [new IPNetwork(new IPAddress((long)(uint)IPAddress.HostToNetworkOrder(0x0a000001 + n)), 32)],
            Profiles = [$"kns.{ns}", $"ksa.{ns}.default"],
            Ports = [new EndpointPort("http", IpProtocol.Tcp, 8080)],
        };
    }

    private static ProfileModel Namespace(int i, string team) => new()
    {
        Name = $"kns.ns-{i}",
        Labels = LabelMap.Of(("pcns.projectcalico.org/name", $"ns-{i}"), ("pcns.team", team)),
        Ingress = [new RuleModel()],
        Egress = [new RuleModel()],
    };
}
