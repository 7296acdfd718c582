using Calico.Netlink.NfTables;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Whatever a table has, it is brought to whatever it should have, by the plan alone, in one transaction the kernel accepts.</summary>
public sealed class DesiredTableTests
{
    [Fact]
    public async Task Any_ruleset_becomes_any_other()
    {
        int first = Random.Shared.Next(1_000_000);
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable? before = null;
        for (int seed = first; seed < first + 150; seed++)
        {
            NftTable wanted = new RulesetGenerator(seed).Ruleset();
            NftDesiredTable keeper = new(client, wanted.Id);
            try
            {
                await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken);
            }
            catch (NftTransactionException e)
            {
                Assert.Fail($"from seed {seed - 1} to seed {seed}: {e.Message}\n{string.Join('\n', NftPlanner.Plan(before, wanted).Select(c => c.GetType().Name + " " + c.Subject))}");
            }

            NftApplied again = await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken);
            Assert.True(again.Changes.Count == 0, $"seed {seed} after {seed - 1}: {string.Join('\n', again.Changes)}");
            before = wanted;
        }
    }

    [Fact]
    public async Task One_element_more_is_one_element_message()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = SampleRuleset.Built();
        NftDesiredTable keeper = new(client, table.Id);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        NftElement added = new(NftValue.NetworkOrder(77u));
        NftTable wanted = table with { Sets = table.Sets.Select(s => s.Name == "hosts" ? s with { Elements = s.Elements.Add(added) } : s).ToValueList() };
        NftApplied applied = await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken);
        Assert.Equal([added], Assert.IsType<NftAddElements>(Assert.Single(applied.Changes)).Elements);
    }

    [Fact]
    public async Task What_others_did_to_the_table_is_repaired_and_their_own_tables_stay()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = SampleRuleset.Built();
        NftDesiredTable keeper = new(client, table.Id);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        string right = NftProgram.List(network);
        Assert.Empty((await keeper.RepairAsync(table, TestContext.Current.CancellationToken)).Changes);

        NftProgram.Load(network, """
            add rule inet mine web ip saddr 9.9.9.9 accept
            flush chain inet mine input
            add element inet mine hosts { 9.9.9.9 }
            add chain inet mine foreign
            delete element inet mine nets { 1.1.1.1 }
            add table ip theirs
            """);
        NftApplied repaired = await keeper.RepairAsync(table, TestContext.Current.CancellationToken);
        Assert.NotEmpty(repaired.Changes);
        string after = NftProgram.List(network);
        Assert.Contains("table ip theirs", after, StringComparison.Ordinal);
        NftProgram.Run(network, null, "delete", "table", "ip", "theirs");
        Assert.Equal(right, NftProgram.List(network));
    }

    [Fact]
    public async Task A_long_series_of_wants_through_one_keeper_ends_as_wanted()
    {
        int first = Random.Shared.Next(1_000_000);
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable wanted = new RulesetGenerator(first).Ruleset();
        NftDesiredTable keeper = new(client, wanted.Id);
        Random random = new(first);
        for (int step = 0; step < 150; step++)
        {
            NftTable other = new RulesetGenerator(first + step).Ruleset();
            wanted = random.Next(4) switch
            {
                0 => other,
                1 => wanted with { Sets = wanted.Sets.Select(s => s.Name is "a4" or "m4" ? other.Set(s.Name)! : s).ToValueList() },
                2 => wanted with { Chains = wanted.Chains.Add(new NftChain($"more{step}") { Rules = [NftRule.Of(Act.Counter)] }) },
                _ => wanted,
            };
            await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken);
            if (random.Next(5) == 0) await client.CommitAsync(new NftTransaction().Add(new NftFlushChain(wanted.Id, "second")), cancellationToken: TestContext.Current.CancellationToken);
            else
            {
                NftSnapshot snapshot = await client.ReadTableAsync(wanted.Id, cancellationToken: TestContext.Current.CancellationToken);
                IReadOnlyList<NftChange> left = NftPlanner.Plan(snapshot.Table(wanted.Id), wanted);
                Assert.True(left.Count == 0, $"seed {first} step {step}: {string.Join('\n', left)}");
            }
        }
    }

    [Fact]
    public async Task Another_writer_in_a_loop_delays_but_does_not_corrupt()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network)), other = NftClient.Open(Lab.In(network));
        NftTableId theirs = new(NftFamily.Ip, "theirs");
        using CancellationTokenSource stop = new();
        Task writer = Task.Run(
            async () =>
            {
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    await other.CommitAsync(new NftTransaction().Add(new NftAddTable(new NftTable(theirs.Family, theirs.Name))).Add(new NftAddChain(theirs, new NftChain($"c{i % 50}"))), cancellationToken: CancellationToken.None);
                    await Task.Delay(2, CancellationToken.None);
                }
            },
            CancellationToken.None);
        int attempts = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            NftTable wanted = new RulesetGenerator(seed).Ruleset();
            attempts += (await new NftDesiredTable(client, wanted.Id).ApplyAsync(wanted, TestContext.Current.CancellationToken)).Attempts;
        }

        await stop.CancelAsync();
        await writer;
        NftTable last = new RulesetGenerator(19).Ruleset();
        NftSnapshot snapshot = await client.ReadAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(NftPlanner.Plan(snapshot.Table(last.Id), last));
        Assert.NotEmpty(snapshot.Table(theirs)!.Chains);
        Assert.InRange(attempts, 20, 20 * NftDesiredTable.MaximumAttempts);
    }

    [Fact]
    public async Task A_failing_delta_changes_nothing_and_the_next_apply_repairs()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = SampleRuleset.Built();
        NftDesiredTable keeper = new(client, table.Id);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        NftSet hosts = table.Set("hosts")!;
        NftTransaction delta = new();
        delta.AddElements(table.Id, hosts, [new NftElement(NftValue.NetworkOrder(1u))]);
        delta.Add(new NftDeleteRule(table.Id, "web", 4_000_000));
        delta.AddElements(table.Id, hosts, [new NftElement(NftValue.NetworkOrder(2u))]);
        NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await keeper.CommitAsync(delta));
        Assert.IsType<NftDeleteRule>(Assert.Single(e.Failures).Change);
        Assert.True(await keeper.MayHaveChangedAsync(TestContext.Current.CancellationToken));
        Assert.Empty((await keeper.RepairAsync(table, TestContext.Current.CancellationToken)).Changes);
    }
}
