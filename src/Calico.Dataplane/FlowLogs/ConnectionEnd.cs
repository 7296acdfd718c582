using Calico.Netlink;

namespace Calico.Dataplane;

/// <summary>A connection that conntrack has forgotten, with what it carried.</summary>
/// <param name="Original">The tuple of its first packet, before NAT.</param>
/// <param name="Reply">The tuple of the answers; its source is the destination after DNAT.</param>
/// <param name="PacketsSent">Packets in the first packet's direction.</param>
/// <param name="BytesSent">Bytes in that direction, IP headers included.</param>
/// <param name="PacketsReceived">Packets in the other direction.</param>
/// <param name="BytesReceived">Bytes in the other direction.</param>
public sealed record ConnectionEnd(FlowTuple Original, FlowTuple Reply, ulong PacketsSent, ulong BytesSent, ulong PacketsReceived, ulong BytesReceived);
