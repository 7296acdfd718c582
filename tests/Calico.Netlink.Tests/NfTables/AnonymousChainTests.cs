using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Interpreter;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>nft's <c>jump { … }</c>: chains that are part of their rule.</summary>
public sealed class AnonymousChainTests : IDisposable
{
    private const string Text = """
        table inet t {
        	chain input {
        		type filter hook input priority filter; policy accept;
        		tcp dport 22 jump {
        			ip saddr 10.0.0.0/8 accept
        			tcp sport { 1000, 2000 } counter packets 0 bytes 0 drop
        			reject
        		}
        		udp dport 53 accept
        	}
        }
        """;

    private static readonly NftTableId Id = new(NftFamily.Inet, "t");

    private readonly NetworkNamespace _network = Lab.NewNamespace();
    private readonly NftClient _client;

    public AnonymousChainTests() => _client = NftClient.Open(Lab.In(_network));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _network.Dispose();
    }

    [Fact]
    public async Task What_nft_made_is_read_as_part_of_its_rule_and_made_again()
    {
        NftProgram.Load(_network, Text);
        string listed = NftProgram.List(_network);
        NftTable read = (await _client.ReadTableAsync(Id, cancellationToken: Cancel)).Tables[0];
        Assert.Equal("input", Assert.Single(read.Chains).Name);
        Assert.Empty(read.Sets);
        Assert.Empty(NftPlanner.Plan(read, Built()));
        await _client.CommitAsync(new NftTransaction().Add(new NftDeleteTable(Id)).Add(NftPlanner.Plan(null, read)), cancellationToken: Cancel);
        Assert.Equal(listed, NftProgram.List(_network));
    }

    [Fact]
    public async Task A_change_inside_replaces_the_rule_alone_and_leaves_no_chain_behind()
    {
        NftDesiredTable keeper = new(_client, Id);
        await keeper.ApplyAsync(Built(), Cancel);
        Assert.Empty((await keeper.ApplyAsync(Built(), Cancel)).Changes);
        NftTable wanted = Built(Act.Accept);
        Assert.IsType<NftReplaceRule>(Assert.Single((await keeper.ApplyAsync(wanted, Cancel)).Changes));
        Assert.Empty(NftPlanner.Plan((await _client.ReadTableAsync(Id, cancellationToken: Cancel)).Tables[0], wanted));
        NftTable bare = wanted with { Chains = [wanted.Chains[0] with { Rules = [wanted.Chains[0].Rules[1]] }] };
        await keeper.ApplyAsync(bare, Cancel);
        Assert.DoesNotContain("__chain", Tools.Run(_network, "nft", "-j list ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", 5, NftVerdictCode.Accept)]
    [InlineData("192.0.2.1", 2000, NftVerdictCode.Drop)]
    [InlineData("192.0.2.1", 5, NftVerdictCode.Accept)]
    public void The_interpreter_walks_through_it(string source, ushort sourcePort, NftVerdictCode expected)
    {
        NftInterpreter interpreter = new([Built(Act.Return)]);
        NftPacket packet = NftPacket.Tcp(new IPEndPoint(IPAddress.Parse(source), sourcePort), new IPEndPoint(IPAddress.Parse("192.0.2.2"), 22));
        Assert.Equal(expected, interpreter.Evaluate(packet, NftHook.Input).Verdict);
    }

    private static NftTable Built(NftStatement? last = null) => new(Id.Family, Id.Name)
    {
        Chains =
        [
            new NftChain("input")
            {
                Base = new("filter", NftHook.Input, NftPriority.Filter),
                Rules =
                [
                    NftRule.Of(
                        Match.Tcp.DestinationPort(22),
                        Act.Jump(
                            NftRule.Of(Match.SourceAddress(IPNetwork.Parse("10.0.0.0/8")), Act.Accept),
                            NftRule.Of(Match.Tcp.SourcePort(1000, 2000), Act.Counter, Act.Drop),
                            NftRule.Of(last ?? Act.Reject()))),
                    NftRule.Of(Match.Udp.DestinationPort(53), Act.Accept),
                ],
            },
        ],
    };
}
