using System.Net;
using System.Text.Json;
using Calico.Bgp.Topology;

namespace Calico.Bgp.Tests.Topology;

/// <summary>Which services a node announces by themselves, and what the pools let through.</summary>
public sealed class ServiceConformanceTests
{
    private const string Services = "bgpfilter/service_advertisement.json", Pools = "bgpfilter/pool_filters.json", RouterIds = "bgpfilter/router_id.json";

    public static TheoryData<string> ServiceCases() => TopologyData.Ids(Services);

    public static TheoryData<string> PoolCases() => TopologyData.Ids(Pools);

    public static TheoryData<string> RouterIdCases() => TopologyData.Ids(RouterIds);

    [Theory, MemberData(nameof(ServiceCases))]
    public void Announces_the_services_that_confd_would(string id)
    {
        JsonElement @case = TopologyData.Case(Services, id);
        JsonElement service = @case.GetProperty("service");
        string node = @case.GetProperty("node").GetString()!;
        TopologyInput input = new()
        {
            Node = node,
            Nodes =
            [
                new TopologyNode
                {
                    Name = node,
                    Labels = @case.GetProperty("nodeExcluded").GetBoolean()
                        ? new Dictionary<string, string> { ["node.kubernetes.io/exclude-from-external-load-balancers"] = "true" }
                        : [],
                },
            ],
            Configuration = new BgpConfigurationSpec
            {
                ServiceClusterIPs = Ranges(@case, "serviceClusterIPs"),
                ServiceExternalIPs = Ranges(@case, "serviceExternalIPs"),
                ServiceLoadBalancerIPs = Ranges(@case, "serviceLoadBalancerIPs"),
                ServiceLoadBalancerAggregation = @case.GetProperty("serviceLoadBalancerAggregation").GetString(),
            },
            Services =
            [
                new TopologyService
                {
                    Name = id,
                    Type = Text(service, "type"),
                    ExternalTrafficPolicy = Text(service, "externalTrafficPolicy"),
                    ClusterIPs = Texts(service, "clusterIPs"),
                    ExternalIPs = Texts(service, "externalIPs"),
                    LoadBalancerIPs = [.. Texts(service, "loadBalancerIngress"), .. Text(service, "loadBalancerIP") is { Length: > 0 } ip ? [ip] : Array.Empty<string>()],
                    IPFamilies = Texts(service, "ipFamilies"),
                    Endpoints =
                    [
                        .. from slice in @case.GetProperty("endpointSlices").EnumerateArray()
                           from endpoint in slice.GetProperty("endpoints").EnumerateArray()
                           select new TopologyServiceEndpoint(
                               IPAddress.Parse(endpoint.GetProperty("address").GetString()!),
                               Text(endpoint, "node"),
                               endpoint.TryGetProperty("ready", out JsonElement ready) && ready.ValueKind != JsonValueKind.Null ? ready.GetBoolean() : null),
                    ],
                },
            ],
        };
        string[] announced =
        [
            .. from route in BgpTopology.Compute(input).StaticRoutes
               where route.Kind == TopologyStaticRouteKind.Service && !Contains(@case, route.Prefix)
               select route.Prefix.ToString(),
        ];
        if (@case.TryGetProperty("expectAdvertise", out JsonElement advertise)) Assert.Equal(advertise.GetBoolean(), announced.Length > 0);
        if (@case.TryGetProperty("expectRoutes", out JsonElement routes))
            Assert.Equal(routes.EnumerateArray().Select(r => r.GetString()!).Order(), announced.Order());
    }

    [Theory, MemberData(nameof(PoolCases))]
    public void Pools_decide_export_and_kernel_as_confd_writes_it(string id)
    {
        JsonElement @case = TopologyData.Case(Pools, id);
        IPNetwork subnet = IPNetwork.Parse(@case.GetProperty("localSubnet").GetString() is { Length: > 0 } s ? s : "0.0.0.0/32");
        bool v6 = @case.GetProperty("ipVersion").GetInt32() == 6;
        TopologyPool[] pools =
        [
            .. from pool in @case.GetProperty("pools").EnumerateArray()
               select new TopologyPool(
                   IPNetwork.Parse(pool.GetProperty("cidr").GetString()!),
                   pool.GetProperty("disableBGPExport").GetBoolean(),
                   Enum.Parse<EncapsulationMode>(Text(pool, "ipipMode") is { Length: > 0 } ipip ? ipip : "Never"),
                   Enum.Parse<EncapsulationMode>(Text(pool, "vxlanMode") is { Length: > 0 } vxlan ? vxlan : "Never")),
        ];
        NodeTopology topology = BgpTopology.Compute(new TopologyInput
        {
            Node = "n",
            Nodes = [new TopologyNode { Name = "n", IPv4Subnet = v6 ? null : subnet }],
            Configuration = new BgpConfigurationSpec { ProgramClusterRoutes = Text(@case, "programClusterRoutes") },
            Pools = pools,
        });
        string[] kernel = Texts(@case, "expectKernelFilter"), disabled = Texts(@case, "expectExportForDisabledPools"), enabled = Texts(@case, "expectExportForEnabledPools");
        foreach (TopologyPool pool in pools)
        {
            string net = $"net ~ {pool.Cidr})";
            IPNetwork inside = pool.Cidr;
            Assert.Equal(enabled.Any(l => l.Contains(net, StringComparison.Ordinal)), topology.Routes.MayExport(inside, null, 1024, toInternalPeer: false));
            Assert.Equal(disabled.Any(l => l.Contains(net, StringComparison.Ordinal)), !topology.Routes.MayExport(inside, null, 1024, toInternalPeer: false));
            string? line = kernel.SingleOrDefault(l => l.Contains(net, StringComparison.Ordinal));
            IPAddress far = IPAddress.Parse(v6 ? "2001:db8::1" : "203.0.113.1");
            KernelProgramming decision = topology.Routes.ForKernel(inside, far);
            if (line is null || line.Contains("accept", StringComparison.Ordinal)) Assert.Equal(line?.Contains("tunl0", StringComparison.Ordinal) == true ? KernelProgramming.Tunnel : KernelProgramming.Accept, decision);
            else Assert.Equal(KernelProgramming.Reject, decision);
        }
    }

    [Theory, MemberData(nameof(RouterIdCases))]
    public void Router_ids_from_names(string id)
    {
        JsonElement @case = TopologyData.Case(RouterIds, id);
        Assert.Equal(@case.GetProperty("routerId").GetString(), BgpTopology.RouterIdFromName(@case.GetProperty("node").GetString()!).ToString());
    }

    private static bool Contains(JsonElement @case, IPNetwork network) =>
        network.PrefixLength is not (32 or 128) && new[] { "serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs" }.Any(f => Texts(@case, f).Contains(network.ToString()));

    private static CidrSpec[] Ranges(JsonElement @case, string field) => [.. Texts(@case, field).Select(c => new CidrSpec(c))];

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string[] Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(e => e.GetString()!)] : [];
}
