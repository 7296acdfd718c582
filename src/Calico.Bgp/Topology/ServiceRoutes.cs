using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>Which service ranges and addresses a node announces.</summary>
internal sealed class ServiceRoutes
{
    private const string ExcludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

    private ServiceRoutes(IReadOnlyList<IPNetwork> ranges, IReadOnlyList<IPNetwork> reflected, IReadOnlyList<IPNetwork> announced)
    {
        Ranges = ranges;
        ReflectedRanges = reflected;
        Announced = announced;
    }

    /// <summary>Every configured range: never written to the kernel.</summary>
    public IReadOnlyList<IPNetwork> Ranges { get; }

    /// <summary>The external and load balancer ranges: reflectors pass on anything inside.</summary>
    public IReadOnlyList<IPNetwork> ReflectedRanges { get; }

    public IReadOnlyList<IPNetwork> Announced { get; }

    public static ServiceRoutes For(TopologyInput input, TopologyNode self, List<TopologyProblem> problems)
    {
        IpPrefix[] cluster = Parse(input.Configuration?.ServiceClusterIPs, "serviceClusterIPs", problems);
        IpPrefix[] external = Parse(input.Configuration?.ServiceExternalIPs, "serviceExternalIPs", problems);
        IpPrefix[] balancer = Parse(input.Configuration?.ServiceLoadBalancerIPs, "serviceLoadBalancerIPs", problems);
        IpPrefix[] ranges = [.. cluster, .. external, .. balancer];
        bool aggregated = input.Configuration?.ServiceLoadBalancerAggregation != "Disabled";
        SortedSet<IpPrefix> announced = [];
        if (self.Labels.GetValueOrDefault(ExcludeLabel) != "true")
        {
            foreach (IpPrefix range in ranges.Where(r => !r.IsHost)) announced.Add(range);
            foreach (TopologyService service in input.Services)
            {
                foreach (IpPrefix address in AddressesOf(service, cluster, external, balancer).Where(a => IsAnnounced(service, a, ranges, self.Name, aggregated)))
                    announced.Add(address);
            }
        }

        return new ServiceRoutes(Networks(ranges), Networks([.. external, .. balancer]), Networks(announced));
    }

    private static IPNetwork[] Networks(IEnumerable<IpPrefix> prefixes) => [.. prefixes.Select(p => p.ToIPNetwork())];

    // Cluster IPs go out whenever any cluster range is configured, inside it or not: Calico's own behaviour.
    private static IEnumerable<IpPrefix> AddressesOf(TopologyService service, IpPrefix[] cluster, IpPrefix[] external, IpPrefix[] balancer)
    {
        if (service.Type is not (null or "" or "ClusterIP" or "NodePort" or "LoadBalancer") || service.ClusterIPs.Contains("None")) yield break;
        foreach (string text in cluster.Length > 0 ? service.ClusterIPs : [])
        {
            if (IpPrefix.TryParse(text, out IpPrefix address) && address.IsHost) yield return address;
        }

        foreach ((IReadOnlyList<string> texts, IpPrefix[] allowed) in new[] { (service.ExternalIPs, external), (service.LoadBalancerIPs, balancer) })
        {
            foreach (string text in texts)
            {
                if (IpPrefix.TryParse(text, out IpPrefix address) && address.IsHost && Array.Exists(allowed, r => r.Contains(address))) yield return address;
            }
        }
    }

    private static bool IsAnnounced(TopologyService service, IpPrefix address, IpPrefix[] ranges, string node, bool aggregated)
    {
        if (service.ExternalTrafficPolicy == "Local") return HasReadyEndpoint(service, node);
        return ranges.Contains(address) || (!aggregated && HasReadyEndpoint(service, node: null));
    }

    private static bool HasReadyEndpoint(TopologyService service, string? node) => service.Endpoints.Any(e =>
        e.Ready != false && (node is null || e.Node == node)
        && (service.IPFamilies.Count == 0 || service.IPFamilies.Contains(e.Address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")));

    private static IpPrefix[] Parse(IReadOnlyList<CidrSpec>? ranges, string field, List<TopologyProblem> problems)
    {
        List<IpPrefix> parsed = [];
        for (int i = 0; i < (ranges?.Count ?? 0); i++)
        {
            if (IpPrefix.TryParse(ranges![i].Cidr, out IpPrefix prefix)) parsed.Add(prefix);
            else problems.Add(new TopologyProblem("BGPConfiguration/default", $"spec.{field}[{i}].cidr", $"'{ranges[i].Cidr}' is not a range"));
        }

        return [.. parsed];
    }
}
