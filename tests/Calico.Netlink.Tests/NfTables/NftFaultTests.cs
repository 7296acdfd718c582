using Calico.Netlink.NfTables;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Faults of nf_tables against the real kernel: afterwards it has what is wanted, and nothing foreign was touched.</summary>
public sealed class NftFaultTests : IDisposable
{
    private static readonly NftTableId Id = new(NftFamily.Inet, "t");
    private static readonly NftSet Left = new("left", NftType.Ipv4Address), Right = new("right", NftType.Ipv4Address);

    private readonly NetworkNamespace _network = Lab.NewNamespace();
    private readonly NftClient _client;

    public NftFaultTests() => _client = NftClient.Open(Lab.In(_network));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _network.Dispose();
    }

    [Fact]
    public async Task A_dump_beside_a_writer_is_of_one_generation_or_says_that_it_is_not()
    {
        await _client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, Pair(5000))), cancellationToken: Cancel);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task writer = Task.Run(
            async () =>
            {
                using NftClient other = NftClient.Open(Lab.In(_network));
                for (uint i = 0; !stop.IsCancellationRequested; i++)
                {
                    NftElement[] moved = [Element(100_000 + i % 100)];
                    NftTransaction both = new();
                    both.AddElements(Id, Left, moved);
                    both.AddElements(Id, Right, moved);
                    await other.CommitAsync(both, cancellationToken: Cancel);
                    NftTransaction neither = new();
                    neither.DeleteElements(Id, Left, moved);
                    neither.DeleteElements(Id, Right, moved);
                    await other.CommitAsync(neither, cancellationToken: Cancel);
                    if (i % 16 == 0) await Task.Delay(30, Cancel);
                }
            },
            Cancel);
        int whole = 0, interrupted = 0;
        for (int round = 0; round < 300 && whole < 10; round++)
        {
            try
            {
                NftTable read = (await _client.ReadTableAsync(Id, cancellationToken: Cancel)).Tables[0];
                Assert.Equal(Keys(read, "left"), Keys(read, "right"));
                whole++;
            }
            catch (NetlinkException e) when (e.Errno == Errno.Interrupted)
            {
                interrupted++;
            }
        }

        await stop.CancelAsync();
        await writer;
        Assert.True(whole > 0, $"No read of {interrupted} came through.");
    }

    [Fact]
    public async Task A_transaction_that_fails_in_the_middle_changes_nothing_and_the_keeper_goes_on()
    {
        NftDesiredTable keeper = new(_client, Id);
        await keeper.ApplyAsync(Pair(100), Cancel);
        NftTable foreign = await ForeignAsync();
        NftTable before = await ReadAsync(Id);
        NftRule broken = NftRule.Of(Field.Ip.Source.In("missing"), Act.Accept) with { Comment = "broken" };
        NftTable wrong = Pair(2000) with { Chains = [new NftChain("a") { Rules = [NftRule.Of(Act.Accept)] }, new NftChain("b") { Rules = [broken] }, new NftChain("c") { Rules = [NftRule.Of(Act.Drop)] }] };
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await keeper.ApplyAsync(wrong, Cancel));
        Assert.Equal("rule of chain b of inet t (broken)", Assert.Single(e.Failures).Change!.Subject);
        Assert.Empty(NftPlanner.Plan(await ReadAsync(Id), before));
        NftTable right = wrong with { Chains = [.. wrong.Chains.Where(c => c.Name != "b")] };
        await keeper.ApplyAsync(right, Cancel);
        Assert.Empty(NftPlanner.Plan(await ReadAsync(Id), right));
        Assert.Empty(NftPlanner.Plan(await ReadAsync(foreign.Id), foreign));
    }

    [Fact]
    public async Task Errors_that_overflow_the_receive_buffer_still_fail_the_transaction()
    {
        using NftClient small = NftClient.Open(new NetlinkConnectionOptions { Namespace = _network, ReceiveBufferBytes = 4096 });
        NftTransaction transaction = new NftTransaction().Add(new NftAddTable(new NftTable(Id.Family, Id.Name)));
        for (int i = 0; i < 3000; i++) transaction.Add(new NftAddRule(Id, "missing", NftRule.Of(Act.Accept)));
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await small.CommitAsync(transaction, cancellationToken: Cancel));
        Assert.InRange(e.Failures.Count, 1, 2999);
        Assert.Equal(Errno.NoEntry, e.Failures[0].Error.Code);
        Assert.Empty((await _client.ReadAsync(cancellationToken: Cancel)).Tables);
        // What was lost is over: the same socket goes on.
        await small.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, Pair(3))), cancellationToken: Cancel);
        Assert.Empty(NftPlanner.Plan(await ReadAsync(Id), Pair(3)));
    }

    [Fact]
    public async Task A_monitor_that_overflows_says_so_and_a_keeper_repairs_what_it_missed()
    {
        NftDesiredTable keeper = new(_client, Id);
        await keeper.ApplyAsync(Pair(10), Cancel);
        using NftMonitor monitor = NftMonitor.Open(new NetlinkConnectionOptions { Namespace = _network, ReceiveBufferBytes = 4096 });
        using NftClient other = NftClient.Open(Lab.In(_network));
        for (uint i = 0; i < 200; i++)
        {
            NftTransaction intruder = new();
            intruder.AddElements(Id, Left, [Element(500 + i)]);
            await other.CommitAsync(intruder, cancellationToken: Cancel);
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        int seen = 0;
        await foreach (NftEvent observed in monitor.ReadAllAsync(limit.Token))
        {
            if (observed is NftEventsLost) break;
            seen++;
        }

        Assert.InRange(seen, 0, 399);
        NftApplied repaired = await keeper.RepairAsync(Pair(10), Cancel);
        Assert.Equal(200, Assert.IsType<NftDeleteElements>(Assert.Single(repaired.Changes)).Elements.Count);
        Assert.Empty(NftPlanner.Plan(await ReadAsync(Id), Pair(10)));
    }

    [Fact]
    public async Task A_table_with_an_owner_goes_with_its_socket()
    {
        NftTable owned = Pair(5) with { Flags = NftTableFlags.Owner };
        NftClient owner = NftClient.Open(Lab.In(_network));
        await owner.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, owned)), cancellationToken: Cancel);
        Assert.Single((await _client.ReadAsync(cancellationToken: Cancel)).Tables);
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await _client.CommitAsync(new NftTransaction().Add(new NftDeleteTable(Id)), cancellationToken: Cancel));
        Assert.Equal(Errno.NotPermitted, e.Failures[0].Error.Code);
        owner.Dispose();
        for (int i = 0; i < 300 && !(await _client.ReadAsync(cancellationToken: Cancel)).Tables.IsEmpty; i++) await Task.Delay(50, Cancel);
        Assert.Empty((await _client.ReadAsync(cancellationToken: Cancel)).Tables);
    }

    private static NftElement Element(uint index) => new(NftValue.NetworkOrder(0x0a000000u + index));

    private static NftTable Pair(uint count)
    {
        ValueList<NftElement> elements = Enumerable.Range(0, (int)count).Select(i => Element((uint)i)).ToValueList();
        return new NftTable(Id.Family, Id.Name) { Sets = [Left with { Elements = elements }, Right with { Elements = elements }] };
    }

    private static IEnumerable<NftValue> Keys(NftTable table, string set) => table.Sets.Single(s => s.Name == set).Elements.Select(e => e.Key).Order();

    private async Task<NftTable> ReadAsync(NftTableId id) => (await _client.ReadTableAsync(id, cancellationToken: Cancel)).Tables[0];

    private async Task<NftTable> ForeignAsync()
    {
        NftTable foreign = new(NftFamily.Inet, "foreign") { Sets = [Left with { Elements = [Element(1)] }], Chains = [new NftChain("c") { Rules = [NftRule.Of(Act.Accept)] }] };
        await _client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, foreign)), cancellationToken: Cancel);
        return await ReadAsync(foreign.Id);
    }
}
