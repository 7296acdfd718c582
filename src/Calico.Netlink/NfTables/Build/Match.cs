using System.Net;
using System.Net.Sockets;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>Conntrack states, as bits of <c>ct state</c> (NF_CT_STATE_BIT).</summary>
[Flags]
public enum NftCtState : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Not understood.</summary>
    Invalid = 1,

    /// <summary>Of a connection seen both ways.</summary>
    Established = 2,

    /// <summary>Of a connection another one announced.</summary>
    Related = 4,

    /// <summary>The first of a connection.</summary>
    New = 8,

    /// <summary>Kept out of conntrack.</summary>
    Untracked = 64,
}

/// <summary>The matches rules are mostly made of; <see cref="Field"/> has the rest.</summary>
public static class Match
{
    /// <summary>TCP ports.</summary>
    public static PortMatches Tcp { get; } = new(Field.Tcp);

    /// <summary>UDP ports.</summary>
    public static PortMatches Udp { get; } = new(Field.Udp);

    /// <summary>UDP-Lite ports.</summary>
    public static PortMatches UdpLite { get; } = new(Field.UdpLite);

    /// <summary>SCTP ports.</summary>
    public static PortMatches Sctp { get; } = new(Field.Sctp);

    /// <summary>Ports of whichever transport it is, without a guard.</summary>
    public static PortMatches Transport { get; } = new(Field.Transport);

    /// <summary><c>ip saddr</c> or <c>ip6 saddr</c>, whichever the prefix is of.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <returns>The match.</returns>
    public static NftStatement SourceAddress(IPNetwork prefix) => PrefixMatch.Of(Source(prefix.BaseAddress), prefix, inverted: false);

    /// <summary><c>ip saddr !=</c> or <c>ip6 saddr !=</c>; the other family does not match.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotSourceAddress(IPNetwork prefix) => PrefixMatch.Of(Source(prefix.BaseAddress), prefix, inverted: true);

    /// <summary><c>ip daddr</c> or <c>ip6 daddr</c>, whichever the prefix is of.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <returns>The match.</returns>
    public static NftStatement DestinationAddress(IPNetwork prefix) => PrefixMatch.Of(Destination(prefix.BaseAddress), prefix, inverted: false);

    /// <summary><c>ip daddr !=</c> or <c>ip6 daddr !=</c>; the other family does not match.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotDestinationAddress(IPNetwork prefix) => PrefixMatch.Of(Destination(prefix.BaseAddress), prefix, inverted: true);

    /// <summary><c>ip saddr</c> or <c>ip6 saddr</c> of one address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The match.</returns>
    public static NftStatement SourceAddress(IPAddress address) => Source(address).Is(NftValue.Address(address));

    /// <summary><c>ip daddr</c> or <c>ip6 daddr</c> of one address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The match.</returns>
    public static NftStatement DestinationAddress(IPAddress address) => Destination(address).Is(NftValue.Address(address));

    /// <summary><c>iifname</c>.</summary>
    /// <param name="name">The name; a final <c>*</c> matches every name that begins so.</param>
    /// <returns>The match.</returns>
    public static NftStatement InputInterface(string name) => InterfaceMatch(Field.InputInterface, name, NftCompare.Equal);

    /// <summary><c>iifname !=</c>.</summary>
    /// <param name="name">The name; a final <c>*</c> matches every name that begins so.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotInputInterface(string name) => InterfaceMatch(Field.InputInterface, name, NftCompare.NotEqual);

    /// <summary><c>oifname</c>.</summary>
    /// <param name="name">The name; a final <c>*</c> matches every name that begins so.</param>
    /// <returns>The match.</returns>
    public static NftStatement OutputInterface(string name) => InterfaceMatch(Field.OutputInterface, name, NftCompare.Equal);

    /// <summary><c>oifname !=</c>.</summary>
    /// <param name="name">The name; a final <c>*</c> matches every name that begins so.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotOutputInterface(string name) => InterfaceMatch(Field.OutputInterface, name, NftCompare.NotEqual);

    /// <summary><c>meta l4proto</c>.</summary>
    /// <param name="protocol">The IP protocol number.</param>
    /// <returns>The match.</returns>
    public static NftStatement Protocol(byte protocol) => Field.L4Protocol.Is(NftValue.Byte(protocol));

