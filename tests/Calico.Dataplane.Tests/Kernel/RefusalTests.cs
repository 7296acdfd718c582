using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;
using static Calico.Dataplane.Tests.Support.Fabric;

namespace Calico.Dataplane.Tests.Kernel;

/// <summary>A real kernel that refuses a real message, with and without saying which: packets of the policy concerned are dropped, all others flow.</summary>
public sealed class RefusalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rule_that_the_kernel_refuses_closes_its_endpoints_only(bool silent)
    {
        using Fabric fabric = new();
        WorkloadEndpointModel good = Pod("prod", "good", "10.0.0.1", Node, ("app", "good")), bad = Pod("prod", "bad", "10.0.0.2", Node, ("app", "bad"));
        PrivateNetns goodPod = fabric.AddPod(good), badPod = fabric.AddPod(bad);
        Cluster cluster = new();
        cluster.Engine.Upsert(good);
        cluster.Engine.Upsert(bad);
        cluster.Engine.Upsert(Policy_("good", "app == 'good'", Allow(port: 80)));
        cluster.Engine.Upsert(Policy_("bad", "app == 'bad'", Allow(port: 80)));
        bool spoilt = true;
        // No set of that name: ENOENT.
        NftChange Spoil(NftChange change) => spoilt && change is NftAddRule add && add.Rule.Comment?.StartsWith("GlobalNetworkPolicy bad", StringComparison.Ordinal) == true
            ? add with { Rule = add.Rule with { Expressions = [new LookupExpression("nowhere", NftRegister.R1), .. add.Rule.Expressions] } }
            : change;
        SabotagedKernel kernel = new(NetlinkKernel.Open(fabric.Node.Handle), Spoil, silent);
        await using CalicoDataplane dataplane = new(DataplaneOptions.Default, kernel);
        dataplane.Apply(cluster.Start());
        Assert.Contains("GlobalNetworkPolicy bad", Assert.Single((await dataplane.FlushAsync(Cancelled)).Problems), StringComparison.Ordinal);
        Assert.InRange(kernel.Commits, 2, 40);
        Assert.True(Connects(fabric.Outside, goodPod, "10.0.0.1", 80));
        Assert.False(Connects(fabric.Outside, badPod, "10.0.0.2", 80));
        Assert.Equal((EndpointState.Realised, EndpointState.Failed), (dataplane.StatusOf(good.Id)!.State, dataplane.StatusOf(bad.Id)!.State));
        Assert.Equal("table inet calico", fabric.Node.Run("nft", "list tables").Trim());

        spoilt = false;
        dataplane.Resync();
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.True(Connects(fabric.Outside, badPod, "10.0.0.2", 80));
    }
}
