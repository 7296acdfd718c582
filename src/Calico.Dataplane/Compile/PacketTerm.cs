using Calico.Net;
using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

/// <summary>Which end of a packet a term looks at.</summary>
internal enum Side : byte
{
    Source,
    Destination,
}

/// <summary>One condition on a packet that one or a few kernel expressions can test. The terms of a rule all have to hold.</summary>
internal abstract record PacketTerm;

internal sealed record FamilyTerm(bool V6) : PacketTerm;

internal sealed record ProtocolTerm(byte Protocol, bool Negated) : PacketTerm;

/// <summary>The transport header begins with two ports: TCP, UDP, SCTP or UDP-Lite. Negated: it does not.</summary>
internal sealed record HasPortsTerm(bool Negated) : PacketTerm;

/// <summary>Sorted, disjoint, not touching ranges; the packet is known to have ports by an earlier term.</summary>
internal sealed record PortsTerm(Side Side, EquatableArray<PortRange> Ports, bool Negated) : PacketTerm;

/// <summary>Sorted prefixes of one family, none inside another.</summary>
internal sealed record NetsTerm(Side Side, EquatableArray<IpPrefix> Nets, bool Negated) : PacketTerm
{
    public bool V6 => Nets[0].IsIPv6;
}

internal sealed record AddressSetTerm(Side Side, string SetId, bool V6, bool Negated) : PacketTerm;

/// <summary>Address, protocol and port together are a member.</summary>
internal sealed record AddressPortSetTerm(Side Side, string SetId, bool V6, bool Negated) : PacketTerm;

/// <summary>ICMP type or code; the protocol is known by an earlier term.</summary>
internal sealed record IcmpTerm(bool V6, bool IsCode, byte Value, bool Negated) : PacketTerm;
