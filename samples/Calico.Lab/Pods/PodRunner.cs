using System.Net;
using System.Net.NetworkInformation;
using Calico.Lab.Cluster;
using Calico.Lab.Fabric;
using Calico.Policy.Resources;

namespace Calico.Lab.Pods;

/// <summary>Starts and ends pods in the order a kubelet and the CNI plugin do: addresses, link, endpoint; and backwards.</summary>
internal sealed class PodRunner(ClusterStore cluster, PodNetwork network, FabricPlan plan)
{
    public async Task<RunningPod> StartAsync(Pod pod, CancellationToken cancellation)
    {
        await cluster.EnsureNamespaceAsync(pod.Metadata.Namespace!, cancellation);
        IReadOnlyList<IPAddress> addresses = await cluster.AssignAsync(pod, cancellation);
        NodePlan node = plan.Nodes.First(n => n.Name == pod.Spec.NodeName);
        PhysicalAddress mac = await network.AddAsync(pod, node, addresses, cancellation);
        await cluster.AddEndpointAsync(pod, addresses, string.Join(':', mac.GetAddressBytes().Select(b => b.ToString("x2", null))), cancellation);
        return new RunningPod(pod, network.NamespaceOf(pod), addresses);
    }

    public async Task StopAsync(RunningPod pod, CancellationToken cancellation)
    {
        await cluster.RemoveEndpointAsync(pod.Pod, pod.Addresses, cancellation);
        network.Remove(pod.Pod);
        await cluster.ReleaseAsync(pod.Pod, cancellation);
    }
}
