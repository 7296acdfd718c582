using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>Puts a rule's expressions together and knows what the packet is already known to be.</summary>
internal sealed class RuleCompiler(NftFamily family)
{
    private const byte Ipv4 = 2, Ipv6 = 10; // NFPROTO_IPV4, NFPROTO_IPV6

    private readonly List<NftExpression> _expressions = [];
    private byte? _network = family switch { NftFamily.Ip => Ipv4, NftFamily.Ip6 => Ipv6, _ => null };
    private byte? _transport;

    public NftFamily Family { get; } = family;

    public ValueList<NftExpression> Expressions => _expressions.ToValueList();

    /// <summary>The network family the packet is known to be of, or null.</summary>
    public byte? Network => _network;

    public void Emit(NftExpression expression) => _expressions.Add(expression);

    public void RequireIpv4(string what) => RequireNetwork(Ipv4, what);

    public void RequireIpv6(string what) => RequireNetwork(Ipv6, what);

    public void RequireTransport(byte protocol, string what)
    {
        if (_transport == protocol) return;
        if (_transport is { } other) throw new ArgumentException($"{what} needs protocol {protocol}, but the rule is for protocol {other} already.");
        _transport = protocol;
        Emit(new MetaExpression(NftRegister.R1, NftMetaKey.L4Protocol));
        Emit(new CmpExpression(NftRegister.R1, NftCompare.Equal, NftValue.Byte(protocol)));
    }

    /// <summary>A match of the rule's own says what the packet is: guards need not say it again.</summary>
    public void Learn(NftField field, in NftValue value)
    {
        if (field.Learned == LearnedProtocol.Transport && value.Length == 1) _transport ??= value.Span[0];
        else if (field.Learned == LearnedProtocol.Network && value.Length == 1) _network ??= value.Span[0];
    }

    private void RequireNetwork(byte nfproto, string what)
    {
        if (_network == nfproto) return;
        if (_network is { } other) throw new ArgumentException($"{what} is of {Name(nfproto)}, but the rule is for {Name(other)} already.");
        _network = nfproto;
        switch (Family)
        {
            case NftFamily.Inet:
                Emit(new MetaExpression(NftRegister.R1, NftMetaKey.NfProto));
                Emit(new CmpExpression(NftRegister.R1, NftCompare.Equal, NftValue.Byte(nfproto)));
                break;
            case NftFamily.Bridge or NftFamily.Netdev:
                Emit(new MetaExpression(NftRegister.R1, NftMetaKey.Protocol));
                Emit(new CmpExpression(NftRegister.R1, NftCompare.Equal, NftValue.NetworkOrder((ushort)(nfproto == Ipv4 ? 0x0800 : 0x86dd))));
                break;
            default:
                throw new ArgumentException($"{what} is of {Name(nfproto)}; a rule of family {Family.ToString().ToLowerInvariant()} sees none.");
        }
    }

    private static string Name(byte nfproto) => nfproto == Ipv4 ? "IPv4" : nfproto == Ipv6 ? "IPv6" : $"NFPROTO {nfproto}";
}

internal enum LearnedProtocol
{
    Nothing,
    Network,
    Transport,
}
