using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>RTM_NEWNEIGH, RTM_DELNEIGH and RTM_GETNEIGH.</summary>
public static class NeighbourMessages
{
    private const ushort New = 28, Delete = 29, Get = 30;
    private const int HeaderLength = 12;
    private const ushort Destination = 1, LinkAddress = 2, Vlan = 5, Port = 6, Vni = 7, Interface = 8, Master = 9, Protocol = 12, NexthopId = 13;

    /// <summary>Adds an entry; refused (EEXIST) when it is there.</summary>
    public static void AddNeighbour(this NetlinkBatch batch, Neighbour neighbour) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, neighbour);

    /// <summary>Adds an entry or replaces it.</summary>
    public static void ReplaceNeighbour(this NetlinkBatch batch, Neighbour neighbour) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Replace, neighbour);

    /// <summary>Adds a further remote end to a forwarding entry.</summary>
    public static void AppendNeighbour(this NetlinkBatch batch, Neighbour neighbour) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Append, neighbour);

    /// <summary>Deletes an entry.</summary>
    public static void DeleteNeighbour(this NetlinkBatch batch, Neighbour neighbour) => Write(batch, Delete, NetlinkFlags.None, neighbour);

    /// <summary>Asks for neighbours, proxy entries (<paramref name="proxies"/>) or forwarding entries (<paramref name="forwarding"/>), of one interface or of all.</summary>
    public static void DumpNeighbours(this NetlinkBatch batch, int? interfaceIndex = null, AddressFamily? family = null, bool proxies = false, bool forwarding = false)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.Dump);
        message.PutFamily(forwarding ? AddressFamilies.Bridge : AddressFamilies.Number(family));
        // A forwarding dump takes the interface in the header, the others as an attribute.
        message.PutInt32(forwarding ? interfaceIndex ?? 0 : 0);
        message.PutUInt16(0);
        message.PutUInt8(proxies ? (byte)NeighbourFlags.Proxy : (byte)0);
        message.PutUInt8(0);
        if (!forwarding && interfaceIndex is int index) message.AttributeInt32(Interface, index);
    }

    private static void Write(NetlinkBatch batch, ushort type, NetlinkFlags flags, Neighbour neighbour)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(neighbour);
        if (neighbour.Address is null && !neighbour.IsForwarding) throw new ArgumentException($"{neighbour}: a neighbour needs an address.", nameof(neighbour));
        NetlinkMessageWriter message = batch.Begin(type, flags);
        message.PutFamily(neighbour.IsForwarding ? AddressFamilies.Bridge : AddressFamilies.Of(neighbour.Address!));
        message.PutInt32(neighbour.InterfaceIndex);
        message.PutUInt16((ushort)neighbour.State);
        message.PutUInt8((byte)neighbour.Flags);
        message.PutUInt8(0);
        // iproute2 begins forwarding entries with the link address, others with the IP address.
        if (neighbour.IsForwarding && neighbour.LinkAddress is { } first) message.Attribute(LinkAddress, first.GetAddressBytes());
        if (neighbour.Address is not null) message.AttributeAddress(Destination, neighbour.Address);
        if (!neighbour.IsForwarding && neighbour.LinkAddress is { } link) message.Attribute(LinkAddress, link.GetAddressBytes());
        if (neighbour.Vlan is ushort vlan) message.AttributeUInt16(Vlan, vlan);
        if (neighbour.Port is ushort port) message.AttributeUInt16BigEndian(Port, port);
        if (neighbour.Vni is uint vni) message.AttributeUInt32(Vni, vni);
        if (neighbour.MasterIndex is int master) message.AttributeInt32(Master, master);
        if (neighbour.Protocol != 0) message.AttributeUInt8(Protocol, neighbour.Protocol);
        if (neighbour.NexthopId is uint nexthop) message.AttributeUInt32(NexthopId, nexthop);
    }

    internal static bool TryDecode(in NetlinkMessage message, out Neighbour neighbour)
    {
        neighbour = null!;
        ReadOnlySpan<byte> header = message.Payload;
        if (message.Type is not (New or Delete) || header.Length < HeaderLength) return false;
        IPAddress? address = null;
        PhysicalAddress? link = null;
        (ushort? vlan, ushort? port, uint? vni, int? master, uint? nexthop, byte protocol) = (null, null, null, null, null, 0);
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Destination: address = attributes.ReadAddress(); break;
                case LinkAddress: link = new PhysicalAddress(attributes.Value.ToArray()); break;
                case Vlan: vlan = attributes.ReadUInt16(); break;
                case Port: port = attributes.ReadUInt16BigEndian(); break;
                case Vni: vni = attributes.ReadUInt32(); break;
                case Master: master = attributes.ReadInt32(); break;
                case Protocol: protocol = attributes.ReadUInt8(); break;
                case NexthopId: nexthop = attributes.ReadUInt32(); break;
            }
        }

        if (attributes.IsMalformed) return false;
        neighbour = new Neighbour
        {
            InterfaceIndex = (int)NetlinkWire.ReadUInt32(header[4..], message.Swap),
            Address = address,
            LinkAddress = link,
            State = (NeighbourState)NetlinkWire.ReadUInt16(header[8..], message.Swap),
            Flags = (NeighbourFlags)header[10],
            IsForwarding = header[0] == AddressFamilies.Bridge,
            Vlan = vlan,
            Port = port,
            Vni = vni,
            MasterIndex = master,
            Protocol = protocol,
            NexthopId = nexthop,
        };
        return true;
    }
}
