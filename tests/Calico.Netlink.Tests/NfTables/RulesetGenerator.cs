using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Random rulesets and packets from small pools of values, so that they meet. All from one seed.</summary>
internal sealed class RulesetGenerator(int seed)
{
    private static readonly NftTableId Table = new(NftFamily.Inet, "random");
    private static readonly string[] Addresses4 = ["10.1.0.1", "10.1.0.2", "10.1.1.1", "10.2.0.1", "192.0.2.7"];
    private static readonly string[] Addresses6 = ["fd01::1", "fd01::2", "fd01:1::1", "fd02::1"];
    private static readonly ushort[] Ports = [1, 53, 80, 81, 443, 8080];

    private readonly Random _random = new(seed);
    private bool _mayUseVerdictMap;

    /// <summary>Chains called in a row, each from the ones before: no loops. After each expression that may break there is a counter.</summary>
    public NftTable Ruleset()
    {
        int chains = _random.Next(1, 5);
        NftChain[] made = new NftChain[chains];
        for (int i = 0; i < chains; i++)
            made[i] = new NftChain($"c{i}") { Rules = Rules(_random.Next(0, 6), [.. Enumerable.Range(i + 1, chains - i - 1).Select(n => $"c{n}")]) };
        string[] targets = [.. made.Select(c => c.Name)];
        _mayUseVerdictMap = true; // from a chain it leads to, it would be a loop
        NftSet[] sets =
        [
            new NftSet("a4", NftType.Ipv4Address) { Elements = Distinct(Some(4, () => new NftElement(Ip4()))) },
            new NftSet("n4", NftType.Ipv4Address) { Flags = NftSetFlags.Interval, Elements = Ranges4() },
            new NftSet("m4", NftType.Ipv4Address) { DataType = NftType.Mark, Elements = [.. Distinct(Some(4, () => new NftElement(Ip4(), Mark()))), .. CatchAll()] },
            new NftSet("v4", NftType.Concat(NftType.Ipv4Address, NftType.InetProto, NftType.InetService)) { DataType = NftType.Verdict, ElementExpressions = [new CounterExpression()], Elements = Distinct(Some(20, () => new NftElement(NftValue.Concat(Ip4(), Protocol(), Port()), Verdict(targets)))) },
            new NftSet("p4", NftType.Concat(NftType.Ipv4Address, NftType.InetService)) { Flags = NftSetFlags.Interval, Elements = [ConcatRange()] },
        ];
        NftBaseChain at = new("filter", NftHook.Output, 0) { Policy = _random.Next(2) == 0 ? NftVerdictCode.Accept : NftVerdictCode.Drop };
        NftBaseChain later = new("filter", NftHook.Output, 10);
        return new NftTable(Table.Family, Table.Name)
        {
            Sets = sets.ToValueList(),
            Chains =
            [
                new NftChain("raw") { Base = new("filter", NftHook.Output, NftPriority.Raw), Rules = [NftRule.Of(Act.Notrack)] },
                new NftChain("base") { Base = at, Rules = OnlyOurs("first") },
                new NftChain("later") { Base = later, Rules = OnlyOurs("second") },
                new NftChain("first") { Rules = Rules(_random.Next(1, 8), targets) },
                new NftChain("second") { Rules = [NftRule.Of(Act.Counter), .. Rules(2, targets)] },
                .. made,
            ],
        };
    }

    public byte[] Packet()
    {
        bool ipv6 = _random.Next(3) == 0;
        IPAddress source = IPAddress.Parse(ipv6 ? Pick(Addresses6) : Pick(Addresses4)), destination = IPAddress.Parse(ipv6 ? Pick(Addresses6) : Pick(Addresses4));
        IPEndPoint from = new(source, Pick(Ports)), to = new(destination, Pick(Ports));
        return (_random.Next(4) switch
        {
            0 => Calico.Netlink.NfTables.Interpreter.NftPacket.Tcp(from, to, (byte)Pick<int>([2, 16, 18, 4])),
            1 => Calico.Netlink.NfTables.Interpreter.NftPacket.Udp(from, to),
            2 => Calico.Netlink.NfTables.Interpreter.NftPacket.Sctp(from, to),
            _ => Calico.Netlink.NfTables.Interpreter.NftPacket.Icmp(source, destination, (byte)(ipv6 ? Pick<int>([128, 1]) : Pick<int>([8, 3])), (byte)Pick([0, 1, 3])),
        }).Data;
    }

