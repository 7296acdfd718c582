using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>What is planned is what the kernel then has, and writing it again writes nothing.</summary>
public sealed class RulesetInKernelTests(ITestOutputHelper output)
{
    private static Cluster Sample()
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1,fd00::1", Node, ("app", "web")));
        cluster.Engine.Upsert(Pod("prod", "api", "10.0.0.2,fd00::2", Node, ("app", "api")));
        cluster.Engine.Upsert(Pod("prod", "db", "10.0.1.3,fd00::103", "n2", ("app", "db")));
        cluster.Engine.Upsert(Policy_("api", "app == 'api'", Allow("app == 'web'", 80), Allow("app == 'db'"), Allow(action: RuleAction.Log)));
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", [.. Enumerable.Range(0, 12).Select(i => Allow("app == 'db'", (ushort)(1000 + i))), Ranges(2000, 2999), Ranges(2500, 3999)]));
        cluster.Engine.Upsert(new HostEndpointModel { Id = new HostEndpointId(Node, "h1"), InterfaceName = "eth0", Labels = LabelMap.Of(("host", "one")) });
        cluster.Engine.Upsert(Policy_("host", "host == 'one'", Allow(port: 443)));
        cluster.Engine.Upsert(Policy_("pre", "host == 'one'", Allow(port: 30080, action: RuleAction.Deny)) with { PreDnat = true, ApplyOnForward = true });
        cluster.Engine.Upsert(Policy_("raw", "host == 'one'", Allow(port: 53)) with { DoNotTrack = true, ApplyOnForward = true });
        return cluster;
    }

    private static RuleModel Ranges(ushort first, ushort last) => new() { Action = RuleAction.Deny, Protocol = IpProtocol.Udp, Destination = new EntityMatch { Ports = [new PortRange(first, last)] } };

    [Theory]
    [InlineData(PolicyShape.Chains)]
    [InlineData(PolicyShape.Maps)]
    public async Task A_restart_writes_nothing(PolicyShape shape)
    {
        using PrivateNetns ns = PrivateNetns.Create("restart");
        DataplaneOptions options = DataplaneOptions.Default with { Shape = shape };
        IReadOnlyList<PolicyDelta> deltas = Sample().Start();
        await using (CalicoDataplane first = CalicoDataplane.Open(options, ns.Handle))
        {
            first.Apply(deltas);
            FlushReport report = await first.FlushAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, report.RulesetChanges);
            string listing = ns.Run("nft", "list ruleset");
            output.WriteLine(listing);
            ns.Run("nft", "-c -f -", "flush ruleset\n" + listing); // nft understands what it says of us
            Assert.True((await first.FlushAsync(TestContext.Current.CancellationToken)).IsNothing);
        }

        await using CalicoDataplane second = CalicoDataplane.Open(options, ns.Handle);
        second.Apply(deltas);
        FlushReport again = await second.FlushAsync(TestContext.Current.CancellationToken);
        Assert.True(again.IsNothing, $"{again.RulesetChanges} changes, {string.Join("; ", again.Problems)}");
    }

    [Fact]
    public async Task Incremental_changes_lead_to_the_same_kernel_as_a_fresh_start()
    {
        using PrivateNetns ns = PrivateNetns.Create("incremental");
        Cluster cluster = Sample();
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, ns.Handle);
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);

        cluster.Engine.Upsert(Pod("prod", "db2", "10.0.1.4,fd00::104", "n2", ("app", "db")));
        cluster.Engine.Upsert(Policy_("api", "app == 'api'", Allow("app == 'web'", 8080)));
        cluster.Engine.Remove(new PolicyId(PolicyKind.GlobalNetworkPolicy, "", "pre"));
        cluster.Engine.Upsert(new NetworkSetModel { Name = "net", Labels = LabelMap.Of(("app", "web")), Nets = [System.Net.IPNetwork.Parse("192.168.0.0/16"), System.Net.IPNetwork.Parse("192.168.1.0/24")] });
        dataplane.Apply(cluster.Engine.Flush());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        cluster.Engine.Remove(Pod("prod", "web", "10.0.0.1").Id);
        dataplane.Apply(cluster.Engine.Flush());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);

        using NftClient nft = NftClient.Open(new() { Namespace = ns.Handle });
        NftTable wanted = dataplane.WantedTable;
        NftTable kernel = (await nft.ReadTableAsync(wanted.Id, cancellationToken: TestContext.Current.CancellationToken)).Table(wanted.Id)!;
        Assert.Empty(NftPlanner.Plan(kernel, wanted).Select(c => c.Subject));
    }
}
