using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Interpreter;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>What depends on time, connections and answers of the kernel.</summary>
public sealed class InterpreterTests
{
    private static readonly IPEndPoint Client = IPEndPoint.Parse("10.0.0.1:4000"), Server = IPEndPoint.Parse("10.0.0.2:80");

    [Fact]
    public void A_limit_lets_its_burst_through_and_then_its_rate()
    {
        Clock clock = new();
        NftInterpreter interpreter = new([Table(NftRule.Of(Act.Limit(10, 1, 5), Act.Accept))], clock);
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted));
        clock.Now += 300_000_000; // three tokens of 100 ms
        Assert.Equal(3, Enumerable.Range(0, 20).Count(_ => interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted));
        clock.Now += 3_600_000_000_000; // never more than the burst
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted));
    }

    [Fact]
    public void Over_a_limit_matches_what_exceeds_it()
    {
        NftInterpreter interpreter = new([Table(NftRule.Of(Act.Limit(1, 60, 2, over: true), Act.Accept))], new Clock());
        Assert.Equal([false, false, true, true], Enumerable.Range(0, 4).Select(_ => interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted));
    }

    [Fact]
    public void A_quota_counts_bytes()
    {
        NftInterpreter interpreter = new([Table(NftRule.Of(NftStatement.Raw(new QuotaExpression(100)), Act.Accept))]);
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted)); // 40 bytes each
    }

    [Fact]
    public void Elements_expire()
    {
        Clock clock = new();
        NftSet set = new("s", NftType.Ipv4Address) { Flags = NftSetFlags.Timeout, Elements = [new(NftValue.Address(Client.Address)) { Details = new NftElementDetails { Timeout = TimeSpan.FromSeconds(5) } }] };
        NftInterpreter interpreter = new([Table(NftRule.Of(Field.Ip.Source.In("s"), Act.Accept)) with { Sets = [set] }], clock);
        Assert.True(interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted);
        clock.Now += 5_000_000_000;
        Assert.False(interpreter.Evaluate(Packet(), NftHook.Input).IsAccepted);
    }

    [Fact]
    public void Rules_add_elements_until_the_set_is_full()
    {
        NftSet set = new("seen", NftType.Ipv4Address) { Flags = NftSetFlags.Dynamic, Size = 2 };
        NftTable table = Table(NftRule.Of(Act.UpdateSet("seen", Field.Ip.Source, NftDynsetOperation.Add), Act.Accept)) with { Sets = [set] };
        NftInterpreter interpreter = new([table]);
        bool From(string address) => interpreter.Evaluate(NftPacket.Tcp(new IPEndPoint(IPAddress.Parse(address), 1), Server), NftHook.Input).IsAccepted;
        Assert.Equal([true, true, false, true], new[] { "1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.1" }.Select(From));
        Assert.NotNull(interpreter.Find(table.Id, "seen", NftValue.Address(IPAddress.Parse("1.1.1.2"))));
    }

    [Theory]
    [InlineData(NftCtState.New, false)]
    [InlineData(NftCtState.Established, true)]
    [InlineData(NftCtState.Related, true)]
    public void Connection_states_decide(NftCtState state, bool accepted)
    {
        NftInterpreter interpreter = new([Table(NftRule.Of(Match.CtState(NftCtState.Established | NftCtState.Related), Act.Accept))]);
        NftPacket packet = Packet();
        packet.Connection = new NftConnection { State = state };
        Assert.Equal(accepted, interpreter.Evaluate(packet, NftHook.Input).IsAccepted);
    }

    [Fact]
    public void Marks_go_between_packet_and_connection()
    {
        NftInterpreter interpreter = new([Table(NftRule.Of(Match.Mark(0), Act.SetMark(0x120000, 0xff0000)), NftRule.Of(Act.SetCtMark(Field.Mark)), NftRule.Of(Match.CtMark(0x120000, 0xff0000), Act.Accept))]);
        NftPacket packet = Packet();
        packet.Connection = new NftConnection();
        Assert.True(interpreter.Evaluate(packet, NftHook.Input).IsAccepted);
        Assert.Equal((0x120000u, 0x120000u), (packet.Mark, packet.Connection.Mark));
    }

    [Fact]
    public void Nat_decides_for_the_first_packet_only()
    {
        NftTable table = new(NftFamily.Inet, "t")
        {
            Chains = [new NftChain("pre") { Base = new("nat", NftHook.Prerouting, NftPriority.DestinationNat), Rules = [NftRule.Of(Match.Tcp.DestinationPort(80), Act.DestinationNat(IPAddress.Parse("10.9.9.9"), (8080, 8080)))] }],
        };
        NftInterpreter interpreter = new([table]);
        NftPacket first = Packet(), later = Packet();
        first.Connection = new NftConnection();
        later.Connection = new NftConnection { State = NftCtState.Established };
        NftAction nat = Assert.Single(interpreter.Evaluate(first, NftHook.Prerouting).Actions);
        Assert.Equal((NftValue.Address(IPAddress.Parse("10.9.9.9")), (ushort?)8080), (nat.Value, nat.Port));
        Assert.Empty(interpreter.Evaluate(later, NftHook.Prerouting).Actions);
    }

    [Fact]
    public void Base_chains_run_by_priority_and_accept_ends_one_of_them()
    {
        NftTable table = new(NftFamily.Inet, "t")
        {
            Chains =
            [
                new NftChain("late") { Base = new("filter", NftHook.Input, 10), Rules = [NftRule.Of(Act.Counter, Act.Drop)] },
                new NftChain("early") { Base = new("filter", NftHook.Input, -10) { Policy = NftVerdictCode.Drop }, Rules = [NftRule.Of(Act.Accept)] },
                new NftChain("other") { Base = new("filter", NftHook.Forward, -20), Rules = [NftRule.Of(Act.Drop)] },
            ],
        };
        NftEvaluation evaluation = new NftInterpreter([table]).Evaluate(Packet(), NftHook.Input);
        Assert.Equal(NftVerdictCode.Drop, evaluation.Verdict);
        Assert.Equal(["early", "late"], evaluation.Trace.Select(t => t.Chain));
        Assert.True(new NftInterpreter([table with { Flags = NftTableFlags.Dormant }]).Evaluate(Packet(), NftHook.Input).IsAccepted);
    }

    [Fact]
    public void The_trace_names_rule_and_element_that_decided()
    {
        NftTable table = SampleRuleset.Built();
        NftPacket packet = NftPacket.Tcp(IPEndPoint.Parse("10.0.0.1:9"), Server);
        packet.Input = new NftInterface("cali1", 7);
        packet.Connection = new NftConnection { State = NftCtState.Established };
        NftEvaluation evaluation = new NftInterpreter([table]).Evaluate(packet, NftHook.Input);
        NftTraceStep decided = Assert.Single(evaluation.Trace);
        Assert.Equal(("input", 0, NftVerdict.Accept), (decided.Chain, decided.RuleIndex, decided.Verdict));
        Assert.Equal(NftValue.HostOrder(2u), decided.Element!.Value.Key);
    }

    [Fact]
    public void Routes_are_asked_of_the_environment()
    {
        NftRule rpf = NftRule.Of(Field.FibOutputInterface(NftFibFlags.SourceAddress | NftFibFlags.InputInterface).Is(NftValue.HostOrder(0u)), Act.Accept);
        Assert.True(new NftInterpreter([Table(rpf)]).Evaluate(Packet(), NftHook.Input).IsAccepted);
        Assert.False(new NftInterpreter([Table(rpf)], new Routed()).Evaluate(Packet(), NftHook.Input).IsAccepted);
    }

    [Fact]
    public void Options_are_found_and_an_mss_is_only_lowered()
    {
        byte[] data = NftPacket.Ip(6, Client.Address, Server.Address, [0, 1, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x70, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 4, 5, 180]).Data;
        NftRule Clamp(ushort mss) => NftRule.Of(NftStatement.Raw(new ImmediateExpression(NftRegister.R1, NftValue.NetworkOrder(mss)), new ExthdrWriteExpression(NftRegister.R1, NftExtensionHeader.TcpOption, 2, 2, 2)));
        NftRule has = NftRule.Of(NftStatement.Raw(new ExthdrExpression(NftRegister.R1, NftExtensionHeader.TcpOption, 2, 2, 2), new CmpExpression(NftRegister.R1, NftCompare.Equal, NftValue.NetworkOrder((ushort)1400))), Act.Accept);
        Assert.True(new NftInterpreter([Table(Clamp(1400), Clamp(1500), has)]).Evaluate(new NftPacket(data), NftHook.Input).IsAccepted);
        Assert.False(new NftInterpreter([Table(has)]).Evaluate(new NftPacket(data), NftHook.Input).IsAccepted);
    }

    [Fact]
    public void A_write_repairs_the_header_checksum()
    {
        NftPacket packet = NftPacket.Udp(Client, Server);
        new NftInterpreter([Table(NftRule.Of(Act.SetDscp(46)))]).Evaluate(packet, NftHook.Input);
        Assert.Equal(46, packet.Data[1] >> 2);
        Assert.Equal(0, Checksum.Of(packet.Data.AsSpan(0, 20)));
    }

    [Fact]
    public void What_is_not_there_is_named()
    {
        Assert.Contains("no chain 'gone'", Assert.Throws<NftInterpreterException>(() => new NftInterpreter([Table(NftRule.Of(Act.Jump("gone")))])).Message, StringComparison.Ordinal);
        Assert.Contains("no set 'gone'", Assert.Throws<NftInterpreterException>(() => new NftInterpreter([Table(NftRule.Of(Field.Ip.Source.In("gone")))])).Message, StringComparison.Ordinal);
    }

    private static NftPacket Packet() => NftPacket.Tcp(Client, Server);

    private static NftTable Table(params NftRule[] rules) => new(NftFamily.Inet, "t")
    {
        Chains = [new NftChain("in") { Base = new("filter", NftHook.Input, 0) { Policy = NftVerdictCode.Drop }, Rules = rules.ToValueList() }],
    };

    private sealed class Clock : NftEnvironment
    {
        public long Now { get; set; }

        public override long NowNanoseconds => Now;
    }

    private sealed class Routed : NftEnvironment
    {
        public override NftFibAnswer LookUpRoute(NftPacket packet, NftFibFlags flags) => new(new NftInterface("eth0", 3));
    }
}
