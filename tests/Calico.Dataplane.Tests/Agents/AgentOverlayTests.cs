using System.Net;
using System.Text;
using System.Text.Json;
using Calico.Dataplane.Tests.Support;
using Calico.Datastore;
using Calico.Datastore.Sqlite;
using Calico.Ipam;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using static Calico.Dataplane.Tests.Support.Fabric;

namespace Calico.Dataplane.Tests.Agents;

/// <summary>Two agents and nothing but a datastore: they allocate their tunnels' addresses, and their pods reach each other through VXLAN; then the pool changes its mind.</summary>
public sealed class AgentOverlayTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("calico-agents-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Pods_of_two_agents_reach_each_other_through_vxlan()
    {
        using PrivateNetns one = PrivateNetns.Create("n1"), two = PrivateNetns.Create("n2");
        using Fabric first = new(one), second = new(two);
        one.Run("ip", $"link add eth0 type veth peer name eth0 netns {two.Name}");
        Address(one, "eth0", "172.16.0.1/24");
        Address(two, "eth0", "172.16.0.2/24");
        one.Run("ip", "route add default via 172.16.0.2"); // proxy ARP answers only for what is routed elsewhere
        two.Run("ip", "route add default via 172.16.0.1");

        string database = Path.Combine(_folder.FullName, "store.db"), flows = Path.Combine(_folder.FullName, "flows.json"), mtu = Path.Combine(_folder.FullName, "mtu");
        await using SqliteDatastore store = new(database);
        ResourceStore resources = new(store);
        await ApplyAsync(resources, """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"prod"}}""");
        await ApplyAsync(resources, Pool("Always"));
        using AgentProcess left = new(one, "n1", database, "--flow-log", flows, "--mtu-file", mtu), right = new(two, "n2", database);
        (WorkloadEndpointModel a, PrivateNetns podA) = await AddPodAsync(first, store, "n1", "a");
        (WorkloadEndpointModel b, PrivateNetns podB) = await AddPodAsync(second, store, "n2", "b");

        string there = b.Nets[0].BaseAddress.ToString();
        await UntilAsync(() => Task.FromResult(Connects(podA, podB, there, 80)), "pods do not reach each other", left, right);
        Assert.Contains("dev vxlan.calico", one.Run("ip", $"route get {there}"), StringComparison.Ordinal);
        string? tunnel = (await NodeAsync(resources, "n1")).Spec["ipv4VXLANTunnelAddr"]?.ToString();
        Assert.Contains($"inet {tunnel}/32", one.Run("ip", "addr show vxlan.calico"), StringComparison.Ordinal);
        Assert.Equal("1450", await File.ReadAllTextAsync(mtu, Cancelled));
        await UntilAsync(async () => (await FlowsAsync(flows)).Any(f => f.GetProperty("destination").GetString() == there && f.GetProperty("destinationPort").GetInt32() == 80
            && f.GetProperty("decidedBy").GetString() == "Profile kns.prod egress[0] allow"), "no flow record", left, right);

        await ApplyAsync(resources, Pool("Never"));
        await UntilAsync(async () => (await NodeAsync(resources, "n1")).Spec["ipv4VXLANTunnelAddr"] is null && !one.Run("ip", "link show").Contains("vxlan", StringComparison.Ordinal), "the tunnel stays", left, right);
    }

    private static string Pool(string mode) =>
        $$$"""{"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"pool"},"spec":{"cidr":"10.0.0.0/16","vxlanMode":"{{{mode}}}","ipipMode":"Never","natOutgoing":true}}""";

    private static async Task ApplyAsync(ResourceStore resources, string json) => await resources.ApplyAsync(Resource.Parse(Encoding.UTF8.GetBytes(json)), Cancelled);

    private static async Task<Resource> NodeAsync(ResourceStore resources, string name) => (await resources.GetAsync(new ResourceKey(ResourceKinds.Node, "", name), Cancelled))!;

    private static async Task<(WorkloadEndpointModel Model, PrivateNetns Namespace)> AddPodAsync(Fabric fabric, IDatastore store, string node, string name)
    {
        IpamClient ipam = new(new DatastoreIpamStore(store));
        AutoAssignResult assigned = await ipam.AutoAssignAsync(new AutoAssignRequest { IPv4 = 1, Node = node, Handle = name, Attributes = new Dictionary<string, string> { ["node"] = node } }, Cancelled);
        WorkloadEndpointModel pod = Pod("prod", name, assigned.ThrowIfIncomplete().Addresses.First().Address.ToString(), node);
        PrivateNetns ns = fabric.AddPod(pod);
        await ApplyAsync(new ResourceStore(store), $$$"""
            {"apiVersion":"projectcalico.org/v3","kind":"WorkloadEndpoint","metadata":{"name":"{{{node}}}-k8s-{{{name}}}-eth0","namespace":"prod"},
             "spec":{"node":"{{{node}}}","orchestrator":"k8s","pod":"{{{name}}}","endpoint":"eth0","interfaceName":"{{{pod.InterfaceName}}}","ipNetworks":["{{{pod.Nets[0]}}}"],"profiles":["kns.prod"]}}
            """);
        return (pod, ns);
    }

    private static async Task<JsonElement[]> FlowsAsync(string file) =>
        File.Exists(file) ? [.. (await File.ReadAllTextAsync(file, Cancelled)).Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)] : [];

    private static async Task UntilAsync(Func<Task<bool>> condition, string otherwise, params AgentProcess[] agents)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > deadline || agents.Any(a => a.HasEnded)) Assert.Fail($"{otherwise}\n{string.Join("\n---\n", agents.Select(a => a.Log))}");
            await Task.Delay(200, Cancelled);
        }
    }
}
