using Calico.Dataplane.Tests.Support;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What others have put into the kernel stays as it is, and what they take from ours comes back.</summary>
public sealed class ForeignStateTests
{
    [Fact]
    public async Task Foreign_tables_and_routes_stay_and_ours_are_repaired()
    {
        using PrivateNetns ns = PrivateNetns.Create("foreign");
        ns.Run("ip", "link add eth0 type veth peer name far0");
        ns.Run("ip", "link set eth0 up");
        ns.Run("ip", "route add 10.9.0.0/16 dev eth0 proto static");
        ns.Run("nft", "-f -", "table inet kube { set s { type ipv4_addr; elements = { 10.0.0.1 }; }\nchain c { type filter hook forward priority 0; ip saddr @s accept; }; }\ntable ip calico { chain other { }; }\n");
        string Foreign() => ns.Run("nft", "list table inet kube") + ns.Run("nft", "list table ip calico") + ns.Run("ip", "route show proto static");
        string before = Foreign();

        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1", Node, ("app", "web")));
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow(port: 80)));
        await using CalicoDataplane dataplane = CalicoDataplane.Open(DataplaneOptions.Default, ns.Handle);
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        string ours = ns.Run("nft", "-s list table inet calico");
        Assert.Equal(before, Foreign());

        ns.Run("nft", "-f -", "flush chain inet calico forward\nadd chain inet calico intruder\ndelete element inet calico workload-sources-v4 { \"" + InterfaceOf("prod", "web") + "\" . 10.0.0.1 }\n");
        Assert.NotEqual(ours, ns.Run("nft", "-s list table inet calico"));
        dataplane.Resync();
        Assert.NotEqual(0, (await dataplane.FlushAsync(TestContext.Current.CancellationToken)).RulesetChanges);
        Assert.Equal(ours, ns.Run("nft", "-s list table inet calico"));

        ns.Run("nft", "delete table inet calico");
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow(port: 81)));
        dataplane.Apply(cluster.Engine.Flush());
        await dataplane.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Contains("tcp dport 81", ns.Run("nft", "-s list table inet calico"), StringComparison.Ordinal);
        Assert.Equal(before, Foreign());
    }
}
