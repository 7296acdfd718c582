using Calico.Dataplane.Kernel;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Microsoft.Extensions.Time.Testing;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>What others do to our state is noticed as it happens and put right, long before the periodic comparison.</summary>
public sealed class RepairTests
{
    private static readonly DataplaneOptions NeverPeriodic = DataplaneOptions.Default with { RefreshInterval = TimeSpan.FromDays(1) };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Foreign_changes_are_repaired_when_they_happen()
    {
        using Fabric fabric = new();
        Cluster cluster = new();
        var web = Pod("prod", "web", "10.0.0.1", Node, ("app", "web"));
        fabric.AddPod(web);
        cluster.Engine.Upsert(web);
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow(port: 80)));
        await using CalicoDataplane dataplane = CalicoDataplane.Open(NeverPeriodic, fabric.Node.Handle);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task running = dataplane.RunAsync(stop.Token);
        dataplane.Apply(cluster.Start());
        await dataplane.WaitRealisedAsync(web.Id, Cancelled).WaitAsync(TimeSpan.FromSeconds(20), Cancelled);

        string State() => fabric.Node.Run("nft", "-s list table inet calico", mayFail: true) + fabric.Node.Run("ip", "route show proto 80");
        string whole = State();
        Assert.Contains("GlobalNetworkPolicy web ingress[0] allow", whole, StringComparison.Ordinal);
        foreach ((string program, string arguments) in (ReadOnlySpan<(string, string)>)
            [("nft", "flush chain inet calico to-workload"), ("nft", "delete table inet calico"), ("ip", "route del 10.0.0.1/32"), ("ip", "route replace 10.0.0.1/32 dev eth0 metric 1024 proto 80")])
        {
            fabric.Node.Run(program, arguments);
            Assert.True(SpinWait.SpinUntil(() => State() == whole, TimeSpan.FromSeconds(20)), $"{program} {arguments} was not repaired: {State()}");
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Our_own_changes_and_other_tables_are_no_reason()
    {
        using PrivateNetns ns = PrivateNetns.Create("watch");
        NftTableId ours = new(NftFamily.Inet, "calico");
        using NetlinkKernel kernel = NetlinkKernel.Open(ns.Handle);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        List<ForeignChange> seen = [];
        Task watching = kernel.WatchForeignChangesAsync(ours, 80, change => { lock (seen) seen.Add(change); }, stop.Token);
        await kernel.CommitAsync([new NftAddTable(new NftTable(NftFamily.Inet, "calico")), new NftAddChain(ours, new NftChain("c"))], Cancelled);
        ns.Run("nft", "add table inet other");
        ns.Run("ip", "route add 10.9.0.0/16 dev lo proto static");
        ns.Run("nft", "add chain inet calico intruder");
        Assert.True(SpinWait.SpinUntil(() => { lock (seen) return seen.Count > 0; }, TimeSpan.FromSeconds(20)));
        lock (seen) Assert.All(seen, change => Assert.Equal(ForeignChange.Ruleset, change));
        ns.Run("ip", "route add 10.8.0.0/16 dev lo proto 80");
        Assert.True(SpinWait.SpinUntil(() => { lock (seen) return seen.Contains(ForeignChange.Routes); }, TimeSpan.FromSeconds(20)));
        lock (seen) Assert.Equal(2, seen.Count);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public void A_storm_of_changes_is_one_repair_a_second()
    {
        FakeTimeProvider time = new();
        List<ForeignChange> repairs = [];
        using RepairThrottle throttle = new(time, repairs.Add);
        for (int i = 0; i < 1000; i++) throttle.Note(ForeignChange.Ruleset);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([ForeignChange.Ruleset], repairs);
        for (int i = 0; i < 1000; i++) throttle.Note(i % 2 == 0 ? ForeignChange.Routes : ForeignChange.Ruleset);
        time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Single(repairs);
        time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.Equal([ForeignChange.Ruleset, ForeignChange.Ruleset | ForeignChange.Routes], repairs);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, repairs.Count);
    }
}
