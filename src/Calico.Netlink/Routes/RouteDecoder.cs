using System.Net;
using Calico.Net;

namespace Calico.Netlink;

public readonly partial record struct Route
{
    /// <summary>Decodes RTM_NEWROUTE or RTM_DELROUTE of IPv4 or IPv6; false for anything else and for bytes that are no route.</summary>
    public static bool TryDecode(in NetlinkMessage message, out Route route)
    {
        route = default;
        ReadOnlySpan<byte> header = message.Payload;
        if (message.Type is not (RouteMessages.New or RouteMessages.Delete) || header.Length < RouteMessages.HeaderLength) return false;
        bool v6 = header[0] == AddressFamilies.IPv6;
        int length = header[1];
        if (!v6 && header[0] != AddressFamilies.IPv4 || length > (v6 ? 128 : 32)) return false;

        RouteScratch scratch = new() { Prefix = IpPrefix.FromBits(0, length, v6), Table = header[4] };
        NetlinkAttributeReader attributes = message.Attributes(RouteMessages.HeaderLength);
        while (attributes.MoveNext()) scratch.Take(ref attributes, length, v6, header[2]);
        if (attributes.IsMalformed) return false;
        route = new Route(header, scratch, NetlinkWire.ReadUInt32(header[8..], message.Swap));
        return true;
    }

    private Route(ReadOnlySpan<byte> header, in RouteScratch scratch, uint flags)
    {
        Prefix = scratch.Prefix;
        GatewayBits = scratch.Gateway;
        Details = scratch.FinishDetails();
        Priority = scratch.Priority;
        InterfaceIndex = scratch.InterfaceIndex;
        NexthopId = scratch.NexthopId;
        Flags = (RouteFlags)flags;
        TypeOfService = header[3];
        _table = scratch.Table == WellKnownRouteTables.Main ? 0 : scratch.Table;
        _protocol = (byte)(header[5] ^ (byte)RouteProtocol.Boot);
        _scope = header[6];
        _hasScope = true;
        _type = (byte)(header[7] ^ (byte)RouteType.Unicast);
    }
}

/// <summary>What a route's attributes say, gathered without allocation for the common ones.</summary>
internal ref struct RouteScratch
{
    public IpPrefix Prefix;
    public IpPrefix Gateway;
    public uint Priority;
    public uint Table;
    public uint NexthopId;
    public int InterfaceIndex;
    private RouteDetails? _details;
    private ushort _encapsulationType;
    private ReadOnlySpan<byte> _encapsulation;
    private NetlinkAttributeReader _encapsulationAttributes;

    public void Take(ref NetlinkAttributeReader attributes, int prefixLength, bool v6, byte sourceLength)
    {
        ReadOnlySpan<byte> value = attributes.Value;
        switch (attributes.Type)
        {
            case RouteMessages.Destination when value.Length == (v6 ? 16 : 4): Prefix = IpPrefix.FromNetworkOrder(value, prefixLength); break;
            case RouteMessages.OutInterface: InterfaceIndex = attributes.ReadInt32(); break;
            case RouteMessages.Gateway: Gateway = HostPrefix(value); break;
            case RouteMessages.Priority: Priority = attributes.ReadUInt32(); break;
            case RouteMessages.Table: Table = attributes.ReadUInt32(); break;
            case RouteMessages.NexthopId: NexthopId = attributes.ReadUInt32(); break;
            case RouteMessages.Via when value.Length > 2: Gateway = HostPrefix(value[2..]); break;
            default: TakeRare(ref attributes, sourceLength); break;
        }
    }

    public readonly RouteDetails? FinishDetails() =>
        _encapsulationType == 0 ? _details
        : (_details ?? RouteDetails.Empty) with { Encapsulation = RouteEncapsulation.Read(_encapsulationType, _encapsulation, _encapsulationAttributes) };

    private void TakeRare(ref NetlinkAttributeReader attributes, byte sourceLength)
    {
        RouteDetails details = _details ?? RouteDetails.Empty;
        switch (attributes.Type)
        {
            case RouteMessages.PreferredSource: _details = details with { PreferredSource = attributes.ReadAddress() }; break;
            case RouteMessages.Source when attributes.ReadAddress() is { } source && sourceLength <= attributes.Value.Length * 8:
                _details = details with { Source = IpPrefix.From(source, sourceLength).ToIPNetwork() };
                break;
            case RouteMessages.Metrics: _details = details with { Metrics = RouteMetrics.Read(attributes.Nested()) }; break;
            case RouteMessages.Multipath: _details = details with { NextHops = ReadNextHops(attributes) }; break;
            // Medium is the default, and IPv6 routes all say it.
            case RouteMessages.Preference when attributes.ReadUInt8() is not 0 and byte preference: _details = details with { Preference = (RoutePreference)preference }; break;
            case RouteMessages.EncapType: _encapsulationType = attributes.ReadUInt16(); break;
            case RouteMessages.Encap:
                _encapsulation = attributes.Value;
                _encapsulationAttributes = attributes.Nested();
                break;
            // struct rta_cacheinfo: rta_expires in clock ticks (USER_HZ, 100 on every architecture .NET runs on) is its third field.
            case RouteMessages.CacheInfo when attributes.Value.Length >= 12 && attributes.ReadUInt32At(8) is not 0 and uint ticks:
                _details = details with { ExpiresInSeconds = (uint)Math.Max((int)ticks, 0) / 100 };
                break;
        }
    }

    private static RouteNextHop[] ReadNextHops(NetlinkAttributeReader multipath)
    {
        List<RouteNextHop> hops = [];
        NetlinkNextHopReader reader = new(multipath);
        while (reader.MoveNext(out RouteNextHop? hop)) hops.Add(hop!);
        return [.. hops];
    }

    internal static IpPrefix HostPrefix(ReadOnlySpan<byte> value) =>
        value.Length is 4 or 16 ? IpPrefix.FromNetworkOrder(value, value.Length * 8) : default;
}

