using System.Net;
using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane.Verification;

/// <summary>From which addresses a workload may send: its own, those allowed to it, and those that neighbour discovery and DHCP begin with.</summary>
internal static class SourceCheck
{
    private static readonly IPNetwork LinkLocal = IPNetwork.Parse("fe80::/10");
    private static readonly IPNetwork Broadcast = IPNetwork.Parse("255.255.255.255/32");

    public static void AddBoundaries(FlowSpaceBuilder space, ClusterState cluster, string node)
    {
        foreach (IPNetwork known in (IPNetwork[])[LinkLocal, Broadcast, IPNetwork.Parse("0.0.0.0/32"), IPNetwork.Parse("::/128")]) space.AddPrefix(known);
        foreach (WorkloadEndpointModel workload in cluster.Workloads.Values.Where(w => w.Id.Node == node))
        {
            space.AddAddresses(workload.Nets);
            foreach (IPNetwork net in workload.AllowedSourcePrefixes) space.AddPrefix(net);
        }
    }

    public static bool MaySend(WorkloadEndpointModel workload, IPAddress source, IPAddress destination)
    {
        if (workload.Nets.Any(n => n.Contains(source)) || workload.AllowedSourcePrefixes.Any(n => n.Contains(source)) || LinkLocal.Contains(source)) return true;
        return source.Equals(IPAddress.IPv6Any) || (source.Equals(IPAddress.Any) && destination.Equals(IPAddress.Broadcast));
    }
}
