using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>RTM_NEWADDR, RTM_DELADDR and RTM_GETADDR.</summary>
public static class AddressMessages
{
    private const ushort New = 20, Delete = 21, Get = 22;
    private const int HeaderLength = 8;
    private const ushort Address = 1, Local = 2, Label = 3, Broadcast = 4, CacheInfo = 6, Flags = 8, RoutePriority = 9, Protocol = 11;
    private const uint Forever = uint.MaxValue;

    /// <summary>Adds an address; refused (EEXIST) when the interface has it.</summary>
    public static void AddAddress(this NetlinkBatch batch, InterfaceAddress address) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, address);

    /// <summary>Adds an address or changes lifetimes and flags of an existing one.</summary>
    public static void ReplaceAddress(this NetlinkBatch batch, InterfaceAddress address) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Replace, address);

    /// <summary>Deletes an address.</summary>
    public static void DeleteAddress(this NetlinkBatch batch, InterfaceAddress address) => Write(batch, Delete, NetlinkFlags.None, address);

    /// <summary>Asks for the addresses of one interface or of all.</summary>
    public static void DumpAddresses(this NetlinkBatch batch, int? interfaceIndex = null, AddressFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.Dump);
        message.PutUInt8(AddressFamilies.Number(family));
        message.Put([0, 0, 0]);
        message.PutInt32(interfaceIndex ?? 0);
    }

    private static void Write(NetlinkBatch batch, ushort type, NetlinkFlags flags, InterfaceAddress address)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(address);
        if (address.PrefixLength < 0 || address.PrefixLength > (address.IsIPv6 ? 128 : 32))
            throw new ArgumentException($"{address}: the prefix length is not within 0..{(address.IsIPv6 ? 128 : 32)}.", nameof(address));

        NetlinkMessageWriter message = batch.Begin(type, flags);
        message.PutUInt8(AddressFamilies.Of(address.Address));
        message.PutUInt8((byte)address.PrefixLength);
        message.PutUInt8((byte)address.Flags);
        message.PutUInt8((byte)address.Scope);
        message.PutInt32(address.InterfaceIndex);
        message.AttributeAddress(Local, address.Address);
        if (address.Label is not null) message.AttributeString(Label, address.Label);
        message.AttributeAddress(Address, address.Peer ?? address.Address);
        if (address.Broadcast is not null) message.AttributeAddress(Broadcast, address.Broadcast);
        if (address.RoutePriority != 0) message.AttributeUInt32(RoutePriority, address.RoutePriority);
        if (address.Protocol != 0) message.AttributeUInt8(Protocol, address.Protocol);
        if (address.ValidSeconds is not null || address.PreferredSeconds is not null) WriteLifetimes(message, address);
        if ((uint)address.Flags > byte.MaxValue) message.AttributeUInt32(Flags, (uint)address.Flags);
    }

    private static void WriteLifetimes(NetlinkMessageWriter message, InterfaceAddress address)
    {
        Span<byte> info = message.Attribute(CacheInfo, 16);
        NetlinkWire.WriteUInt32(info, address.PreferredSeconds ?? Forever, message.Swap);
        NetlinkWire.WriteUInt32(info[4..], address.ValidSeconds ?? Forever, message.Swap);
        info[8..].Clear();
    }

    internal static bool TryDecode(in NetlinkMessage message, out InterfaceAddress result)
    {
        result = null!;
        ReadOnlySpan<byte> header = message.Payload;
        if (message.Type is not (New or Delete) || header.Length < HeaderLength || header[0] is not (AddressFamilies.IPv4 or AddressFamilies.IPv6)) return false;
        IPAddress? local = null, address = null, broadcast = null;
        string? label = null;
        (uint flags, uint priority, byte protocol) = (header[2], 0, 0);
        (uint preferred, uint valid) = (Forever, Forever);
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Address: address = attributes.ReadAddress(); break;
                case Local: local = attributes.ReadAddress(); break;
                case Label: label = attributes.ReadString(); break;
                case Broadcast: broadcast = attributes.ReadAddress(); break;
                case Flags: flags = attributes.ReadUInt32(); break;
                case RoutePriority: priority = attributes.ReadUInt32(); break;
                case Protocol: protocol = attributes.ReadUInt8(); break;
                case CacheInfo: (preferred, valid) = (attributes.ReadUInt32At(0), attributes.ReadUInt32At(4)); break;
            }
        }

        // IPv6 gives IFA_LOCAL only with a peer; IPv4 gives IFA_ADDRESS equal to it without one.
        IPAddress? own = local ?? address;
        if (own is null || attributes.IsMalformed || header[1] > (own.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)) return false;
        result = new InterfaceAddress
        {
            InterfaceIndex = (int)NetlinkWire.ReadUInt32(header[4..], message.Swap),
            Address = own,
            PrefixLength = header[1],
            Peer = address is null || address.Equals(own) ? null : address,
            Broadcast = broadcast,
            Label = label,
            Scope = (RouteScope)header[3],
            Flags = (AddressFlags)flags,
            ValidSeconds = valid == Forever ? null : valid,
            PreferredSeconds = preferred == Forever ? null : preferred,
            RoutePriority = priority,
            Protocol = protocol,
        };
        return true;
    }
}
