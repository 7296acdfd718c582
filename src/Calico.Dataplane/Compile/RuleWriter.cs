using System.Text;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

/// <summary>Writes one kernel rule, expression by expression, as nft itself would, so that <c>nft list ruleset</c> reads well.</summary>
/// <remarks>Remembers family and protocol once tested: a second term that needs them does not test again.</remarks>
internal sealed class RuleWriter
{
    public const uint CtInvalid = 1, CtEstablished = 2, CtRelated = 4, CtUntracked = 64;
    private const uint StatusDestinationNat = 1 << 5; // IPS_DST_NAT, linux/netfilter/nf_conntrack_common.h
    private const byte NfProtoIpv4 = 2, NfProtoIpv6 = 10;
    private static readonly NftRegister R = NftRegister.R1;
    private readonly List<NftExpression> _expressions = [];
    private bool? _v6;
    private bool _protocolKnown;

    public NftRule Build(string? comment) => new(_expressions.ToValueList()) { Comment = Fit(comment) };

    /// <summary>Another rule that begins with what this one has so far.</summary>
    public RuleWriter Copy()
    {
        RuleWriter copy = new() { _v6 = _v6, _protocolKnown = _protocolKnown };
        copy._expressions.AddRange(_expressions);
        return copy;
    }

    public RuleWriter Family(bool v6)
    {
        if (_v6 == v6) return this;
        _v6 = v6;
        return Load(new MetaExpression(R, NftMetaKey.NfProto)).Equal(NftValue.Byte(v6 ? NfProtoIpv6 : NfProtoIpv4));
    }

    public RuleWriter Protocol(byte protocol, bool negated = false)
    {
        _protocolKnown |= !negated;
        return Load(new MetaExpression(R, NftMetaKey.L4Protocol)).Compare(NftValue.Byte(protocol), negated);
    }

    public RuleWriter HasPorts(bool negated)
    {
        if (!negated && _protocolKnown) return this;
        return Load(new MetaExpression(R, NftMetaKey.L4Protocol)).InAnonymous(NftType.InetProto, Values([6, 17, 132, 136], b => NftValue.Byte((byte)b)), interval: false, negated);
    }

    public RuleWriter Nets(Side side, EquatableArray<IpPrefix> nets, bool negated)
    {
        bool v6 = nets[0].IsIPv6;
        Address(side, v6);
        if (nets.Count == 1) return Prefix(nets[0], negated);
        bool interval = nets.Any(n => !n.IsHost);
        return InAnonymous(AddressType(v6), nets.Select(Element).ToValueList(), interval, negated);
    }

    public RuleWriter AddressInSet(Side side, bool v6, string set, bool negated = false)
    {
        Address(side, v6);
        return Add(new LookupExpression(set, R, Inverted: negated));
    }

    public RuleWriter AddressAndPortInSet(Side side, bool v6, string set, bool negated = false)
    {
        Family(v6);
        int word = v6 ? 4 : 1;
        Add(AddressLoad(R, side, v6));
        Add(new MetaExpression(NftRegisters.FromWord(word), NftMetaKey.L4Protocol));
        Add(PortLoad(NftRegisters.FromWord(word + 1), side));
        return Add(new LookupExpression(set, R, Inverted: negated));
    }

    public RuleWriter InterfaceAndAddressInSet(bool v6, string set, bool negated = false)
    {
        Family(v6);
        Add(new MetaExpression(R, NftMetaKey.InputInterfaceName));
        Add(AddressLoad(NftRegister.R2, Side.Source, v6));
        return Add(new LookupExpression(set, R, Inverted: negated));
    }

    public RuleWriter Ports(Side side, EquatableArray<PortRange> ports, bool negated = false)
    {
        Load(PortLoad(R, side));
        if (ports.Count > 1)
        {
            bool interval = ports.Any(p => p.First != p.Last);
            return InAnonymous(NftType.InetService, ports.Select(p => NftElement.Range(Port(p.First), Port(p.Last))).ToValueList(), interval, negated);
        }

        PortRange range = ports[0];
        if (range.First == range.Last) return Compare(Port(range.First), negated);
        return negated
            ? Add(new RangeExpression(R, Port(range.First), Port(range.Last), Outside: true))
            : Add(new CmpExpression(R, NftCompare.GreaterOrEqual, Port(range.First))).Add(new CmpExpression(R, NftCompare.LessOrEqual, Port(range.Last)));
    }

