using System.Runtime.InteropServices;

namespace Calico.Netlink.Testing;

/// <summary>Encodes what a kernel sends: the same messages as requests, with other header fields.</summary>
internal static class FakeMessages
{
    public static readonly uint[] AllGroups = [1, 3, 5, 7, 8, 9, 11, 19, 32];

    public static uint GroupOf(RtEvent happened) => happened switch
    {
        LinkEvent => 1,
        NeighbourEvent => 3,
        AddressEvent e => e.Address.IsIPv6 ? 9u : 5u,
        RouteEvent e => e.Route.IsIPv6 ? 11u : 7u,
        RuleEvent e => e.Rule.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 19u : 8u,
        _ => 32,
    };

    public static byte[] Notification(RtEvent happened, uint origin, bool replaced)
    {
        NetlinkBatch batch = new();
        Encode(batch, happened);
        byte[] message = batch.WrittenSpan.ToArray();
        if (happened.IsDeleted) Header(message, (ushort)(TypeOf(message) | 1), 0, 0, origin);
        else Header(message, TypeOf(message), replaced ? NetlinkFlags.Replace : NetlinkFlags.None, 0, origin);
        return message;
    }

    /// <summary>One object as part of a dump or as the answer to a get.</summary>
    public static byte[] Reply(RtEvent item, NetlinkFlags flags, uint sequence, uint portId)
    {
        NetlinkBatch batch = new();
        Encode(batch, item);
        byte[] message = batch.WrittenSpan.ToArray();
        Header(message, TypeOf(message), flags, sequence, portId);
        return message;
    }

    public static byte[] Done(NetlinkFlags flags, uint sequence, uint portId)
    {
        byte[] message = new byte[NetlinkMessage.HeaderLength + 4];
        Host(message, message.Length);
        Header(message, 3, flags | NetlinkFlags.Multi, sequence, portId);
        return message;
    }

    /// <summary>NLMSG_ERROR with the request's header and, if given, the kernel's text.</summary>
    public static byte[] Error(Errno error, string? text, in NetlinkMessage request, uint portId)
    {
        byte[] words = text is null ? [] : System.Text.Encoding.UTF8.GetBytes(text + '\0');
        int attribute = text is null ? 0 : 4 + (words.Length + 3 & ~3);
        byte[] message = new byte[NetlinkMessage.HeaderLength + 4 + NetlinkMessage.HeaderLength + attribute];
        Host(message, message.Length);
        Header(message, 2, NetlinkFlags.Capped | (text is null ? 0 : NetlinkFlags.AckAttributes), request.Sequence, portId);
        Host(message.AsSpan(16), -(int)error);
        Span<byte> copy = message.AsSpan(20);
        Host(copy, NetlinkMessage.HeaderLength + request.Payload.Length);
        Header(copy, request.Type, request.Flags, request.Sequence, portId);
        if (text is not null)
        {
            Span<byte> at = message.AsSpan(36);
            MemoryMarshal.Write(at, (ushort)(4 + words.Length));
            MemoryMarshal.Write(at[2..], (ushort)1);
            words.CopyTo(at[4..]);
        }

        return message;
    }

    private static void Encode(NetlinkBatch batch, RtEvent item)
    {
        switch (item)
        {
            case LinkEvent e: EncodeLink(batch, e.Link); break;
            case AddressEvent e: batch.AddAddress(e.Address); break;
            case RouteEvent e: batch.AddRoute(e.Route); break;
            case RuleEvent e: batch.AddRule(e.Rule); break;
            case NeighbourEvent e: batch.AddNeighbour(e.Neighbour); break;
            case NexthopEvent e: batch.AddNexthop(e.Nexthop); break;
        }
    }

    private static void EncodeLink(NetlinkBatch batch, Link link)
    {
        NetlinkMessageWriter message = batch.Begin(16);
        message.PutUInt16(0);
        message.PutUInt16(link.HardwareType);
        message.PutInt32(link.Index);
        message.PutUInt32((uint)link.Flags);
        message.PutUInt32(0);
        message.AttributeString(3, link.Name);
        message.AttributeUInt32(4, link.Mtu);
        message.AttributeUInt32(13, link.TransmitQueueLength);
        message.AttributeUInt32(27, link.Group);
        if (link.HardwareAddress is { } address) message.Attribute(1, address.GetAddressBytes());
        if (link.MasterIndex is int master) message.AttributeInt32(10, master);
        if (link.ParentIndex is int parent) message.AttributeInt32(5, parent);
        if (link.Alias is not null) message.AttributeString(20, link.Alias);
        if (link.Kind is { } kind)
        {
            using NetlinkNest info = message.Nest(18);
            message.AttributeString(1, kind.Name);
        }

        if (link.AlternativeNames.Count == 0) return;
        using NetlinkNest names = message.Nest(52);
        foreach (string name in link.AlternativeNames) message.AttributeString(53, name);
    }

    private static ushort TypeOf(ReadOnlySpan<byte> message) => MemoryMarshal.Read<ushort>(message[4..]);

    private static void Host(Span<byte> at, int value) => MemoryMarshal.Write(at, value);

    private static void Header(Span<byte> message, ushort type, NetlinkFlags flags, uint sequence, uint portId)
    {
        MemoryMarshal.Write(message[4..], type);
        MemoryMarshal.Write(message[6..], (ushort)flags);
        MemoryMarshal.Write(message[8..], sequence);
        MemoryMarshal.Write(message[12..], portId);
    }
}
