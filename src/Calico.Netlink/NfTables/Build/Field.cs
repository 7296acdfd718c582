using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>What of a packet can be matched, looked up or assigned, named as in nft.</summary>
public static class Field
{
    /// <summary>IPv4 header.</summary>
    public static Ipv4Fields Ip { get; } = new();

    /// <summary>IPv6 header.</summary>
    public static Ipv6Fields Ip6 { get; } = new();

    /// <summary>Ports of TCP.</summary>
    public static PortFields Tcp { get; } = new(6, "tcp");

    /// <summary>Ports of UDP.</summary>
    public static PortFields Udp { get; } = new(17, "udp");

    /// <summary>Ports of UDP-Lite.</summary>
    public static PortFields UdpLite { get; } = new(136, "udplite");

    /// <summary>Ports of SCTP.</summary>
    public static PortFields Sctp { get; } = new(132, "sctp");

    /// <summary>Ports of DCCP.</summary>
    public static PortFields Dccp { get; } = new(33, "dccp");

    /// <summary>Ports of whichever transport it is, without a guard: <c>th sport</c>, <c>th dport</c>.</summary>
    public static PortFields Transport { get; } = new(null, "th");

    /// <summary>ICMP header.</summary>
    public static IcmpFields Icmp { get; } = new(1);

    /// <summary>ICMPv6 header.</summary>
    public static IcmpFields Icmpv6 { get; } = new(58);

    /// <summary>Ethernet header.</summary>
    public static EtherFields Ether { get; } = new();

    /// <summary><c>tcp flags</c>, 1 byte.</summary>
    public static NftField TcpFlags { get; } = new PayloadField(NftType.TcpFlag, "tcp flags", NftPayloadBase.Transport, 13, (c, w) => c.RequireTransport(6, w));

    /// <summary><c>meta nfproto</c>: 2 IPv4, 10 IPv6.</summary>
    public static NftField NfProto { get; } = new MetaField(NftType.NfProto, NftMetaKey.NfProto);

    /// <summary><c>meta l4proto</c>, the transport protocol.</summary>
    public static NftField L4Protocol { get; } = new MetaField(NftType.InetProto, NftMetaKey.L4Protocol);

    /// <summary><c>meta protocol</c>, the EtherType.</summary>
    public static NftField EtherType { get; } = new MetaField(NftType.EtherType, NftMetaKey.Protocol);

    /// <summary><c>meta mark</c>.</summary>
    public static NftField Mark { get; } = new MetaField(NftType.Mark, NftMetaKey.Mark);

    /// <summary><c>iifname</c>.</summary>
    public static NftField InputInterface { get; } = new MetaField(NftType.InterfaceName, NftMetaKey.InputInterfaceName);

    /// <summary><c>oifname</c>.</summary>
    public static NftField OutputInterface { get; } = new MetaField(NftType.InterfaceName, NftMetaKey.OutputInterfaceName);

    /// <summary><c>iif</c>, the index.</summary>
    public static NftField InputInterfaceIndex { get; } = new MetaField(NftType.InterfaceIndex, NftMetaKey.InputInterface);

    /// <summary><c>oif</c>, the index.</summary>
    public static NftField OutputInterfaceIndex { get; } = new MetaField(NftType.InterfaceIndex, NftMetaKey.OutputInterface);

    /// <summary><c>meta pkttype</c>: 0 host, 1 broadcast, 2 multicast, 3 other.</summary>
    public static NftField PacketType { get; } = new MetaField(NftType.PacketType, NftMetaKey.PacketType);

    /// <summary><c>ct state</c>, see <see cref="NftCtState"/>.</summary>
    public static NftField CtState { get; } = new CtField(NftType.CtState, NftCtKey.State, null);

    /// <summary><c>ct mark</c>.</summary>
    public static NftField CtMark { get; } = new CtField(NftType.Mark, NftCtKey.Mark, null);

    /// <summary><c>ct status</c>, IPS_* bits.</summary>
    public static NftField CtStatus { get; } = new CtField(NftType.CtStatus, NftCtKey.Status, null);

    /// <summary><c>ct direction</c>.</summary>
    public static NftField CtDirection { get; } = new CtField(NftType.CtDirection, NftCtKey.Direction, null);

    /// <summary><c>ct original ip saddr</c> and the like.</summary>
    /// <param name="direction">Which direction's.</param>
    /// <param name="destination">The destination instead of the source.</param>
    /// <param name="ipv6">IPv6 instead of IPv4.</param>
    /// <returns>The field.</returns>
    public static NftField CtAddress(NftCtDirection direction, bool destination, bool ipv6 = false) => new CtField(
        ipv6 ? NftType.Ipv6Address : NftType.Ipv4Address,
        (destination, ipv6) switch
        {
            (false, false) => NftCtKey.SourceIp,
            (true, false) => NftCtKey.DestinationIp,
            (false, true) => NftCtKey.SourceIp6,
            (true, true) => NftCtKey.DestinationIp6,
        },
        direction);

    /// <summary><c>ct original proto-dst</c> and the like.</summary>
    /// <param name="direction">Which direction's.</param>
    /// <param name="destination">The destination port instead of the source port.</param>
    /// <returns>The field.</returns>
    public static NftField CtPort(NftCtDirection direction, bool destination) =>
        new CtField(NftType.InetService, destination ? NftCtKey.ProtocolDestination : NftCtKey.ProtocolSource, direction);