    /// <summary><c>meta l4proto !=</c>.</summary>
    /// <param name="protocol">The IP protocol number.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotProtocol(byte protocol) => Field.L4Protocol.IsNot(NftValue.Byte(protocol));

    /// <summary><c>meta nfproto ipv4</c>.</summary>
    /// <returns>The match.</returns>
    public static NftStatement Ipv4() => Field.NfProto.Is(NftValue.Byte(2));

    /// <summary><c>meta nfproto ipv6</c>.</summary>
    /// <returns>The match.</returns>
    public static NftStatement Ipv6() => Field.NfProto.Is(NftValue.Byte(10));

    /// <summary><c>ct state</c>: one of some states.</summary>
    /// <param name="states">The states.</param>
    /// <returns>The match.</returns>
    public static NftStatement CtState(NftCtState states) => Field.CtState.HasAnyBit(NftValue.HostOrder((uint)states));

    /// <summary><c>meta mark</c>, or some of its bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mask">The bits that count.</param>
    /// <returns>The match.</returns>
    public static NftStatement Mark(uint value, uint mask = uint.MaxValue) => MarkMatch(Field.Mark, value, mask, inverted: false);

    /// <summary><c>meta mark !=</c>, or some of its bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mask">The bits that count.</param>
    /// <returns>The match.</returns>
    public static NftStatement NotMark(uint value, uint mask = uint.MaxValue) => MarkMatch(Field.Mark, value, mask, inverted: true);

    /// <summary><c>ct mark</c>, or some of its bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mask">The bits that count.</param>
    /// <returns>The match.</returns>
    public static NftStatement CtMark(uint value, uint mask = uint.MaxValue) => MarkMatch(Field.CtMark, value, mask, inverted: false);

    /// <summary><c>icmp type</c>, and <c>icmp code</c> when one is given.</summary>
    /// <param name="type">The type.</param>
    /// <param name="code">The code, or null for any.</param>
    /// <returns>The match.</returns>
    public static NftStatement Icmp(byte type, byte? code = null) => IcmpMatch(Field.Icmp, type, code);

    /// <summary><c>icmpv6 type</c>, and <c>icmpv6 code</c> when one is given.</summary>
    /// <param name="type">The type.</param>
    /// <param name="code">The code, or null for any.</param>
    /// <returns>The match.</returns>
    public static NftStatement Icmpv6(byte type, byte? code = null) => IcmpMatch(Field.Icmpv6, type, code);

    private static NftField Source(IPAddress address) => IsIpv6(address) ? Field.Ip6.Source : Field.Ip.Source;

    private static NftField Destination(IPAddress address) => IsIpv6(address) ? Field.Ip6.Destination : Field.Ip.Destination;

    private static bool IsIpv6(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static NftStatement InterfaceMatch(NftField field, string name, NftCompare operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!name.EndsWith('*')) return field.Compare(operation, NftValue.InterfaceName(name));
        if (name.Length == 1) throw new ArgumentException("The interface name '*' matches everything: leave the match out.", nameof(name));
        NftValue whole = NftValue.InterfaceName(name[..^1]);
        return field.Compare(operation, new NftValue(whole.Span.TrimEnd((byte)0)));
    }

    private static NftStatement MarkMatch(NftField field, uint value, uint mask, bool inverted)
    {
        if (mask != uint.MaxValue) return field.HasBits(NftValue.HostOrder(mask), NftValue.HostOrder(value), inverted);
        return inverted ? field.IsNot(NftValue.HostOrder(value)) : field.Is(NftValue.HostOrder(value));
    }

    private static NftStatement IcmpMatch(IcmpFields fields, byte type, byte? code)
    {
        if (code is not { } number) return fields.Type.Is(NftValue.Byte(type));
        return new ActionStatement(c =>
        {
            fields.Type.Guard(c);
            fields.Type.TryLoadPrefix(c, 2); // neighbours in the header, compared in one
            c.Emit(new CmpExpression(NftRegister.R1, NftCompare.Equal, new NftValue([type, number])));
        });
    }
}

/// <summary>Matches of ports.</summary>
public sealed class PortMatches
{
    private readonly PortFields _fields;

    internal PortMatches(PortFields fields) => _fields = fields;