    // The kernel's own packets (multicast reports, errors) have no socket with a user.
    private static ValueList<NftRule> OnlyOurs(string chain) =>
        [NftRule.Of(NftStatement.Raw(new MetaExpression(NftRegister.R1, NftMetaKey.SocketUser), new CmpExpression(NftRegister.R1, NftCompare.Equal, NftValue.HostOrder(0u))), Act.Goto(chain)), NftRule.Of(Act.Accept)];

    private ValueList<NftRule> Rules(int count, string[] targets) => Some(count, () => Rule(targets)).ToValueList();

    private NftRule Rule(string[] targets)
    {
        while (true)
        {
            try
            {
                List<NftStatement> statements = [];
                for (int i = _random.Next(0, 4); i > 0; i--) statements.AddRange([Statement(), Act.Counter]);
                if (_random.Next(3) > 0) statements.Add(Act.Verdict(Verdict(targets)));
                if (statements.Count > 0) return NftRule.Of([.. statements]);
            }
            catch (ArgumentException)
            {
                // IPv4 and IPv6, or two transports, in one rule: no such rule.
            }
        }
    }

    private NftStatement Statement() => _random.Next(29) switch
    {
        0 => Match.SourceAddress(IPNetwork.Parse($"10.{_random.Next(1, 3)}.0.0/{Pick([8, 12, 15, 16, 22])}".Replace("10.1.0.0/8", "10.0.0.0/8").Replace("10.2.0.0/8", "10.0.0.0/8").Replace("10.1.0.0/12", "10.0.0.0/12").Replace("10.2.0.0/12", "10.0.0.0/12").Replace("10.1.0.0/15", "10.0.0.0/15"))),
        1 => Match.DestinationAddress(IPAddress.Parse(Pick(Addresses4))),
        2 => Match.SourceAddress(IPNetwork.Parse(Pick(["fd00::/8", "fd01::/16", "fd01::/33", "fd02::1/128"]))),
        3 => Match.Tcp.DestinationPort(Pick(Ports), Pick(Ports)),
        4 => Match.Udp.DestinationPortRange(50, 500),
        5 => Match.Transport.SourcePortRange(2, 80),
        6 => Field.Ip.Source.In("a4"),
        7 => Field.Ip.Destination.NotIn("a4"),
        8 => Field.Ip.Destination.In("n4"),
        9 => Field.Ip.Source.NotIn("n4"),
        10 => Act.SetMark(Field.Ip.Destination.Map("m4", NftType.Mark)),
        11 when _mayUseVerdictMap => NftField.Concat(Field.Ip.Destination, Field.L4Protocol, Field.Transport.Destination).Verdict("v4"),
        12 => NftField.Concat(Field.Ip.Source, Field.Tcp.Destination).In("p4"),
        13 => Match.Mark((uint)_random.Next(4)),
        14 => Match.NotMark((uint)_random.Next(4), 3),
        15 => Act.SetMark((uint)_random.Next(4)),
        16 => Act.SetMark((uint)_random.Next(256) << 8, 0xff00),
        17 => Match.OutputInterface(Pick(["v0", "v*", "eth0"])),
        18 => Match.NotInputInterface("lo"),
        19 => Match.Protocol((byte)Pick([6, 17, 1, 58, 132])),
        20 => Match.Icmp(8, (byte)Pick([0, 1])),
        21 => Match.Icmpv6(128),
        22 => Field.TcpFlags.HasBits(NftValue.Byte(0x12), NftValue.Byte(2)),
        23 => Field.Mark.Between(NftValue.HostOrder(1u), NftValue.HostOrder(0x300u)),
        24 => Act.SetMark(Field.Numgen(NftNumberGenerator.Incremental, 3, 1)),
        25 => NftField.Concat(Field.Mark, Field.L4Protocol).Verdict(new NftElement(NftValue.Concat(Mark(), Protocol()), NftVerdict.Return), new NftElement(NftValue.Concat(NftValue.HostOrder(9u), Protocol()), NftVerdict.Accept)),
        26 => NftStatement.Raw(
            new PayloadExpression(NftRegister.R1, NftPayloadBase.Network, 12, 8),
            new HashExpression(NftRegister.R1, NftHashType.Jenkins, 4, NftRegister.R1, 8, 0x1234),
            new MetaSetExpression(NftMetaKey.Mark, NftRegister.R1)),
        27 => NftStatement.Raw(
            new MetaExpression(NftRegister.R1, NftMetaKey.Mark),
            new ShiftExpression(NftRegister.R1, NftRegister.R1, 4, _random.Next(2) == 0, (uint)_random.Next(1, 9)),
            new MetaSetExpression(NftMetaKey.Mark, NftRegister.R1)),
        _ => Match.CtState(Pick([NftCtState.New, NftCtState.Untracked, NftCtState.New | NftCtState.Invalid | NftCtState.Untracked])),
    };