    public RuleWriter Icmp(bool isCode, byte value, bool negated) =>
        Load(new PayloadExpression(R, NftPayloadBase.Transport, isCode ? 1u : 0u, 1)).Compare(NftValue.Byte(value), negated);

    public RuleWriter IcmpTypes(bool v6, params int[] types)
    {
        Family(v6).Protocol(v6 ? (byte)58 : (byte)1);
        return Load(new PayloadExpression(R, NftPayloadBase.Transport, 0, 1)).InAnonymous(v6 ? NftType.Icmpv6Type : NftType.IcmpType, Values(types, t => NftValue.Byte((byte)t)), interval: false, negated: false);
    }

    /// <param name="pattern">A name, or its beginning followed by <c>*</c>.</param>
    /// <param name="output">The outgoing interface instead of the incoming one.</param>
    /// <param name="negated">Any other interface.</param>
    public RuleWriter Interface(string pattern, bool output = false, bool negated = false)
    {
        Load(new MetaExpression(R, output ? NftMetaKey.OutputInterfaceName : NftMetaKey.InputInterfaceName));
        return Compare(pattern.EndsWith('*') ? new NftValue(Encoding.UTF8.GetBytes(pattern[..^1])) : NftValue.InterfaceName(pattern), negated);
    }

    public RuleWriter NoInputInterface() => Load(new MetaExpression(R, NftMetaKey.InputInterface)).Equal(NftValue.HostOrder(0u));

    public RuleWriter InterfaceVerdict(string map, bool output = false)
    {
        Load(new MetaExpression(R, output ? NftMetaKey.OutputInterfaceName : NftMetaKey.InputInterfaceName));
        return Add(new LookupExpression(map, R, NftRegister.Verdict));
    }

    public RuleWriter InterfaceInSet(string set, bool output = false)
    {
        Load(new MetaExpression(R, output ? NftMetaKey.OutputInterfaceName : NftMetaKey.InputInterfaceName));
        return Add(new LookupExpression(set, R));
    }

    /// <summary>Marks the packet with what a map has for the address; on a miss the rule ends.</summary>
    public RuleWriter MarkFromAddress(Side side, bool v6, string map) => Address(side, v6).Add(new LookupExpression(map, R, R)).Add(new MetaSetExpression(NftMetaKey.Mark, R));

    public RuleWriter AnyMark() => Load(new MetaExpression(R, NftMetaKey.Mark)).Compare(NftValue.HostOrder(0u), negated: true);

    public RuleWriter NoMarkYet() => Load(new MetaExpression(R, NftMetaKey.Mark)).Equal(NftValue.HostOrder(0u));

    public RuleWriter NoMarkLeft() => Add(new ImmediateExpression(R, NftValue.HostOrder(0u))).Add(new MetaSetExpression(NftMetaKey.Mark, R));

    public RuleWriter MarkVerdict(string map) => Load(new MetaExpression(R, NftMetaKey.Mark)).Add(new LookupExpression(map, R, NftRegister.Verdict));

    public RuleWriter ProtocolAndPortVerdict(string map)
    {
        Add(new MetaExpression(R, NftMetaKey.L4Protocol)).Add(PortLoad(NftRegisters.FromWord(1), Side.Destination));
        return Add(new LookupExpression(map, R, NftRegister.Verdict));
    }

    public RuleWriter PortVerdict(string map) => Load(PortLoad(R, Side.Destination)).Add(new LookupExpression(map, R, NftRegister.Verdict));

    public RuleWriter ProtocolVerdict(string map) => Load(new MetaExpression(R, NftMetaKey.L4Protocol)).Add(new LookupExpression(map, R, NftRegister.Verdict));

    public RuleWriter ConnectionState(uint bits) => AnyBit(new CtExpression(R, NftCtKey.State), bits);

    public RuleWriter DestinationNatted() => AnyBit(new CtExpression(R, NftCtKey.Status), StatusDestinationNat);

    public RuleWriter Mark(uint bit) => AnyBit(new MetaExpression(R, NftMetaKey.Mark), bit);

    public RuleWriter NoMark(uint bit)
    {
        Load(new MetaExpression(R, NftMetaKey.Mark)).Add(new BitwiseExpression(R, R, NftValue.HostOrder(bit), NftValue.HostOrder(0u)));
        return Equal(NftValue.HostOrder(0u));
    }

    public RuleWriter SetMark(uint bit) => WriteMark(~bit, bit);

