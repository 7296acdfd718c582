using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>RTM_NEWROUTE, RTM_DELROUTE and RTM_GETROUTE: requests into a batch, messages into <see cref="Route"/> (<c>struct rtmsg</c> and RTA_*).</summary>
public static class RouteMessages
{
    internal const ushort New = 24, Delete = 25, Get = 26;
    internal const int HeaderLength = 12;

    internal const ushort Destination = 1, Source = 2, OutInterface = 4, Gateway = 5, Priority = 6, PreferredSource = 7, Metrics = 8, Multipath = 9,
        Table = 15, Via = 18, Preference = 20, EncapType = 21, Encap = 22, Expires = 23, NexthopId = 30, CacheInfo = 12, Mark = 16;

    /// <summary>Adds a route; the kernel refuses it (EEXIST) when the table has one of the same destination, service type and priority.</summary>
    public static void AddRoute(this NetlinkBatch batch, in Route route) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Exclusive, route);

    /// <summary>Adds a route, or replaces the one of the same destination, service type and priority.</summary>
    public static void ReplaceRoute(this NetlinkBatch batch, in Route route) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Replace, route);

    /// <summary>Adds a route behind those of the same destination.</summary>
    public static void AppendRoute(this NetlinkBatch batch, in Route route) => Write(batch, New, NetlinkFlags.Create | NetlinkFlags.Append, route);

    /// <summary>Changes an existing route.</summary>
    public static void ChangeRoute(this NetlinkBatch batch, in Route route) => Write(batch, New, NetlinkFlags.Replace, route);

    /// <summary>Deletes a route. What the given one does not say (type or protocol unspecified, no gateway) matches any.</summary>
    public static void DeleteRoute(this NetlinkBatch batch, in Route route) => Write(batch, Delete, NetlinkFlags.None, route);

    /// <summary>Asks for all routes that match; with strict checking the kernel filters.</summary>
    public static void DumpRoutes(this NetlinkBatch batch, RouteFilter? filter = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        filter ??= RouteFilter.All;
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.Dump);
        message.PutUInt8(AddressFamilies.Number(filter.Family));
        message.Put([0, 0, 0]);
        message.PutUInt8(filter.Table is uint and < 256 ? (byte)filter.Table.Value : (byte)0);
        message.PutUInt8((byte)(filter.Protocol ?? 0));
        message.PutUInt8(0);
        message.PutUInt8((byte)(filter.Type ?? 0));
        message.PutUInt32(0);
        if (filter.Table is uint table) message.AttributeUInt32(Table, table);
        if (filter.InterfaceIndex is int index) message.AttributeInt32(OutInterface, index);
    }

    /// <summary>Asks which route a packet to <paramref name="destination"/> would take.</summary>
    /// <param name="batch">Where the request goes.</param>
    /// <param name="destination">The packet's destination.</param>
    /// <param name="source">The packet's source; null for any.</param>
    /// <param name="mark">The packet's mark.</param>
    public static void LookupRoute(this NetlinkBatch batch, IPAddress destination, IPAddress? source = null, uint mark = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(destination);
        bool v6 = destination.AddressFamily == AddressFamily.InterNetworkV6;
        byte length = (byte)(v6 ? 128 : 32);
        NetlinkMessageWriter message = batch.Begin(Get, NetlinkFlags.None);
        message.PutUInt8(v6 ? AddressFamilies.IPv6 : AddressFamilies.IPv4);
        message.PutUInt8(length);
        message.PutUInt8(source is null ? (byte)0 : length);
        message.Put([0, 0, 0, 0, 0]);
        // RTM_F_LOOKUP_TABLE: say which table answered. IPv6 always does, and refuses the flag.
        message.PutUInt32(v6 ? 0u : 0x1000);
        message.AttributeAddress(Destination, destination);
        if (source is not null) message.AttributeAddress(Source, source);
        if (mark != 0) message.AttributeUInt32(Mark, mark);
    }

    private static void Write(NetlinkBatch batch, ushort type, NetlinkFlags flags, in Route route)
    {
        ArgumentNullException.ThrowIfNull(batch);
        IpPrefix prefix = route.Prefix;
        uint table = route.Table;
        bool deleting = type == Delete;
        NetlinkMessageWriter message = batch.Begin(type, flags);

        Span<byte> header = batch.Reserve(HeaderLength);
        header[0] = prefix.IsIPv6 ? AddressFamilies.IPv6 : AddressFamilies.IPv4;
        header[1] = (byte)prefix.Length;
        header[2] = route.Details?.Source is { } source ? (byte)source.PrefixLength : (byte)0;
        header[3] = route.TypeOfService;
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[5] = (byte)route.Protocol;
        header[6] = deleting && !route.HasExplicitScope && !prefix.IsIPv6 ? (byte)RouteScope.Nowhere : (byte)route.Scope;
        header[7] = (byte)route.Type;
        NetlinkWire.WriteUInt32(header[8..], (uint)(route.Flags & RouteFlags.OnLink), batch.Swap);

        if (prefix.Length > 0) prefix.WriteNetworkOrder(message.Attribute(Destination, prefix.IsIPv6 ? 16 : 4));
        if (table >= 256) message.AttributeUInt32(Table, table);
        if (route.GatewayBits.Length > 0) WriteGateway(message, route.GatewayBits, prefix.IsIPv6);
        if (route.Priority != 0) message.AttributeUInt32(Priority, route.Priority);
        if (route.Details is { } details) WriteBeforeInterface(message, details);
        if (route.InterfaceIndex != 0) message.AttributeInt32(OutInterface, route.InterfaceIndex);
        if (route.NexthopId != 0) message.AttributeUInt32(NexthopId, route.NexthopId);
        if (route.Details is { } rest) WriteAfterInterface(message, rest, prefix.IsIPv6);
    }

    // The order is iproute2's, so that requests can be compared byte by byte.
    private static void WriteBeforeInterface(NetlinkMessageWriter message, RouteDetails details)
    {
        if (details.Source is { } source) message.AttributeAddress(Source, source.BaseAddress);
        if (details.PreferredSource is { } preferred) message.AttributeAddress(PreferredSource, preferred);
        if (details.Preference is { } preference) message.AttributeUInt8(Preference, (byte)preference);
        if (details.ExpiresInSeconds is uint expires) message.AttributeUInt32(Expires, expires);
        if (details.Encapsulation is { } encapsulation) WriteEncapsulation(message, encapsulation);
    }

    private static void WriteAfterInterface(NetlinkMessageWriter message, RouteDetails details, bool v6)
    {
        details.Metrics?.Write(message);
        if (details.NextHops.Count == 0) return;
        using NetlinkNest nest = message.Nest(Multipath, flagged: false);
        foreach (RouteNextHop hop in details.NextHops) WriteNextHop(message, hop, v6);
    }

    private static void WriteNextHop(NetlinkMessageWriter message, RouteNextHop hop, bool v6)
    {
        if (hop.Weight is < 1 or > 256) throw new ArgumentException($"Next hop {hop}: the weight is not within 1..256.");
        int start = message.Position;
        message.PutUInt16(0);
        message.PutUInt8((byte)(hop.Flags & RouteFlags.OnLink));
        message.PutUInt8((byte)(hop.Weight - 1));
        message.PutInt32(hop.InterfaceIndex);
        if (hop.Gateway is { } gateway) WriteGateway(message, IpPrefix.From(gateway), v6);
        if (hop.Encapsulation is { } encapsulation) WriteEncapsulation(message, encapsulation);
        message.PatchUInt16(start, (ushort)(message.Position - start));
    }

    private static void WriteGateway(NetlinkMessageWriter message, in IpPrefix gateway, bool v6)
    {
        if (gateway.IsIPv6 == v6)
        {
            gateway.WriteNetworkOrder(message.Attribute(Gateway, v6 ? 16 : 4));
            return;
        }

        Span<byte> via = message.Attribute(Via, 2 + (gateway.IsIPv6 ? 16 : 4));
        NetlinkWire.WriteUInt16(via, gateway.IsIPv6 ? AddressFamilies.IPv6 : AddressFamilies.IPv4, message.Swap);
        gateway.WriteNetworkOrder(via[2..]);
    }

    private static void WriteEncapsulation(NetlinkMessageWriter message, RouteEncapsulation encapsulation)
    {
        message.AttributeUInt16(EncapType, encapsulation.Kind);
        using NetlinkNest nest = message.Nest(Encap);
        encapsulation.WriteAttributes(message);
    }
}
