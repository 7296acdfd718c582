using System.Diagnostics;
using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>What rulesets have seldom: owners, sleep, devices, flow tables, timeouts, objects in maps. Made, read back, and equal.</summary>
public sealed class EverythingElseTests
{
    public static TheoryData<string> Names => [.. Tables().Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_table_is_given_back_as_it_was_made(string name)
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        using (Process up = Process.Start("nsenter", [$"--net=/proc/{Environment.ProcessId}/fd/{network.FileDescriptor}", "ip", "link", "set", "lo", "up"])) up.WaitForExit();
        NftTable table = Tables()[name];
        try
        {
            await client.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, table)), cancellationToken: TestContext.Current.CancellationToken);
        }
        catch (NftTransactionException e) when (name == "flow table" && e.Failures[0].Error.Code == Errno.NoEntry)
        {
            Assert.Skip("This kernel has no flow tables (nf_flow_table_inet).");
        }

        NftTable read = (await client.ReadTableAsync(table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0];
        IReadOnlyList<NftChange> plan = NftPlanner.Plan(read, table);
        Assert.True(plan.Count == 0, string.Join('\n', plan));
        await new NftDesiredTable(client, table.Id).ApplyAsync(null, TestContext.Current.CancellationToken);
        Assert.Empty((await client.ReadAsync(cancellationToken: TestContext.Current.CancellationToken)).Tables);
    }

    [Fact]
    public async Task An_owned_table_is_closed_to_others_and_goes_with_its_owner()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient other = NftClient.Open(Lab.In(network));
        NftTable table = new(NftFamily.Inet, "mine") { Flags = NftTableFlags.Owner, Chains = [new NftChain("c")] };
        using (NftClient owner = NftClient.Open(Lab.In(network)))
        {
            await owner.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, table)), cancellationToken: TestContext.Current.CancellationToken);
            Assert.NotEqual(0u, (await other.ReadTableAsync(table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0].OwnerPortId);
            NftTransactionException e = await Assert.ThrowsAsync<NftTransactionException>(async () => await other.CommitAsync(new NftTransaction().Add(new NftAddChain(table.Id, new NftChain("d")))));
            Assert.Equal(Errno.NotPermitted, e.Failures[0].Error.Code);
        }

        Assert.Empty((await other.ReadAsync(cancellationToken: TestContext.Current.CancellationToken)).Tables);
    }

    [Fact]
    public async Task A_table_wakes_and_sleeps_in_place()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = SampleRuleset.Built();
        NftDesiredTable keeper = new(client, table.Id);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        foreach (NftTableFlags flags in new[] { NftTableFlags.Dormant, NftTableFlags.None })
        {
            NftApplied applied = await keeper.ApplyAsync(table with { Flags = flags }, TestContext.Current.CancellationToken);
            Assert.IsType<NftAddTable>(Assert.Single(applied.Changes));
            Assert.Equal(flags, (await client.ReadTableAsync(table.Id, cancellationToken: TestContext.Current.CancellationToken)).Tables[0].Flags);
        }
    }

    [Fact]
    public async Task A_chain_that_must_be_made_anew_is_let_go_by_all_that_point_to_it()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using NftClient client = NftClient.Open(Lab.In(network));
        NftTable table = SampleRuleset.Built();
        NftDesiredTable keeper = new(client, table.Id);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        NftTable wanted = table with
        {
            Chains = table.Chains.Select(c => c.Name == "web" ? c with { Comment = "another comment: the kernel cannot change one" } : c).ToValueList(),
            Sets = table.Sets.Select(s => s.Name == "ids" ? s with { Size = 1000 } : s).ToValueList(),
            Objects = [new NftObject("seen", new NftStatefulObject(new CounterExpression())) { Comment = "changed" }],
        };
        await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken);
        Assert.Empty((await keeper.ApplyAsync(wanted, TestContext.Current.CancellationToken)).Changes);
        await keeper.ApplyAsync(table, TestContext.Current.CancellationToken);
        Assert.Empty((await keeper.ApplyAsync(table, TestContext.Current.CancellationToken)).Changes);
    }

    private static Dictionary<string, NftTable> Tables() => new()
    {
        ["timeouts"] = new NftTable(NftFamily.Inet, "t")
        {
            Sets =
            [
                new NftSet("short", NftType.Ipv4Address) { Timeout = TimeSpan.FromHours(1), GcInterval = TimeSpan.FromSeconds(10), Elements = [new(Ip("1.1.1.1")), new(Ip("1.1.1.2")) { Details = new NftElementDetails { Timeout = TimeSpan.FromHours(2) } }] },
                new NftSet("dynamic", NftType.Concat(NftType.Ipv4Address, NftType.Mark)) { Flags = NftSetFlags.Dynamic | NftSetFlags.Timeout, Size = 64, ElementExpressions = [new LimitExpression(10)] },
            ],
        },
        ["objects"] = new NftTable(NftFamily.Inet, "t")
        {
            Objects =
            [
                new NftObject("c", new NftStatefulObject(new CounterExpression())),
                new NftObject("q", new NftStatefulObject(new QuotaExpression(1000, Over: true))),
                new NftObject("l", new NftStatefulObject(new LimitExpression(5, 60, 3))),
                new NftObject("n", new NftStatefulObject(new ConnLimitExpression(7))),
                new NftObject("s", new NftStatefulObject(new SynproxyExpression(1460, 7, 3))),
                new NftObject("x", new NftCtExpectationObject(6, 2, 8888, 1000, 3)),
            ],
            Sets = [new NftSet("m", NftType.Ipv4Address) { ObjectType = NftObjectType.Counter, Elements = [new(Ip("1.1.1.1")) { Details = new NftElementDetails { ObjectName = "c" } }] }],
            Chains = [new NftChain("u") { Rules = [NftRule.Of(Act.NamedCounter("c"), Act.Object(NftObjectType.Limit, "l"), Act.Object(NftObjectType.Quota, "q"), Act.Object(NftObjectType.ConnLimit, "n"))] }],
        },
        ["element counters"] = new NftTable(NftFamily.Inet, "t")
        {
            Sets =
            [
                new NftSet("v", NftType.Ipv4Address) { DataType = NftType.Verdict, ElementExpressions = [new CounterExpression(), new LastExpression()], Elements = [new(Ip("1.1.1.1"), NftVerdict.Accept) { Comment = "one" }, NftElement.CatchAll with { Verdict = NftVerdict.Drop }] },
                new NftSet("i", NftType.Ipv6Address) { Flags = NftSetFlags.Interval, AutoMerge = true, Elements = [NftElement.Range(Ip("fd00::"), Ip("fd00::ffff")) with { Comment = "range" }, NftElement.Range(Ip("ff00::"), Ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))] },
                new NftSet("p", NftType.Concat(NftType.Ipv4Address, NftType.InetProto, NftType.InetService)) { Flags = NftSetFlags.Interval, DataType = NftType.Mark, Elements = [NftElement.Range(NftValue.Concat(Ip("10.0.0.0"), NftValue.Byte(6), NftValue.NetworkOrder((ushort)1)), NftValue.Concat(Ip("10.0.0.255"), NftValue.Byte(6), NftValue.NetworkOrder((ushort)100))) with { Data = NftValue.HostOrder(9u) }] },
            ],
        },
        ["netdev"] = new NftTable(NftFamily.Netdev, "t")
        {
            Chains =
            [
                new NftChain("in") { Base = new("filter", NftHook.Ingress, -5) { Devices = ["lo"] }, Rules = [NftRule.Of(NftFamily.Netdev, Match.SourceAddress(IPNetwork.Parse("10.0.0.0/8")), Act.Drop)] },
                new NftChain("out") { Base = new("filter", NftHook.Egress, 5) { Devices = ["lo"] } },
            ],
        },
        ["bridge"] = new NftTable(NftFamily.Bridge, "t") { Chains = [new NftChain("f") { Base = new("filter", NftHook.Forward, 0), Rules = [NftRule.Of(NftFamily.Bridge, Match.DestinationAddress(IPAddress.Parse("fe80::1")), Match.Tcp.DestinationPort(22), Act.Drop)] }] },
        ["arp"] = new NftTable(NftFamily.Arp, "t") { Chains = [new NftChain("i") { Base = new("filter", NftHook.Input, 0) { Policy = NftVerdictCode.Drop } }] },
        ["ip"] = new NftTable(NftFamily.Ip, "t") { Chains = [new NftChain("r") { Base = new("route", NftHook.Output, NftPriority.Mangle), Rules = [NftRule.Of(NftFamily.Ip, Match.SourceAddress(IPAddress.Parse("1.2.3.4")), Act.SetMark(3), Act.RejectWithTcpReset())] }] },
        ["inet ingress"] = new NftTable(NftFamily.Inet, "t") { Chains = [new NftChain("i") { Base = new("filter", NftHook.Ingress, 0) { Devices = ["lo"] } }] },
        ["flow table"] = new NftTable(NftFamily.Inet, "t")
        {
            FlowTables = [new NftFlowTable("ft", 0, ["lo"])],
            Chains = [new NftChain("f") { Base = new("filter", NftHook.Forward, 0), Rules = [NftRule.Of(Match.Protocol(6), Act.FlowOffload("ft"))] }],
        },
    };

    private static NftValue Ip(string address) => NftValue.Address(IPAddress.Parse(address));
}
