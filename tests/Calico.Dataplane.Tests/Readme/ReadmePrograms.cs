using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Policy.Engine;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Readme;

/// <summary>The programs of the README, compiled; and the first one run in a namespace.</summary>
public sealed class ReadmePrograms
{
    private static async Task EnforceAsync()
    {
        PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "n1" });
        engine.Upsert(new WorkloadEndpointModel
        {
            Id = new WorkloadEndpointId("n1", "demo", "web", "eth0"),
            InterfaceName = "cali0",
            Nets = [IPNetwork.Parse("10.0.0.1/32")],
            Labels = LabelMap.Of(("app", "web")),
        });
        engine.Upsert(new PolicyModel
        {
            Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "web"),
            Selector = "app == 'web'",
            Types = PolicyTypes.Ingress,
            Ingress = [new RuleModel { Protocol = IpProtocol.Tcp, Destination = new EntityMatch { Ports = [new PortRange(80)] } }],
        });
        engine.MarkInSync();

        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default);
        dataplane.Apply(engine.Flush());
        FlushReport report = await dataplane.FlushAsync();
        Console.WriteLine($"{report.RulesetChanges} changes, {report.RoutesPut} routes; {dataplane.StatusOf(new("n1", "demo", "web", "eth0"))}");
    }

    private static async Task StreamAsync()
    {
        // The dataplane of this namespace runs with DataplaneOptions { FlowLogs = true }.
        using FlowLog log = await FlowLog.OpenAsync();
        await foreach (FlowRecord flow in log.ReadAggregatedAsync(TimeSpan.FromSeconds(10)))
            Console.WriteLine(flow); // deny 6 10.0.0.7:40112 → 10.0.0.1:81 ×3 by Tier default ingress end deny
    }

    [Fact]
    public void The_first_program_enforces_policy_on_a_veth()
    {
        using PrivateNetns ns = PrivateNetns.Create("readme");
        ns.Run("ip", "link add cali0 type veth peer name peer0");
        ns.Run("ip", "link set cali0 up");
        ns.Run("ip", "link set peer0 up");
        ns.Handle.Run(() => EnforceAsync().GetAwaiter().GetResult());
        Assert.Contains("GlobalNetworkPolicy web ingress[0] allow", ns.Run("nft", "list ruleset"), StringComparison.Ordinal);
        Assert.Contains("10.0.0.1 dev cali0", ns.Run("ip", "route show proto 80"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_is_a_stream() => Assert.NotNull((Func<Task>)StreamAsync);
}