/// <summary>Walks <c>struct rtnexthop</c> entries.</summary>
internal ref struct NetlinkNextHopReader(NetlinkAttributeReader multipath)
{
    private const int HopHeaderLength = 8;

    private readonly NetlinkAttributeReader _frame = multipath;
    private ReadOnlySpan<byte> _rest = multipath.Value;

    public bool MoveNext(out RouteNextHop? hop)
    {
        hop = null;
        if (_rest.Length < HopHeaderLength) return false;
        int length = _frame.ToUInt16(_rest);
        if (length < HopHeaderLength || length > _rest.Length) return false;

        IPAddress? gateway = null;
        ushort encapsulationType = 0;
        RouteEncapsulation? encapsulation = null;
        NetlinkAttributeReader attributes = _frame.Over(_rest[HopHeaderLength..length]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteMessages.Gateway: gateway = attributes.ReadAddress(); break;
                case RouteMessages.Via when attributes.Value.Length is 6 or 18: gateway = new IPAddress(attributes.Value[2..]); break;
                case RouteMessages.EncapType: encapsulationType = attributes.ReadUInt16(); break;
                // The kernel writes RTA_ENCAP before RTA_ENCAP_TYPE, so the type is looked for separately.
                case RouteMessages.Encap: encapsulation = RouteEncapsulation.Read(TypeIn(_rest[HopHeaderLength..length], encapsulationType), attributes.Value, attributes.Nested()); break;
            }
        }

        hop = new RouteNextHop
        {
            Gateway = gateway,
            InterfaceIndex = (int)_frame.ToUInt32(_rest[4..]),
            Weight = _rest[3] + 1,
            Flags = (RouteFlags)_rest[2],
            Encapsulation = encapsulation,
        };
        _rest = _rest[Math.Min(NetlinkWire.Align(length), _rest.Length)..];
        return true;
    }

    private readonly ushort TypeIn(ReadOnlySpan<byte> attributes, ushort known)
    {
        NetlinkAttributeReader reader = _frame.Over(attributes);
        while (known == 0 && reader.MoveNext())
        {
            if (reader.Type == RouteMessages.EncapType) known = reader.ReadUInt16();
        }

        return known;
    }
}
