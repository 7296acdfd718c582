using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.Tests.NfTables;

public sealed class TransactionTests
{
    private static readonly NftTable Table = new(NftFamily.Inet, "t");
    private static readonly NftSet Hosts = new("hosts", NftType.Ipv4Address);

    [Fact]
    public async Task Every_refused_message_is_named_and_nothing_is_applied()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTransaction transaction = new NftTransaction()
            .Add(new NftAddTable(Table))
            .Add(new NftAddChain(Table.Id, new NftChain("good")))
            .Add(new NftAddRule(Table.Id, "missing", NftRule.Of(Act.Counter) with { Comment = "lost" }))
            .Add(new NftAddElements(Table.Id, Hosts, [new NftElement(NftValue.NetworkOrder(1u))]))
            .Add(new NftDeleteChain(Table.Id, "nowhere"));
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await client.CommitAsync(transaction));
        Assert.Equal(3, e.Failures.Count);
        Assert.Equal(["rule of chain missing of inet t (lost)", "elements of set hosts of inet t", "chain nowhere of inet t"], e.Failures.Select(f => f.Change!.Subject));
        Assert.All(e.Failures, f => Assert.Equal(Errno.NoEntry, f.Error.Code));
        Assert.Equal("NFTA_RULE_CHAIN", e.Failures[0].Attribute);
        Assert.Contains("Nothing was applied", e.Message, StringComparison.Ordinal);
        Assert.Empty((await client.ReadAsync(cancellationToken: TestContext.Current.CancellationToken)).Tables);
    }

    [Fact]
    public async Task A_transaction_on_a_stale_generation_is_refused()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        uint before = (await client.GetGenerationAsync(TestContext.Current.CancellationToken)).Id;
        await client.CommitAsync(new NftTransaction().Add(new NftAddTable(Table)), before, TestContext.Current.CancellationToken);
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await client.CommitAsync(new NftTransaction().Add(new NftDeleteTable(Table.Id)), before));
        Assert.True(e.IsGenerationConflict);
        NftSnapshot snapshot = await client.ReadAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Single(snapshot.Tables);
    }

    [Fact]
    public async Task A_list_longer_than_one_attribute_holds_is_split_in_one_transaction()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftElement[] elements = [.. Enumerable.Range(0, 20_000).Select(i => new NftElement(NftValue.NetworkOrder(0x0a000000u + (uint)i)))];
        NftTransaction transaction = new NftTransaction().Add(new NftAddTable(Table)).Add(new NftAddSet(Table.Id, Hosts));
        transaction.AddElements(Table.Id, Hosts, elements);
        await client.CommitAsync(transaction, cancellationToken: TestContext.Current.CancellationToken);
        NftTable read = (await client.ReadTableAsync(Table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0];
        Assert.Equal(elements.Select(e => e.Key).Order(), read.Sets[0].Elements.Select(e => e.Key).Order());
        Assert.Null(await client.GetElementAsync(Table.Id, Hosts, new NftElement(NftValue.NetworkOrder(1u)), TestContext.Current.CancellationToken));
        Assert.Equal(elements[7].Key, (await client.GetElementAsync(Table.Id, Hosts, elements[7], TestContext.Current.CancellationToken))!.Value.Key);
    }

    [Fact]
    public async Task Sixteen_jumps_in_a_row_are_too_many()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        await client.CommitAsync(Jumps(15), cancellationToken: TestContext.Current.CancellationToken);
        await client.CommitAsync(new NftTransaction().Add(new NftDeleteTable(Table.Id)), cancellationToken: TestContext.Current.CancellationToken);
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await client.CommitAsync(Jumps(16)));
        Assert.Equal(Errno.TooManyLinks, e.Failures[0].Error.Code);

        static NftTransaction Jumps(int depth)
        {
            NftChain[] chains =
            [
                new NftChain("base") { Base = new("filter", NftHook.Input, 0), Rules = [NftRule.Of(Act.Jump("c1"))] },
                .. Enumerable.Range(1, depth).Select(i => new NftChain($"c{i}") { Rules = i == depth ? [] : [NftRule.Of(Act.Jump($"c{i + 1}"))] }),
            ];
            return new NftTransaction().Add(NftPlanner.Plan(null, Table with { Chains = chains.ToValueList() }));
        }
    }

    [Fact]
    public async Task A_monitor_tells_what_was_committed()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        using NftMonitor monitor = NftMonitor.Open(Lab.In(network));
        NftRule rule = NftRule.Of(Match.SourceAddress(IPNetwork.Parse("10.0.0.0/8")), Act.Drop) with { Comment = "seen" };
        await client.CommitAsync(
            new NftTransaction().Add(new NftAddTable(Table)).Add(new NftAddSet(Table.Id, Hosts)).Add(new NftAddChain(Table.Id, new NftChain("c")))
                .Add(new NftAddElements(Table.Id, Hosts, [new NftElement(NftValue.NetworkOrder(5u))])).Add(new NftAddRule(Table.Id, "c", rule)),
            cancellationToken: TestContext.Current.CancellationToken);
        List<NftEvent> events = [];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (NftEvent next in monitor.ReadAllAsync(limit.Token))
        {
            events.Add(next);
            if (next is NftGenerationEvent) break;
        }

        Assert.Equal("t", Assert.IsType<NftTableEvent>(events[0]).Table.Name);
        Assert.Contains(events, e => e is NftSetEvent { Set.Name: "hosts" });
        Assert.Contains(events, e => e is NftElementEvent { Set: "hosts", IsDeleted: false } element && element.Element.Key == NftValue.NetworkOrder(5u));
        Assert.True(NftPlanner.SameRule(rule, events.OfType<NftRuleEvent>().Single().Rule));
        Assert.True(Directory.Exists($"/proc/self/task/{Assert.IsType<NftGenerationEvent>(events[^1]).Generation.TaskId}"));
    }

    [Fact]
    public async Task Counters_and_quotas_start_anew_when_they_are_reset()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = Table with
        {
            Objects = [new NftObject("packets", new NftStatefulObject(new CounterExpression(7, 70))), new NftObject("limit", new NftStatefulObject(new QuotaExpression(1000, Consumed: 5)))],
            Chains = [new NftChain("a") { Rules = [NftRule.Of(NftStatement.Raw(new CounterExpression(3, 30)))] }, new NftChain("b") { Rules = [NftRule.Of(NftStatement.Raw(new CounterExpression(4, 40)))] }],
        };
        await client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, table)), cancellationToken: TestContext.Current.CancellationToken);
        IReadOnlyList<NftChain> chains = await client.ResetRulesAsync(Table.Id, "a", TestContext.Current.CancellationToken);
        Assert.Equal(new CounterExpression(3, 30), Assert.Single(Assert.Single(chains).Rules.Single().Expressions));
        Assert.Equal(new CounterExpression(7, 70), ((NftStatefulObject)Assert.Single(await client.ResetObjectsAsync(Table.Id, NftObjectType.Counter, TestContext.Current.CancellationToken)).Content).State);
        Assert.Equal(2, (await client.ResetObjectsAsync(Table.Id, cancellationToken: TestContext.Current.CancellationToken)).Count);
        NftTable after = (await client.ReadTableAsync(Table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0];
        Assert.Equal([new CounterExpression(0, 0), new CounterExpression(4, 40)], after.Chains.Select(c => (CounterExpression)c.Rules[0].Expressions[0]));
        Assert.All(after.Objects, o => Assert.True(((NftStatefulObject)o.Content).State is CounterExpression { Packets: 0 } or QuotaExpression { Consumed: 0 }));
    }
}
