using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Model;
using static Calico.Dataplane.Tests.Support.Cluster;

namespace Calico.Dataplane.Tests.Apply;

/// <summary>Memory that is short for a while, answers that are lost, transactions that are larger than a socket takes.</summary>
public sealed class LackTests
{
    private static readonly DataplaneOptions Chains = DataplaneOptions.Default with { Shape = PolicyShape.Chains };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Cluster OnePod(int remote = 0)
    {
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1", Node, ("app", "web")));
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow("app == 'db'", 80)));
        for (int i = 0; i < remote; i++) cluster.Engine.Upsert(Pod("prod", $"db{i}", new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(0x0a800000u + (uint)i)).ToString(), "n2", ("app", "db")));
        return cluster;
    }

    private static NftTransactionException NoMemory(NftChange? at = null) => new([new NftFailure(at, new NetlinkError(Errno.OutOfMemory), null, 0)]);

    private static bool IsInForce(FakeKernel kernel) => kernel.Table.Chains.Any(c => c.Rules.Any(r => r.Comment == "GlobalNetworkPolicy web ingress[0] allow"));

    [Fact]
    public async Task A_passing_lack_of_memory_closes_nothing_and_is_waited_out()
    {
        FakeKernel kernel = new();
        int attempts = 0;
        kernel.Fails = changes => ++attempts <= 3 ? NoMemory(changes[^1]) : null;
        PauseRecorder time = new();
        await using CalicoDataplane dataplane = new(Chains, kernel, time);
        dataplane.Apply(OnePod().Start());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task running = dataplane.RunAsync(stop.Token);
        Assert.True(SpinWait.SpinUntil(() => IsInForce(kernel), TimeSpan.FromSeconds(20)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(4, attempts);
        Assert.DoesNotContain(kernel.Table.Chains, c => c.Rules.Any(r => r.Comment?.StartsWith("quarantined", StringComparison.Ordinal) == true));
        // Between the 10 ms after every flush and the second that repairs are apart.
        Assert.Equal([100, 200, 400], time.Pauses.Select(p => p.TotalMilliseconds).Where(p => p is > 10 and < 1000));
    }

    [Fact]
    public async Task Memory_that_never_suffices_for_one_set_closes_that_one()
    {
        FakeKernel kernel = new() { Fails = changes => changes.Any(c => c is NftAddElements { Set.Comment: "app == 'db'" }) ? NoMemory() : null };
        await using CalicoDataplane dataplane = new(Chains, kernel);
        dataplane.Apply(OnePod(remote: 3).Start());
        int refused = 0;
        FlushReport? report = null;
        while (report is null && refused < 20)
        {
            try
            {
                report = await dataplane.FlushAsync(Cancelled);
            }
            catch (NftTransactionException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 3, 5);
        Assert.Contains("(app == 'db') is left out", Assert.Single(report!.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_read_back()
    {
        FakeKernel kernel = new();
        await using CalicoDataplane dataplane = new(Chains, kernel);
        Cluster cluster = OnePod();
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(Cancelled);
        int lost = 0;
        kernel.Committed += () =>
        {
            if (lost++ == 0) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
        };
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow("app == 'db'", 81)));
        dataplane.Apply(cluster.Engine.Flush());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.Equal(1, lost);
        Assert.Empty(NftPlanner.Plan(kernel.Table, dataplane.WantedTable));
    }

    /// <summary>Until the last part all that is in force is as it was.</summary>
    [Theory]
    [InlineData(15)]
    [InlineData(60)]
    public async Task What_is_too_large_for_one_message_goes_ahead_in_parts_that_no_packet_meets(int most)
    {
        FakeKernel kernel = new();
        await using CalicoDataplane dataplane = new(Chains, kernel);
        Cluster cluster = new();
        cluster.Engine.Upsert(Pod("prod", "web", "10.0.0.1", Node, ("app", "web")));
        dataplane.Apply(cluster.Start());
        await dataplane.FlushAsync(Cancelled);
        NftTable before = kernel.Table;
        static int Size(NftChange change) => change is NftAddElements add ? add.Elements.Count : 1;
        kernel.Fails = changes => changes.Sum(Size) > most ? new NetlinkException("send", new NetlinkError(Errno.MessageTooLong)) : null;
        List<NftTable> moments = [];
        kernel.Committed += () => moments.Add(kernel.Table);
        for (int i = 0; i < 100; i++) cluster.Engine.Upsert(Pod("prod", $"db{i}", $"10.0.1.{i}", "n2", ("app", "db")));
        cluster.Engine.Upsert(Policy_("web", "app == 'web'", Allow("app == 'db'", 80)));
        dataplane.Apply(cluster.Engine.Flush());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        Assert.InRange(moments.Count, 2, 200);
        Assert.Empty(NftPlanner.Plan(kernel.Table, dataplane.WantedTable));
        Assert.True(IsInForce(kernel));
        foreach (NftTable moment in moments.SkipLast(1))
        {
            Assert.All(before.Chains, chain => Assert.Equal(chain.Rules, moment.Chain(chain.Name)!.Rules));
            Assert.All(before.Sets, set => Assert.Equal(set.Elements, moment.Set(set.Name)!.Elements));
        }
    }

    [Fact]
    public async Task A_kernel_whose_socket_takes_little_gets_a_large_ruleset_all_the_same()
    {
        using PrivateNetns ns = PrivateNetns.Create("small");
        NetlinkConnectionOptions small = new() { Namespace = ns.Handle, SendBufferBytes = 40_000 };
        await using CalicoDataplane dataplane = new(Chains, new NetlinkKernel(NftClient.Open(small), RtNetlink.Open(new NetlinkConnectionOptions { Namespace = ns.Handle }), new Sysctl(ns.Handle), ns.Handle));
        dataplane.Apply(OnePod(remote: 10_000).Start());
        Assert.Empty((await dataplane.FlushAsync(Cancelled)).Problems);
        using NftClient nft = NftClient.Open(new() { Namespace = ns.Handle });
        NftTable wanted = dataplane.WantedTable, read = (await nft.ReadTableAsync(wanted.Id, cancellationToken: Cancelled)).Table(wanted.Id)!;
        Assert.Empty(NftPlanner.Plan(read, wanted));
        Assert.Contains(read.Sets, s => s.Elements.Count == 10_000);
    }

    /// <summary>The system's time, and how long each wait was asked to last.</summary>
    private sealed class PauseRecorder : TimeProvider
    {
        public System.Collections.Concurrent.ConcurrentQueue<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Enqueue(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
