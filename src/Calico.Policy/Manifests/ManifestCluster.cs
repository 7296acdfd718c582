using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Calico.Net;
using Calico.Policy.Conversion;
using Calico.Policy.Engine;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Manifests;

/// <summary>How a cluster is made of bare manifests.</summary>
public sealed record ManifestClusterOptions
{
    /// <summary>Where pods that have no address get one from; IPv4.</summary>
    public IPNetwork PodNetwork { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>Where pods that have no address get a second one from; IPv6. Null for clusters of IPv4 alone.</summary>
    public IPNetwork? PodNetworkV6 { get; init; }

    /// <summary>The node of pods that are not scheduled.</summary>
    public string NodeName { get; init; } = "node";
}

/// <summary>
/// Manifests as the cluster they would make: what the API server and controllers add is added (namespaces that are only mentioned and their name label, default service
/// accounts, pods of controllers, a node and an address for each pod, endpoints of services), so that policy can be asked about before anything runs.
/// </summary>
public sealed class ManifestCluster
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    private ManifestCluster(ClusterState state, IReadOnlyList<Pod> pods, IReadOnlyList<PolicyFault> faults)
    {
        (State, Pods, Faults) = (state, pods, faults);
    }

    /// <summary>Everything in backend form, for the evaluator, the analysis and the engine.</summary>
    public ClusterState State { get; }

    /// <summary>The pods with their addresses, in the order of the manifests.</summary>
    public IReadOnlyList<Pod> Pods { get; }

    /// <summary>What could not be understood and fails closed.</summary>
    public IReadOnlyList<PolicyFault> Faults { get; }

