using System.Net;
using System.Text;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>A route. A small value: everything common is inside, what is rare hangs off one reference.</summary>
/// <remarks><c>default</c> with a <see cref="Destination"/> is a unicast route of the main table made by <see cref="RouteProtocol.Boot"/>, as <c>ip route add</c> makes it.</remarks>
public readonly partial record struct Route
{
    internal readonly IpPrefix Prefix { get; init; }

    internal readonly IpPrefix GatewayBits { get; init; }

    internal readonly RouteDetails? Details { get; init; }

    private readonly uint _table;
    private readonly byte _protocol;
    private readonly byte _type;
    private readonly byte _scope;
    private readonly bool _hasScope;

    /// <summary>Where the route leads. Bits behind the prefix length are cleared.</summary>
    public IPNetwork Destination
    {
        get => Prefix.ToIPNetwork();
        init => Prefix = IpPrefix.From(value);
    }

    /// <summary>The routing table. Default <see cref="WellKnownRouteTables.Main"/>.</summary>
    public uint Table
    {
        get => _table == 0 ? WellKnownRouteTables.Main : _table;
        init => _table = value == WellKnownRouteTables.Main ? 0 : value;
    }

    /// <summary>The metric: the lowest wins. 0 means 1024 in IPv6 (IP6_RT_PRIO_USER).</summary>
    public uint Priority { get; init; }

    /// <summary>The type of service the route is for; 0 for all. IPv4 only.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>Who made it. Default <see cref="RouteProtocol.Boot"/>.</summary>
    public RouteProtocol Protocol
    {
        get => (RouteProtocol)(_protocol ^ (byte)RouteProtocol.Boot);
        init => _protocol = (byte)((byte)value ^ (byte)RouteProtocol.Boot);
    }

    /// <summary>What it does. Default <see cref="RouteType.Unicast"/>.</summary>
    public RouteType Type
    {
        get => (RouteType)(_type ^ (byte)RouteType.Unicast);
        init => _type = (byte)((byte)value ^ (byte)RouteType.Unicast);
    }

    /// <summary>The IPv4 scope. When not set: what <c>ip route</c> would choose from type and gateway. IPv6 has none (universe).</summary>
    public RouteScope Scope
    {
        get => _hasScope ? (RouteScope)_scope : DefaultScope;
        init
        {
            _scope = (byte)value;
            _hasScope = true;
        }
    }

    /// <summary>The next hop's address, of the destination's family or (IPv4 destination) IPv6; null without.</summary>
    public IPAddress? Gateway
    {
        get => GatewayBits.Length == 0 ? null : GatewayBits.ToAddress();
        init => GatewayBits = value is null ? default : IpPrefix.From(value);
    }

    /// <summary>Index of the outgoing interface; 0 without.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>The id of a nexthop object that stands for gateway and interface; 0 without.</summary>
    public uint NexthopId { get; init; }

    /// <summary>Flags; <see cref="RouteFlags.OnLink"/> is the one to set.</summary>
    public RouteFlags Flags { get; init; }

    /// <summary>Several weighted next hops instead of one gateway; empty without.</summary>
    public IReadOnlyList<RouteNextHop> NextHops
    {
        get => Details?.NextHops ?? [];
        init => Details = (Details ?? RouteDetails.Empty) with { NextHops = value is null ? [] : [.. value] };
    }

    /// <summary>The source address for packets of this host; null for the kernel's choice.</summary>
    public IPAddress? PreferredSource
    {
        get => Details?.PreferredSource;
        init => Details = (Details ?? RouteDetails.Empty) with { PreferredSource = value };
    }

    /// <summary>Source prefix of an IPv6 subtree route; null for any.</summary>
    public IPNetwork? Source
    {
        get => Details?.Source;
        init => Details = (Details ?? RouteDetails.Empty) with { Source = value };
    }

    /// <summary>MTU and other metrics; null without.</summary>
    public RouteMetrics? Metrics
    {
        get => Details?.Metrics;
        init => Details = (Details ?? RouteDetails.Empty) with { Metrics = value };
    }

    /// <summary>Lightweight-tunnel encapsulation; null without.</summary>
    public RouteEncapsulation? Encapsulation
    {
        get => Details?.Encapsulation;
        init => Details = (Details ?? RouteDetails.Empty) with { Encapsulation = value };
    }

    /// <summary>Seconds until the kernel deletes the route (IPv6); null for never.</summary>
    public uint? ExpiresInSeconds
    {
        get => Details?.ExpiresInSeconds;
        init => Details = (Details ?? RouteDetails.Empty) with { ExpiresInSeconds = value };
    }

    /// <summary>IPv6 router preference; null for the default, medium.</summary>
    public RoutePreference? Preference
    {
        get => Details?.Preference;
        init => Details = (Details ?? RouteDetails.Empty) with { Preference = value };
    }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Prefix.IsIPv6;

    /// <summary>This route to one IPv4 host, given as a number in host order (0x0A000001 is 10.0.0.1): changes the destination without making objects.</summary>
    public Route WithHostAddress(uint address) => this with { Prefix = IpPrefix.V4(address) };

    /// <summary>This route to a destination given as 4 or 16 octets in network order and a prefix length: changes the destination without making objects.</summary>
    /// <exception cref="ArgumentException">The octets are not 4 or 16, or the length is not within them.</exception>
    public Route WithDestination(ReadOnlySpan<byte> address, int prefixLength)
    {
        if (address.Length is not (4 or 16) || (uint)prefixLength > address.Length * 8)
            throw new ArgumentException($"{address.Length} octets and length {prefixLength} are no prefix.", nameof(address));
        return this with { Prefix = IpPrefix.FromNetworkOrder(address, prefixLength) };
    }

    internal bool HasExplicitScope => _hasScope;

    private RouteScope DefaultScope => IsIPv6 ? RouteScope.Universe : Type switch
    {
        RouteType.Local or RouteType.Nat => RouteScope.Host,
        RouteType.Broadcast or RouteType.Multicast or RouteType.Anycast => RouteScope.Link,
        RouteType.Unicast when GatewayBits.Length == 0 && NexthopId == 0 && (Details is null || Details.NextHops.Count == 0) => RouteScope.Link,
        _ => RouteScope.Universe,
    };

    /// <summary>As <c>ip route</c> would print it, with interface indexes for names.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        if (Type != RouteType.Unicast) text.Append(Type.ToString().ToLowerInvariant()).Append(' ');
        text.Append(Prefix);
        if (NexthopId != 0) text.Append(" nhid ").Append(NexthopId);
        if (GatewayBits.Length > 0) text.Append(" via ").Append(Gateway);
        if (InterfaceIndex != 0) text.Append(" dev #").Append(InterfaceIndex);
        if (Table != WellKnownRouteTables.Main) text.Append(" table ").Append(Table);
        text.Append(" proto ").Append((int)Protocol);
        if (Scope != RouteScope.Universe) text.Append(" scope ").Append(Scope.ToString().ToLowerInvariant());
        if (PreferredSource is not null) text.Append(" src ").Append(PreferredSource);
        if (Priority != 0) text.Append(" metric ").Append(Priority);
        if ((Flags & RouteFlags.OnLink) != 0) text.Append(" onlink");
        foreach (RouteNextHop hop in NextHops) text.Append(" nexthop ").Append(hop);
        return text.ToString();
    }
}
