using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calico.Lab.Fabric;
using Calico.Lab.Pods;
using Calico.Netlink;

namespace Calico.Lab.Nodes;

/// <summary>Waits until the kernels have what they should: a node's route to each of its pods, and everybody's way to every pod.</summary>
/// <remarks>An agent adds a pod's route only when the pod's policy is in force, so a route there means both.</remarks>
internal sealed class Convergence(Namespaces namespaces, FabricPlan plan)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until every node and the router can reach every pod.</summary>
    /// <returns>Null, or what was still missing when time was up.</returns>
    public async Task<string?> WaitAsync(IReadOnlyList<RunningPod> pods, TimeSpan limit, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        string? missing = null;
        while (clock.Elapsed < limit)
        {
            missing = await MissingAsync(pods, cancellation);
            if (missing is null) return null;
            await Task.Delay(Poll, cancellation);
        }

        return missing;
    }

    public async Task<string?> MissingAsync(IReadOnlyList<RunningPod> pods, CancellationToken cancellation)
    {
        foreach ((string place, string name) in plan.Nodes.Select(n => (n.Name, n.Namespace)).Append(("router", plan.RouterNamespace)))
        {
            using RtNetlink netlink = RtNetlink.Open(namespaces[name]);
            IReadOnlyList<Route> routes = await netlink.Routes.ListAsync(cancellationToken: cancellation);
            foreach (RunningPod pod in pods)
            {
                foreach (IPAddress address in pod.Addresses)
                {
                    bool isHome = pod.Pod.Spec.NodeName == place;
                    if (!routes.Any(r => Leads(r, address, isHome))) return $"{place} has no route to {pod.FullName} ({address})";
                }
            }
        }

        return null;
    }

    private static bool Leads(Route route, IPAddress address, bool isHome)
    {
        int full = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        IPNetwork destination = route.Destination;
        if (destination.PrefixLength == 0 || route.Type != RouteType.Unicast || !destination.Contains(address)) return false;
        return isHome ? destination.PrefixLength == full && route.InterfaceIndex != 0 : route.Gateway is not null || route.NextHops.Count > 0;
    }
}
