using System.Security.Cryptography;
using System.Text;

namespace Calico.Lab.Pods;

/// <summary>The names that Calico's CNI plugin gives things of a pod.</summary>
internal static class PodNames
{
    /// <summary>The host's end of the pod's veth: <c>cali</c> and eleven hex digits of the SHA-1 of <c>namespace.pod</c>.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "A name, not a secret.")]
    public static string HostInterface(string podNamespace, string pod) =>
        "cali" + Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes($"{podNamespace}.{pod}")))[..11];

    /// <summary>The WorkloadEndpoint: node, orchestrator, pod and interface, dashes in the parts doubled.</summary>
    public static string Endpoint(string node, string pod) => $"{Doubled(node)}-k8s-{Doubled(pod)}-eth0";

    /// <summary>The IPAM handle of the pod's network.</summary>
    public static string Handle(string podNamespace, string pod) => $"k8s-pod-network.{podNamespace}.{pod}";

    private static string Doubled(string part) => part.Replace("-", "--", StringComparison.Ordinal);
}
