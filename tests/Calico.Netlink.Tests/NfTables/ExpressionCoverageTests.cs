using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Interpreter;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Every expression has a meaning in the interpreter, and a case here that says which. What only a kernel knows comes from the user's <see cref="NftEnvironment"/>.</summary>
public sealed class ExpressionCoverageTests
{
    private const NftRegister A = NftRegister.R1, B = NftRegister.R2;
    private static readonly IPAddress Client = IPAddress.Parse("10.0.0.1"), Server = IPAddress.Parse("10.0.0.2");
    private static readonly NftEnvironment Kernel = new Answers();

    /// <summary>Expressions that leave a value in register B.</summary>
    private static readonly Dictionary<string, (NftExpression[] Load, NftValue Value)> Values = new()
    {
        ["payload"] = ([new PayloadExpression(B, NftPayloadBase.Network, 12, 4)], NftValue.Address(Client)),
        ["payload write"] = ([Immediate(NftValue.NetworkOrder((ushort)0x1234)), new PayloadWriteExpression(A, NftPayloadBase.Network, 4, 2, NftChecksumType.Inet, 10, false), new PayloadExpression(B, NftPayloadBase.Network, 4, 2)], NftValue.NetworkOrder((ushort)0x1234)),
        ["meta"] = ([new MetaExpression(B, NftMetaKey.InputInterface)], NftValue.HostOrder(3u)),
        ["meta set"] = ([Immediate(NftValue.HostOrder(9u)), new MetaSetExpression(NftMetaKey.Mark, A), new MetaExpression(B, NftMetaKey.Mark)], NftValue.HostOrder(9u)),
        ["ct state"] = ([new CtExpression(B, NftCtKey.State)], NftValue.HostOrder((uint)NftCtState.New)),
        ["ct mark"] = ([new CtExpression(B, NftCtKey.Mark)], NftValue.HostOrder(5u)),
        ["ct direction"] = ([new CtExpression(B, NftCtKey.Direction)], NftValue.Byte(1)),
        ["ct zone"] = ([new CtExpression(B, NftCtKey.Zone)], NftValue.HostOrder((ushort)7)),
        ["ct label"] = ([new CtExpression(B, NftCtKey.Labels)], new NftValue([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
        ["ct set"] = ([Immediate(NftValue.HostOrder(6u)), new CtSetExpression(NftCtKey.Mark, A), new CtExpression(B, NftCtKey.Mark)], NftValue.HostOrder(6u)),
        ["bitwise"] = ([Immediate(NftValue.NetworkOrder(0xff00ff00)), new BitwiseExpression(A, B, NftValue.NetworkOrder(0xf0f0f0f0), NftValue.NetworkOrder(1u))], NftValue.NetworkOrder(0xf000f001)),
        ["shift left"] = ([Immediate(NftValue.HostOrder(0x81u)), new ShiftExpression(A, B, 4, false, 4)], NftValue.HostOrder(0x810u)),
        ["shift right"] = ([Immediate(NftValue.HostOrder(0x81u)), new ShiftExpression(A, B, 4, true, 4)], NftValue.HostOrder(8u)),
        ["bitwise of registers"] = ([Immediate(NftValue.HostOrder(6u)), new ImmediateExpression(B, NftValue.HostOrder(3u)), new BooleanExpression(3, A, B, 4, B, default)], NftValue.HostOrder(2u)),
        ["byteorder"] = ([Immediate(NftValue.HostOrder(0x01020304u)), new ByteorderExpression(A, B, true, 4, 4)], NftValue.NetworkOrder(0x01020304u)),
        ["immediate"] = ([new ImmediateExpression(B, NftValue.HostOrder(4u))], NftValue.HostOrder(4u)),
        ["map lookup"] = ([new PayloadExpression(A, NftPayloadBase.Network, 12, 4), new LookupExpression("marks", A, B)], NftValue.HostOrder(0x77u)),
        ["fib"] = ([new FibExpression(B, NftFibResult.AddressType, NftFibFlags.DestinationAddress)], NftValue.HostOrder(2u)),
        ["rt"] = ([new RtExpression(B, NftRtKey.TcpMss)], NftValue.HostOrder((ushort)1400)),
        ["socket"] = ([new SocketExpression(B, NftSocketKey.Mark)], NftValue.HostOrder(8u)),
        ["exthdr"] = ([new ExthdrExpression(B, NftExtensionHeader.TcpOption, 2, 2, 2)], NftValue.NetworkOrder((ushort)1460)),
        ["exthdr write"] = ([Immediate(NftValue.NetworkOrder((ushort)1300)), new ExthdrWriteExpression(A, NftExtensionHeader.TcpOption, 2, 2, 2), new ExthdrExpression(B, NftExtensionHeader.TcpOption, 2, 2, 2)], NftValue.NetworkOrder((ushort)1300)),
        ["exthdr reset"] = ([new ExthdrResetExpression(NftExtensionHeader.TcpOption, 2), new ExthdrExpression(B, NftExtensionHeader.TcpOption, 2, 0, 1, Presence: true)], NftValue.Byte(0)),
        ["numgen inc"] = ([new NumgenExpression(B, 10, NftNumberGenerator.Incremental, 100)], NftValue.HostOrder(100u)),
        ["numgen random"] = ([new NumgenExpression(B, 10, NftNumberGenerator.Random)], NftValue.HostOrder(5u)),
        ["jhash"] = ([Immediate(NftValue.HostOrder(1u)), new HashExpression(B, NftHashType.Jenkins, 1, A, 4, 0, 3)], NftValue.HostOrder(3u)),
        ["symhash"] = ([new HashExpression(B, NftHashType.Symmetric, 4, Offset: 1)], NftValue.HostOrder(3u)),
        ["osf"] = ([new OsfExpression(B, 0, 0)], NftValue.HostOrder(11u)),
        ["xfrm"] = ([new XfrmExpression(B, 1, 0, 0)], NftValue.HostOrder(11u)),
        ["tunnel"] = ([new TunnelExpression(B, 1, 0)], NftValue.HostOrder(11u)),
    };

    /// <summary>Expressions that let the rule go on, and their opposites that end it.</summary>
    private static readonly Dictionary<string, (NftExpression GoesOn, NftExpression Ends)> Conditions = new()
    {
        ["cmp"] = (new CmpExpression(A, NftCompare.Less, NftValue.NetworkOrder(6u)), new CmpExpression(A, NftCompare.Less, NftValue.NetworkOrder(5u))),
        ["range"] = (new RangeExpression(A, NftValue.NetworkOrder(5u), NftValue.NetworkOrder(6u)), new RangeExpression(A, NftValue.NetworkOrder(6u), NftValue.NetworkOrder(9u))),
        ["lookup"] = (new LookupExpression("five", A), new LookupExpression("five", A, Inverted: true)),
        ["dynset"] = (new DynsetExpression("seen", NftDynsetOperation.Add, A), new DynsetExpression("seen", NftDynsetOperation.Add, A) { Inverted = true }),
        ["quota"] = (new QuotaExpression(1000), new QuotaExpression(1000, Over: true)),
        ["limit"] = (new LimitExpression(10), new LimitExpression(10, Over: true)),
        ["connlimit"] = (new ConnLimitExpression(1), new ConnLimitExpression(1, Over: true)),
        ["objref"] = (new ObjrefExpression { ObjectType = NftObjectType.Quota, ObjectName = "much" }, new ObjrefExpression { ObjectType = NftObjectType.Quota, ObjectName = "none" }),
        ["counter"] = (new CounterExpression(), new VerdictExpression(NftVerdict.Drop)),
        ["last"] = (new LastExpression(), new VerdictExpression(NftVerdict.Drop)),
    };

    /// <summary>Expressions that decide, or ask for something that is reported as an action.</summary>
    private static readonly Dictionary<string, (NftExpression Act, NftVerdictCode Verdict, bool IsReported)> Acts = new()
    {
        ["verdict"] = (new VerdictExpression(NftVerdict.Accept), NftVerdictCode.Accept, false),
        ["log"] = (new LogExpression { Group = 5 }, NftVerdictCode.Drop, true),
        ["reject"] = (new RejectExpression(NftRejectType.TcpReset, 0), NftVerdictCode.Drop, true),
        ["nat"] = (new NatExpression(true, NftFamily.Ip) { AddressMin = A }, NftVerdictCode.Accept, true),
        ["masq"] = (new MasqueradeExpression(), NftVerdictCode.Accept, true),
        ["redir"] = (new RedirectExpression(), NftVerdictCode.Accept, true),
        ["tproxy"] = (new TproxyExpression(2), NftVerdictCode.Drop, true),
        ["queue"] = (new QueueExpression(), NftVerdictCode.Queue, true),
        ["fwd"] = (new ForwardExpression(A), NftVerdictCode.Stolen, true),
        ["dup"] = (new DupExpression(null, A), NftVerdictCode.Drop, true),
        ["synproxy"] = (new SynproxyExpression(1460, 7, 0), NftVerdictCode.Stolen, true),
        ["flow add"] = (new FlowOffloadExpression("fast"), NftVerdictCode.Drop, true),
    };

    public static TheoryData<string> ValueNames => [.. Values.Keys];

    public static TheoryData<string> ConditionNames => [.. Conditions.Keys];

    public static TheoryData<string> ActNames => [.. Acts.Keys];

    [Theory]
    [MemberData(nameof(ValueNames))]
    public void It_loads_this_value(string name)
    {
        (NftExpression[] load, NftValue value) = Values[name];
        byte[] other = value.ToArray();
        other[0] ^= 1;
        Assert.True(Evaluate([.. load, new CmpExpression(B, NftCompare.Equal, value), new VerdictExpression(NftVerdict.Accept)]).IsAccepted);
        Assert.False(Evaluate([.. load, new CmpExpression(B, NftCompare.Equal, new NftValue(other)), new VerdictExpression(NftVerdict.Accept)]).IsAccepted);
    }

    [Theory]
    [MemberData(nameof(ConditionNames))]
    public void It_goes_on_or_ends_the_rule(string name)
    {
        bool Passes(NftExpression condition) => Evaluate([Immediate(NftValue.NetworkOrder(5u)), condition, new VerdictExpression(NftVerdict.Accept)]).IsAccepted;
        Assert.True(Passes(Conditions[name].GoesOn));
        Assert.False(Passes(Conditions[name].Ends));
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void It_decides_or_is_reported(string name)
    {
        (NftExpression act, NftVerdictCode verdict, bool isReported) = Acts[name];
        NftEvaluation evaluation = Evaluate([Immediate(NftValue.Address(Server)), act]);
        Assert.Equal(verdict, evaluation.Verdict);
        Assert.Equal(isReported ? [act] : [], evaluation.Actions.Select(a => a.Expression));
    }

    [Fact]
    public void Notrack_keeps_a_packet_without_connection_out_of_conntrack()
    {
        NftPacket packet = Packet(connection: null);
        Evaluate([new NotrackExpression()], packet);
        Assert.True(packet.IsUntracked);
    }

    [Fact]
    public void Nothing_is_guessed_of_an_expression_that_is_not_known() =>
        Assert.Contains("'new-thing'", Assert.Throws<NftInterpreterException>(() => Evaluate([new RawExpression("new-thing", default)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_expression_has_a_case()
    {
        HashSet<Type> covered = [typeof(NotrackExpression), typeof(RawExpression)];
        covered.UnionWith(Values.Values.SelectMany(c => c.Load).Concat(Conditions.Values.Select(c => c.GoesOn)).Concat(Acts.Values.Select(c => c.Act)).Select(e => e.GetType()));
        Assert.Empty(typeof(NftExpression).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(NftExpression)) && !t.IsAbstract).Except(covered));
    }

    private static ImmediateExpression Immediate(NftValue value) => new(A, value);

    private static NftPacket Packet(NftConnection? connection) => new(NftPacket.Ip(6, Client, Server, [0, 1, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 2, 0, 0, 0, 0, 0, 0, 2, 4, 5, 180]).Data)
    {
        Input = new NftInterface("eth0", 3),
        Connection = connection,
    };

    private static NftEvaluation Evaluate(NftExpression[] rule, NftPacket? packet = null)
    {
        NftTable table = new(NftFamily.Inet, "t")
        {
            Chains = [new NftChain("c") { Base = new("filter", NftHook.Input, 0) { Policy = NftVerdictCode.Drop }, Rules = new[] { NftRule.Of(NftStatement.Raw(rule)) }.ToValueList() }],
            Sets =
            [
                new NftSet("marks", NftType.Ipv4Address) { DataType = NftType.Mark, Elements = [new(NftValue.Address(Client)) { Data = NftValue.HostOrder(0x77u) }] },
                new NftSet("five", NftType.Ipv4Address) { Elements = [new(NftValue.NetworkOrder(5u))] },
                new NftSet("seen", NftType.Ipv4Address) { Flags = NftSetFlags.Dynamic, Size = 8 },
            ],
            Objects = [new NftObject("much", new NftStatefulObject(new QuotaExpression(1000))), new NftObject("none", new NftStatefulObject(new QuotaExpression(1)))],
        };
        packet ??= Packet(new NftConnection { Mark = 5, Direction = NftCtDirection.Reply, Zone = 7, Labels = 2 });
        return new NftInterpreter([table], Kernel).Evaluate(packet, NftHook.Input);
    }

    private sealed class Answers : NftEnvironment
    {
        public override uint NextRandom() => 0x8000_0000;

        public override NftFibAnswer? LookUpRoute(NftPacket packet, NftFibFlags flags) => new(new NftInterface("lo", 1), AddressType: 2);

        public override NftValue? Route(NftPacket packet, NftRtKey key) => NftValue.HostOrder((ushort)1400);

        public override NftValue? Socket(NftPacket packet, NftSocketKey key, uint level) => NftValue.HostOrder(8u);

        public override bool TransparentProxy(NftPacket packet, NftValue address, ushort port) => true;

        public override uint SymmetricHash(NftPacket packet) => 0x8000_0000;

        public override NftValue? Other(NftPacket packet, NftExpression expression) => NftValue.HostOrder(11u);
    }
}
