using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Pod → WorkloadEndpoint, as Calico converts it: labels, profiles <c>kns.</c> and <c>ksa.</c>, addresses, named ports, interface name.</summary>
public static class PodConverter
{
    private const string PodIPsAnnotation = "cni.projectcalico.org/podIPs";
    private const string PodIPAnnotation = "cni.projectcalico.org/podIP";
    private const string AwsPodIPsAnnotation = "vpc.amazonaws.com/pod-ips";
    private const string FloatingIPsAnnotation = "cni.projectcalico.org/floatingIPs";
    private const string SourcePrefixesAnnotation = "cni.projectcalico.org/allowedSourcePrefixes";
    private const string ContainerIdAnnotation = "cni.projectcalico.org/containerID";
    private const int LongestServiceAccountLabel = 62;

    /// <summary>Whether the pod has an endpoint of its own: scheduled on a node, and not in the host's network.</summary>
    public static bool HasEndpoint(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Spec.HostNetwork is not true && !string.IsNullOrEmpty(pod.Spec.NodeName);
    }

    /// <summary>Whether the pod has given its addresses back.</summary>
    public static bool IsFinished(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (pod.Metadata.DeletionTimestamp is not null && (IsEmptied(pod, PodIPAnnotation) || IsEmptied(pod, AwsPodIPsAnnotation))) return true;
        return pod.Status?.Phase is "Failed" or "Succeeded" or "Completed";
    }

    /// <summary>Converts a pod; the value is null when something about its addresses cannot be read, so that nothing is known of it.</summary>
    public static Converted<WorkloadEndpoint> Convert(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (string.IsNullOrEmpty(pod.Spec.NodeName)) return new(null, [new("spec.nodeName", "the pod is not scheduled on a node")]);
        string ns = pod.Metadata.Namespace ?? CalicoNames.DefaultNamespace, name = pod.Metadata.Name ?? "";
        string? account = pod.Spec.ServiceAccountName;
        try
        {
            List<IpPrefix> addresses = IsFinished(pod) ? [] : Addresses(pod);
            return new(
                new WorkloadEndpoint
                {
                    Metadata = new ObjectMeta
                    {
                        Name = $"{Dashed(pod.Spec.NodeName)}-k8s-{Dashed(name)}-eth0",
                        Namespace = ns,
                        Labels = Labels(pod, ns, account),
                        Uid = pod.Metadata.Uid,
                        GenerateName = pod.Metadata.GenerateName,
                        CreationTimestamp = pod.Metadata.CreationTimestamp,
                        ResourceVersion = pod.Metadata.ResourceVersion,
                    },
                    Spec = new WorkloadEndpointSpec
                    {
                        Orchestrator = CalicoNames.KubernetesOrchestrator,
                        Node = pod.Spec.NodeName,
                        Pod = name,
                        Endpoint = "eth0",
                        ContainerID = Annotation(pod, ContainerIdAnnotation),
                        InterfaceName = InterfaceName(ns, name),
                        Profiles = string.IsNullOrEmpty(account)
                            ? [CalicoNames.NamespaceProfilePrefix + ns]
                            : [CalicoNames.NamespaceProfilePrefix + ns, ProfileConverter.NameOf(ns, account)],
                        ServiceAccountName = account,
                        IPNetworks = addresses.Select(static a => a.ToString()).ToEquatableArray(),
                        IPNats = FloatingIPs(pod, addresses),
                        AllowSpoofedSourcePrefixes = SourcePrefixes(pod),
                        Ports = Ports(pod).ToEquatableArray(),
                        QosControls = QosAnnotations.Read(pod.Metadata.Annotations),
                    },
                },
                []);
        }
        catch (FormatException e)
        {
            return new(null, [new("metadata.annotations", $"{e.Message}; the pod gets no endpoint")]);
        }
    }

