using System.Globalization;
using System.Net;
using Calico.Policy.Model;

namespace Calico.Policy.Bench;

/// <summary>
/// The shape of Felix's benchmark of isolated customers: a namespace for each with one pod of fifteen labels, five of them unique, and one policy that
/// allows the namespace's own traffic and DNS. Every hundredth part of the pods, one hundred in all, is local.
/// </summary>
internal sealed class CustomerWorkload(int customers)
{
    public const string LocalNode = "localhost";
    private const int LocalPods = 100;

    private static readonly string[] Environments = ["dev", "staging", "prod"], Tiers = ["frontend", "backend", "middleware", "data"];
    private static readonly string[] Regions = ["us-east", "us-west", "eu-west", "ap-south"], Teams = ["platform", "payments", "identity", "growth", "infra"];

    public IEnumerable<ModelObject> Policies()
    {
        for (int n = 0; n < customers; n++)
        {
            string own = $"pcns.projectcalico.org/name == 'customer-{n}'";
            yield return new PolicyModel
            {
                Id = new PolicyId(PolicyKind.NetworkPolicy, $"customer-{n}", "isolation"),
                Selector = own,
                Ingress = [new RuleModel { Source = new EntityMatch { Selector = own } }],
                Egress =
                [
                    new RuleModel { Destination = new EntityMatch { Selector = own } },
                    new RuleModel { Protocol = IpProtocol.Udp, Destination = new EntityMatch { Nets = [IPNetwork.Parse("10.96.0.10/32")], Ports = [new PortRange(53)] } },
                ],
            };
        }
    }

    public IEnumerable<ModelObject> Namespaces()
    {
        for (int n = 0; n < customers; n++)
        {
            yield return new ProfileModel
            {
                Name = $"kns.customer-{n}",
                Labels = LabelMap.Of(("pcns.projectcalico.org/name", $"customer-{n}"), ("namespace-id", Text(n, 20)), ("production", n % 2 == 0 ? "true" : "false")),
            };
        }
    }

    /// <summary>Every text is its own object, as it is when decoded from a datastore.</summary>
    public IEnumerable<ModelObject> Endpoints()
    {
        int stride = Math.Max(1, customers / LocalPods);
        for (int n = 0; n < customers; n++)
        {
            yield return new WorkloadEndpointModel
            {
                Id = new WorkloadEndpointId(Copy(n % stride == 0 ? LocalNode : "remotehost"), Copy("k8s"), $"customer-{n}/app-{(n * 7) + 3:x9}", Copy("eth0")),
                Labels = LabelMap.Of(
                    (Copy("pod-id"), Text(n * 5, 20)), (Copy("instance-id"), Text((n * 5) + 1, 20)), (Copy("short-id"), Text((n * 5) + 2, 10)),
                    (Copy("config-hash"), Text((n * 5) + 3, 20)), (Copy("version-tag"), Text((n * 5) + 4, 8)),
                    (Copy("enabled"), Digit(n)), (Copy("debug"), Digit(n / 2)), (Copy("canary"), Digit(n / 4)), (Copy("managed"), Digit(n / 8)),
                    (Copy("environment"), Copy(Environments[n % Environments.Length])), (Copy("tier"), Copy(Tiers[n % Tiers.Length])),
                    (Copy("region"), Copy(Regions[n % Regions.Length])), (Copy("team"), Copy(Teams[n % Teams.Length])),
                    (Copy("managed-by"), Copy("saas-controller")), (Copy("tenant-id"), Text(n % 5000, 10))),
                Nets = [new IPNetwork(new IPAddress((long)(uint)IPAddress.HostToNetworkOrder(0x0a000001 + n)), 32)],
                Profiles = [$"kns.customer-{n}"],
            };
        }
    }

    private static string Digit(int n) => (n % 2).ToString(CultureInfo.InvariantCulture);

    private static string Text(int seed, int length) => string.Create(length, ((ulong)seed * 2654435761) + 1, static (text, state) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = "abcdef0123456789"[(int)(state % 16)];
            state = (state * 6364136223846793005) + 1442695040888963407;
        }
    });

    private static string Copy(string text) => new(text.AsSpan());
}