    /// <summary>The first address of a pod.</summary>
    /// <param name="pod"><c>namespace/name</c>.</param>
    /// <exception cref="ArgumentException">There is no such pod, or it has no address.</exception>
    public IPAddress AddressOf(string pod)
    {
        Pod found = Pods.FirstOrDefault(p => $"{p.Metadata.Namespace}/{p.Metadata.Name}" == pod) ?? throw new ArgumentException($"There is no pod {pod}.", nameof(pod));
        return AddressesOf(found).Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : null).OfType<IPAddress>().FirstOrDefault()
            ?? throw new ArgumentException($"Pod {pod} has no address.", nameof(pod));
    }

    /// <summary>Makes the cluster.</summary>
    public static ManifestCluster From(ManifestSet manifests, ManifestClusterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(manifests);
        options ??= new ManifestClusterOptions();
        List<Resource> given = [.. manifests.Resources];
        List<Pod> pods = [.. given.OfType<Pod>(), .. manifests.Objects.Where(static o => o.Resource is null).Select(WorkloadExpansion.ToPod).OfType<Pod>()];
        pods = Placed(Named(pods), options);
        List<Resource> all =
        [
            .. given.Where(static r => r is not (Pod or Namespace)),
            .. Namespaces(given, pods),
            .. ServiceAccounts(given, pods),
            .. pods,
            .. Slices(given, pods),
        ];
        ClusterState state = ClusterState.Of(all, out IReadOnlyList<PolicyFault> faults);
        foreach (ManifestObject broken in manifests.Objects.Where(static o => !o.IsValid))
        {
            if (broken.ToModel() is { } model) state.Upsert(model);
        }

        return new ManifestCluster(state, pods, faults);
    }

    // Of two pods with one name (a pod and a deployment, say) the later gets a number.
    private static IEnumerable<Pod> Named(List<Pod> pods)
    {
        HashSet<(string, string)> names = [];
        foreach (Pod pod in pods)
        {
            string ns = pod.Metadata.Namespace ?? CalicoNames.DefaultNamespace, name = pod.Metadata.Name ?? "";
            for (int i = 2; !names.Add((ns, name)); i++) name = string.Create(CultureInfo.InvariantCulture, $"{pod.Metadata.Name}-{i}");
            yield return pod with
            {
                Metadata = pod.Metadata with { Name = name, Namespace = ns },
                Spec = pod.Spec with { ServiceAccountName = string.IsNullOrEmpty(pod.Spec.ServiceAccountName) ? "default" : pod.Spec.ServiceAccountName },
            };
        }
    }

    // The address follows from the pod's name, so that it stays the same when other pods come and go.
    private static List<Pod> Placed(IEnumerable<Pod> pods, ManifestClusterOptions options)
    {
        List<Pod> list = [.. pods];
        HashSet<IpPrefix> taken = [];
        foreach (string text in list.SelectMany(AddressesOf))
        {
            if (IpPrefix.TryParse(text, out IpPrefix address)) taken.Add(address);
        }

        return [.. list.Select(pod =>
        {
            bool needsAddress = pod.Spec.HostNetwork is not true && !PodConverter.IsFinished(pod) && !AddressesOf(pod).Any();
            return pod with
            {
                Spec = pod.Spec with { NodeName = string.IsNullOrEmpty(pod.Spec.NodeName) ? options.NodeName : pod.Spec.NodeName },
                Status = needsAddress ? (pod.Status ?? new PodStatus()) with { PodIPs = AddressesFor($"{pod.Metadata.Namespace}/{pod.Metadata.Name}") } : pod.Status,
            };
        })];

        EquatableArray<PodAddress> AddressesFor(string name)
        {
            List<PodAddress> addresses = [];
            foreach (IPNetwork network in ((IPNetwork?[])[options.PodNetwork, options.PodNetworkV6]).OfType<IPNetwork>())
            {
                if (Free(IpPrefix.From(network), name) is { } free) addresses.Add(new PodAddress { Ip = free.ToAddress().ToString() });
            }

            return addresses.ToEquatableArray();
        }

        IpPrefix? Free(IpPrefix network, string name)
        {
            const int MostBits = 32;
            int bits = Math.Min(network.MaxLength - network.Length, MostBits);
            if (bits < 2) return null;
            UInt128 size = (UInt128)1 << bits, step = network.IsIPv6 ? 1 : (UInt128)1 << 96;
            UInt128 start = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(name))) % (size - 2);
            for (UInt128 tried = 0; tried < size - 2; tried++)
            {
                IpPrefix address = IpPrefix.FromBits(network.Bits + ((((start + tried) % (size - 2)) + 1) * step), network.MaxLength, network.IsIPv6);
                if (taken.Add(address)) return address;
            }

            return null;
        }
    }

    private static IEnumerable<string> AddressesOf(Pod pod) =>
        pod.Status is not { } status ? [] : status.PodIPs.Select(static a => a.Ip ?? "").Append(status.PodIP ?? "").Where(static a => a.Length > 0);

    private static IEnumerable<Namespace> Namespaces(List<Resource> given, List<Pod> pods)
    {
        Dictionary<string, Namespace> known = new(StringComparer.Ordinal);
        foreach (Namespace ns in given.OfType<Namespace>()) known[ns.Metadata.Name ?? ""] = ns;
        IEnumerable<Resource> inside = given.Where(static r => r.IsNamespaced).Concat(pods);
        foreach (string name in inside.Select(static r => r.Metadata.Namespace ?? CalicoNames.DefaultNamespace).Append(CalicoNames.DefaultNamespace))
            known.TryAdd(name, new Namespace { Metadata = new ObjectMeta { Name = name } });
        return known.Values.Select(static ns => ns with
        {
            Metadata = ns.Metadata with { Labels = LabelMap.From(new Dictionary<string, string>(ns.Metadata.Labels) { [NameLabel] = ns.Metadata.Name ?? "" }) },
        });
    }

    private static IEnumerable<ServiceAccount> ServiceAccounts(List<Resource> given, List<Pod> pods)
    {
        HashSet<(string, string)> known = [.. given.OfType<ServiceAccount>().Select(static a => (a.Metadata.Namespace ?? CalicoNames.DefaultNamespace, a.Metadata.Name ?? ""))];
        foreach (Pod pod in pods)
        {
            if (known.Add((pod.Metadata.Namespace!, pod.Spec.ServiceAccountName!)))
                yield return new ServiceAccount { Metadata = new ObjectMeta { Namespace = pod.Metadata.Namespace, Name = pod.Spec.ServiceAccountName } };
        }
    }

    private static IEnumerable<EndpointSlice> Slices(List<Resource> given, List<Pod> pods)
    {
        foreach (Service service in given.OfType<Service>())
        {
            if (service.Spec is not { Selector.Count: > 0 } spec) continue;
            string ns = service.Metadata.Namespace ?? CalicoNames.DefaultNamespace;
            foreach (Pod pod in pods.Where(p => p.Metadata.Namespace == ns && spec.Selector.All(l => p.Metadata.Labels.TryGetValue(l.Key, out string? value) && value == l.Value)))
            {
                yield return new EndpointSlice
                {
                    Metadata = new ObjectMeta { Namespace = ns, Name = $"{service.Metadata.Name}-{pod.Metadata.Name}", Labels = LabelMap.Of((EndpointSlice.ServiceNameLabel, service.Metadata.Name ?? "")) },
                    Endpoints = [new SliceEndpoint { Addresses = AddressesOf(pod).ToEquatableArray(), NodeName = pod.Spec.NodeName }],
                    Ports = spec.Ports.Select(p => new SlicePort { Name = p.Name, Protocol = p.Protocol, Port = TargetPort(p, pod) }).Where(static p => p.Port is not null).ToEquatableArray(),
                };
            }
        }
    }

    private static int? TargetPort(ServicePortSpec port, Pod pod) =>
        port.TargetPort is not { } target ? port.Port :
        target.Number ?? pod.Spec.Containers.SelectMany(static c => c.Ports).FirstOrDefault(p => p.Name == target.Text)?.Port;
}
