using System.Net;
using Calico.Net;
using Calico.Policy.Model;

namespace Calico.Policy.Evaluation;

/// <summary>The bits of a packet that rules look at.</summary>
internal readonly record struct Packet(IpPrefix Source, IpPrefix Destination, IpProtocol Protocol, ushort SourcePort, ushort DestinationPort, byte IcmpType, byte IcmpCode)
{
    public IpVersion IpVersion => Source.IsIPv6 ? IpVersion.IPv6 : IpVersion.IPv4;

    public static Packet Of(Flow flow) =>
        new(IpPrefix.From(flow.Source), IpPrefix.From(flow.Destination), flow.Protocol, flow.SourcePort, flow.DestinationPort, flow.IcmpType, flow.IcmpCode);

    /// <summary>The packet as it was before DNAT.</summary>
    public static Packet BeforeDnat(Flow flow)
    {
        Packet packet = Of(flow);
        return flow.OriginalDestination is not { } original
            ? packet
            : packet with { Destination = IpPrefix.From(original.Address), DestinationPort = (ushort)original.Port };
    }

    /// <summary>ICMP in the packet's own family: ICMPv6 in an IPv4 packet is just a protocol number.</summary>
    public bool IsIcmp => Protocol == (Source.IsIPv6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp);

    public static bool InAny(EquatableArray<IPNetwork> nets, IpPrefix address)
    {
        foreach (IPNetwork net in nets)
        {
            if (IpPrefix.From(net).Contains(address)) return true;
        }

        return false;
    }

    public static bool HasFamily(EquatableArray<IPNetwork> nets, bool v6)
    {
        foreach (IPNetwork net in nets)
        {
            if (IpPrefix.From(net).IsIPv6 == v6) return true;
        }

        return false;
    }
}