    /// <summary><c>dport</c>: one of some ports.</summary>
    /// <param name="ports">The ports.</param>
    /// <returns>The match.</returns>
    public NftStatement DestinationPort(params ReadOnlySpan<ushort> ports) => AnyOf(_fields.Destination, ports);

    /// <summary><c>sport</c>: one of some ports.</summary>
    /// <param name="ports">The ports.</param>
    /// <returns>The match.</returns>
    public NftStatement SourcePort(params ReadOnlySpan<ushort> ports) => AnyOf(_fields.Source, ports);

    /// <summary><c>dport</c> in a range, inclusive.</summary>
    /// <param name="first">The first port.</param>
    /// <param name="last">The last port.</param>
    /// <returns>The match.</returns>
    public NftStatement DestinationPortRange(ushort first, ushort last) => _fields.Destination.Between(NftValue.NetworkOrder(first), NftValue.NetworkOrder(last));

    /// <summary><c>sport</c> in a range, inclusive.</summary>
    /// <param name="first">The first port.</param>
    /// <param name="last">The last port.</param>
    /// <returns>The match.</returns>
    public NftStatement SourcePortRange(ushort first, ushort last) => _fields.Source.Between(NftValue.NetworkOrder(first), NftValue.NetworkOrder(last));

    /// <summary><c>dport</c> in one of some ranges, inclusive.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <returns>The match.</returns>
    public NftStatement DestinationPorts(IEnumerable<(ushort First, ushort Last)> ranges) => _fields.Destination.InAnonymous(Elements(ranges));

    /// <summary><c>dport</c> in none of some ranges, inclusive.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <returns>The match.</returns>
    public NftStatement NotDestinationPorts(IEnumerable<(ushort First, ushort Last)> ranges) => _fields.Destination.InAnonymous(Elements(ranges), inverted: true);

    /// <summary><c>sport</c> in one of some ranges, inclusive.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <returns>The match.</returns>
    public NftStatement SourcePorts(IEnumerable<(ushort First, ushort Last)> ranges) => _fields.Source.InAnonymous(Elements(ranges));

    /// <summary><c>sport</c> in none of some ranges, inclusive.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <returns>The match.</returns>
    public NftStatement NotSourcePorts(IEnumerable<(ushort First, ushort Last)> ranges) => _fields.Source.InAnonymous(Elements(ranges), inverted: true);

    private static IEnumerable<NftElement> Elements(IEnumerable<(ushort First, ushort Last)> ranges) =>
        ranges.Select(r => NftElement.Range(NftValue.NetworkOrder(r.First), NftValue.NetworkOrder(r.Last)));

    private static NftStatement AnyOf(NftField field, ReadOnlySpan<ushort> ports)
    {
        NftValue[] values = new NftValue[ports.Length];
        for (int i = 0; i < values.Length; i++) values[i] = NftValue.NetworkOrder(ports[i]);
        return field.IsAnyOf(values);
    }
}

/// <summary>Prefixes as nft compares them: whole bytes by a shorter load, others through a mask.</summary>
internal static class PrefixMatch
{
    public static NftStatement Of(NftField field, IPNetwork prefix, bool inverted)
    {
        NftValue address = NftValue.Address(prefix.BaseAddress);
        int length = prefix.PrefixLength;
        NftCompare operation = inverted ? NftCompare.NotEqual : NftCompare.Equal;
        return new ActionStatement(c =>
        {
            field.Guard(c);
            if (length > 0 && length % 8 == 0 && length < address.Length * 8 && field.TryLoadPrefix(c, length / 8))
            {
                c.Emit(new CmpExpression(NftRegister.R1, operation, new NftValue(address.Span[..(length / 8)])));
                return;
            }

            field.Load(c, 0);
            if (length < address.Length * 8) c.Emit(new BitwiseExpression(NftRegister.R1, NftRegister.R1, Mask(address.Length, length), NftField.Zero(address.Length)) { ImplicitOperation = true });
            c.Emit(new CmpExpression(NftRegister.R1, operation, address));
        });
    }

    private static NftValue Mask(int bytes, int bits)
    {
        Span<byte> mask = stackalloc byte[bytes];
        for (int i = 0; i < bits; i++) mask[i / 8] |= (byte)(0x80 >> (i % 8));
        return new NftValue(mask);
    }
}