    public RuleWriter ClearMark(uint bit) => WriteMark(~bit, 0);

    public RuleWriter Count() => Add(new CounterExpression());

    public RuleWriter Verdict(NftVerdict verdict) => Add(new VerdictExpression(verdict));

    public RuleWriter Accept() => Verdict(NftVerdict.Accept);

    public RuleWriter Add(NftExpression expression)
    {
        _expressions.Add(expression);
        return this;
    }

    public RuleWriter Address(Side side, bool v6)
    {
        Family(v6);
        return Load(AddressLoad(R, side, v6));
    }

    public RuleWriter InAnonymous(NftType type, ValueList<NftElement> elements, bool interval, bool negated)
    {
        NftSet set = new("__set%d", type)
        {
            Flags = NftSetFlags.Anonymous | NftSetFlags.Constant | (interval ? NftSetFlags.Interval : 0),
            Elements = elements.OrderBy(e => e.Key).ToValueList(),
            Size = (uint)(interval ? elements.Count * 2 : elements.Count), // the kernel keeps both ends of a range
            UserData = new NftUserData([0, 4, (byte)type.ByteOrder, 0, 0, 0]), // as nft notes it and the kernel gives it back
        };
        return Add(new LookupExpression(set.Name, R, Inverted: negated) { Anonymous = set });
    }

    public static NftType AddressType(bool v6) => v6 ? NftType.Ipv6Address : NftType.Ipv4Address;

    public static NftElement Element(IpPrefix prefix) =>
        prefix.IsHost ? new NftElement(Value(prefix)) : NftElement.Range(Value(prefix), Value(prefix.LastAddress));

    public static NftValue Value(in IpPrefix address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return new NftValue(bytes[..address.WriteNetworkOrder(bytes)]);
    }

    public static NftValue Port(ushort port) => NftValue.NetworkOrder(port);

    private static PayloadExpression AddressLoad(NftRegister register, Side side, bool v6) => (side, v6) switch
    {
        (Side.Source, false) => new(register, NftPayloadBase.Network, 12, 4),
        (Side.Destination, false) => new(register, NftPayloadBase.Network, 16, 4),
        (Side.Source, true) => new(register, NftPayloadBase.Network, 8, 16),
        _ => new(register, NftPayloadBase.Network, 24, 16),
    };

    private static PayloadExpression PortLoad(NftRegister register, Side side) => new(register, NftPayloadBase.Transport, side == Side.Source ? 0u : 2u, 2);

    private static ValueList<NftElement> Values(int[] numbers, Func<int, NftValue> value) => numbers.Select(n => new NftElement(value(n))).ToValueList();

    private RuleWriter Prefix(in IpPrefix prefix, bool negated)
    {
        if (!prefix.IsHost && prefix.Length > 0)
        {
            NftValue mask = Value(IpPrefix.FromBits(UInt128.MaxValue, prefix.Length, prefix.IsIPv6));
            Add(new BitwiseExpression(R, R, mask, new NftValue(new byte[mask.Length])));
        }

        return Compare(Value(prefix), negated);
    }

    private RuleWriter AnyBit(NftExpression load, uint bits)
    {
        Load(load).Add(new BitwiseExpression(R, R, NftValue.HostOrder(bits), NftValue.HostOrder(0u)));
        return Compare(NftValue.HostOrder(0u), negated: true);
    }

    private RuleWriter WriteMark(uint mask, uint xor)
    {
        Load(new MetaExpression(R, NftMetaKey.Mark)).Add(new BitwiseExpression(R, R, NftValue.HostOrder(mask), NftValue.HostOrder(xor)));
        return Add(new MetaSetExpression(NftMetaKey.Mark, R));
    }

    private RuleWriter Load(NftExpression expression) => Add(expression);

    private RuleWriter Equal(NftValue value) => Compare(value, negated: false);

    private RuleWriter Compare(NftValue value, bool negated) => Add(new CmpExpression(R, negated ? NftCompare.NotEqual : NftCompare.Equal, value));

    // A comment is one user data entry: 255 bytes with its type, length and final zero.
    private static string? Fit(string? comment)
    {
        const int most = 250;
        if (comment is null || Encoding.UTF8.GetByteCount(comment) <= most) return comment;
        string kept = comment[..Math.Min(comment.Length, 200)];
        while (Encoding.UTF8.GetByteCount(kept) > 200) kept = kept[..^1];
        return $"{kept}…{Hash.Short(comment)}";
    }
}