    /// <summary><c>fib saddr . iif oif</c> and the like: the index of the interface a route for the packet's address goes out by, 0 without one.</summary>
    /// <param name="with">What is asked with.</param>
    /// <returns>The field.</returns>
    public static NftField FibOutputInterface(NftFibFlags with) =>
        new ExpressionField(NftType.InterfaceIndex, r => new FibExpression(r, NftFibResult.OutputInterface, with));

    /// <summary><c>fib daddr type</c> and the like: the type of the route for the packet's address (RTN_*: 1 unicast, 2 local, 3 broadcast…).</summary>
    /// <param name="with">What is asked with.</param>
    /// <returns>The field.</returns>
    public static NftField FibAddressType(NftFibFlags with) =>
        new ExpressionField(NftType.FibAddressType, r => new FibExpression(r, NftFibResult.AddressType, with));

    /// <summary>A constant, to be assigned.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="value">The value.</param>
    /// <returns>The field.</returns>
    public static NftField Constant(NftType type, NftValue value) => new ExpressionField(type, r => new ImmediateExpression(r, value));

    /// <summary><c>numgen</c>: a number from 0 to a modulus less one, plus an offset.</summary>
    /// <param name="generator">How.</param>
    /// <param name="modulus">The modulus.</param>
    /// <param name="offset">The offset.</param>
    /// <returns>The field, of type mark.</returns>
    public static NftField Numgen(NftNumberGenerator generator, uint modulus, uint offset = 0) =>
        new ExpressionField(NftType.Mark, r => new NumgenExpression(r, modulus, generator, offset));
}

/// <summary>Fields of the IPv4 header.</summary>
public sealed class Ipv4Fields
{
    internal Ipv4Fields()
    {
    }

    /// <summary><c>ip saddr</c></summary>
    public NftField Source { get; } = Of(NftType.Ipv4Address, "ip saddr", 12);

    /// <summary><c>ip daddr</c></summary>
    public NftField Destination { get; } = Of(NftType.Ipv4Address, "ip daddr", 16);

    /// <summary><c>ip protocol</c></summary>
    public NftField Protocol { get; } = Of(NftType.InetProto, "ip protocol", 9);

    private static PayloadField Of(NftType type, string name, uint offset) => new(type, name, NftPayloadBase.Network, offset, (c, w) => c.RequireIpv4(w));
}

/// <summary>Fields of the IPv6 header.</summary>
public sealed class Ipv6Fields
{
    internal Ipv6Fields()
    {
    }

    /// <summary><c>ip6 saddr</c></summary>
    public NftField Source { get; } = Of(NftType.Ipv6Address, "ip6 saddr", 8);

    /// <summary><c>ip6 daddr</c></summary>
    public NftField Destination { get; } = Of(NftType.Ipv6Address, "ip6 daddr", 24);

    /// <summary><c>ip6 nexthdr</c></summary>
    public NftField NextHeader { get; } = Of(NftType.InetProto, "ip6 nexthdr", 6);

    private static PayloadField Of(NftType type, string name, uint offset) => new(type, name, NftPayloadBase.Network, offset, (c, w) => c.RequireIpv6(w));
}

/// <summary>Ports of a transport protocol.</summary>
public sealed class PortFields
{
    internal PortFields(byte? protocol, string name)
    {
        Action<RuleCompiler, string>? guard = protocol is { } number ? (c, w) => c.RequireTransport(number, w) : null;
        Source = new PayloadField(NftType.InetService, name + " sport", NftPayloadBase.Transport, 0, guard);
        Destination = new PayloadField(NftType.InetService, name + " dport", NftPayloadBase.Transport, 2, guard);
    }

    /// <summary><c>sport</c></summary>
    public NftField Source { get; }

    /// <summary><c>dport</c></summary>
    public NftField Destination { get; }
}

/// <summary>Fields of the ICMP or ICMPv6 header.</summary>
public sealed class IcmpFields
{
    internal IcmpFields(byte protocol)
    {
        bool v6 = protocol == 58;
        void Guard(RuleCompiler c, string what)
        {
            if (v6) c.RequireIpv6(what);
            else c.RequireIpv4(what);
            c.RequireTransport(protocol, what);
        }

        string name = v6 ? "icmpv6" : "icmp";
        Type = new PayloadField(v6 ? NftType.Icmpv6Type : NftType.IcmpType, name + " type", NftPayloadBase.Transport, 0, Guard);
        Code = new PayloadField(v6 ? NftType.Icmpv6Code : NftType.IcmpCode, name + " code", NftPayloadBase.Transport, 1, Guard);
    }

    /// <summary><c>type</c></summary>
    public NftField Type { get; }

    /// <summary><c>code</c></summary>
    public NftField Code { get; }
}

/// <summary>Fields of the Ethernet header.</summary>
public sealed class EtherFields
{
    internal EtherFields()
    {
    }

    /// <summary><c>ether saddr</c></summary>
    public NftField Source { get; } = new PayloadField(NftType.EtherAddress, "ether saddr", NftPayloadBase.LinkLayer, 6, null);

    /// <summary><c>ether daddr</c></summary>
    public NftField Destination { get; } = new PayloadField(NftType.EtherAddress, "ether daddr", NftPayloadBase.LinkLayer, 0, null);
}