    /// <summary>The host side of the pod's veth pair: the prefix and 11 hexadecimal digits of the SHA-1 of <c>namespace.name</c>.</summary>
    public static string InterfaceName(string ns, string pod, string prefix = "cali")
    {
#pragma warning disable CA5350 // A name, not a secret.
        byte[] digest = SHA1.HashData(Encoding.UTF8.GetBytes($"{ns}.{pod}"));
#pragma warning restore CA5350
        return prefix + Convert(digest);

        static string Convert(byte[] digest) => System.Convert.ToHexStringLower(digest)[..11];
    }

    private static LabelMap Labels(Pod pod, string ns, string? account)
    {
        Dictionary<string, string> labels = new(pod.Metadata.Labels)
        {
            [CalicoNames.NamespaceLabel] = ns,
            [CalicoNames.OrchestratorLabel] = CalicoNames.KubernetesOrchestrator,
        };
        if (account is { Length: > 0 and <= LongestServiceAccountLabel }) labels[CalicoNames.ServiceAccountLabel] = account;
        return LabelMap.From(labels);
    }

    private static List<IpPrefix> Addresses(Pod pod)
    {
        IEnumerable<string> texts =
            pod.Status is { PodIPs.IsEmpty: false } many ? many.PodIPs.Select(static a => a.Ip ?? "") :
            pod.Status is { PodIP.Length: > 0 } one ? [one.PodIP!] :
            Annotation(pod, PodIPsAnnotation) is { } plural ? plural.Split(',') :
            Annotation(pod, PodIPAnnotation) is { } singular ? [singular] :
            Annotation(pod, AwsPodIPsAnnotation) is { } aws ? aws.Split(',') : [];
        return [.. texts.Select(static text => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException($"the pod's address '{text}' is not an IP address"))];
    }

    private static EquatableArray<IPNatSpec> FloatingIPs(Pod pod, List<IpPrefix> addresses)
    {
        if (Annotation(pod, FloatingIPsAnnotation) is not { } annotation || addresses.Count == 0) return [];
        List<IPNatSpec> nats = [];
        foreach (string external in JsonList(FloatingIPsAnnotation, annotation))
        {
            foreach (IpPrefix address in addresses.Where(a => a.IsIPv6 == external.Contains(':')).Take(1))
            {
                if (!address.IsHost) throw new FormatException($"the pod's address {address} is not a single address, and it has floating IPs");
                nats.Add(new IPNatSpec { InternalIP = address.ToAddress().ToString(), ExternalIP = external });
            }
        }

        return nats.ToEquatableArray();
    }

    private static EquatableArray<string> SourcePrefixes(Pod pod) =>
        Annotation(pod, SourcePrefixesAnnotation) is { } annotation
            ? JsonList(SourcePrefixesAnnotation, annotation).Select(KubernetesPolicyConverter.Cidr).ToEquatableArray()
            : [];

    private static List<string> JsonList(string annotation, string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(static e => e.GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"annotation {annotation} is not a JSON list of texts", e);
        }
    }

    private static IEnumerable<EndpointPortSpec> Ports(Pod pod)
    {
        foreach (Container container in pod.Spec.Containers.Concat(pod.Spec.InitContainers))
        {
            foreach (ContainerPort port in container.Ports.AsSpan().ToArray())
            {
                if (port.Port is null or 0 || (string.IsNullOrEmpty(port.Name) && port.HostPort is null or 0)) continue;
                if (port.Protocol is not (null or "" or "TCP" or "UDP" or "SCTP")) continue;
                yield return new EndpointPortSpec
                {
                    Name = port.Name,
                    Protocol = new Protocol(string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol),
                    Port = port.Port,
                    HostPort = port.HostPort,
                    HostIP = port.HostIP,
                };
            }
        }
    }

    private static string Dashed(string name) => name.Replace("-", "--", StringComparison.Ordinal);

    private static string? Annotation(Pod pod, string name) => pod.Metadata.Annotations.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    private static bool IsEmptied(Pod pod, string annotation) => pod.Metadata.Annotations.TryGetValue(annotation, out string? value) && value.Length == 0;
}