    private NftVerdict Verdict(string[] targets) => (targets.Length == 0 ? _random.Next(4) : _random.Next(7)) switch
    {
        0 => NftVerdict.Accept,
        1 => NftVerdict.Drop,
        2 => NftVerdict.Return,
        3 => NftVerdict.Continue,
        4 => NftVerdict.Goto(Pick(targets)),
        _ => NftVerdict.Jump(Pick(targets)),
    };

    private ValueList<NftElement> Ranges4()
    {
        List<NftElement> ranges = [];
        foreach (int third in Enumerable.Range(0, 4).Where(_ => _random.Next(2) == 0))
            ranges.Add(NftElement.Range(NftValue.Address(IPAddress.Parse($"10.1.{third}.{_random.Next(0, 2)}")), NftValue.Address(IPAddress.Parse($"10.1.{third}.{_random.Next(2, 255)}"))));
        if (_random.Next(2) == 0) ranges.Add(NftElement.Range(NftValue.Address(IPAddress.Parse("192.0.0.0")), NftValue.Address(IPAddress.Broadcast)));
        return ranges.ToValueList();
    }

    private NftElement ConcatRange() => NftElement.Range(
        NftValue.Concat(NftValue.Address(IPAddress.Parse("10.1.0.0")), NftValue.NetworkOrder((ushort)_random.Next(1, 80))),
        NftValue.Concat(NftValue.Address(IPAddress.Parse("10.1.255.255")), NftValue.NetworkOrder((ushort)_random.Next(80, 9000))));

    private ValueList<NftElement> CatchAll() => _random.Next(2) == 0 ? [] : [NftElement.CatchAll with { Data = Mark() }];

    private NftValue Ip4() => NftValue.Address(IPAddress.Parse(Pick(Addresses4)));

    private NftValue Protocol() => NftValue.Byte((byte)Pick([6, 17, 132]));

    private NftValue Port() => NftValue.NetworkOrder(Pick(Ports));

    private NftValue Mark() => NftValue.HostOrder((uint)_random.Next(4));

    private T Pick<T>(T[] pool) => pool[_random.Next(pool.Length)];

    private static IEnumerable<T> Some<T>(int count, Func<T> make) => [.. Enumerable.Range(0, count).Select(_ => make())];

    private static ValueList<NftElement> Distinct(IEnumerable<NftElement> elements) => elements.DistinctBy(e => e.Key).ToValueList();
}
