using System.Net;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>What makes a route unique in a table: destination, service type and priority.</summary>
public readonly struct RouteKey : IEquatable<RouteKey>
{
    private const uint DefaultPriority6 = 1024;

    internal readonly IpPrefix Prefix;
    private readonly uint _priority;
    private readonly byte _typeOfService;

    /// <summary>The key of a route.</summary>
    public RouteKey(in Route route)
        : this(route.Prefix, route.Priority, route.TypeOfService)
    {
    }

    /// <summary>A key from its parts.</summary>
    public RouteKey(IPNetwork destination, uint priority = 0, byte typeOfService = 0)
        : this(IpPrefix.From(destination), priority, typeOfService)
    {
    }

    private RouteKey(in IpPrefix prefix, uint priority, byte typeOfService)
    {
        Prefix = prefix;
        // The kernel stores 1024 for an IPv6 route without a metric (IP6_RT_PRIO_USER).
        _priority = priority == 0 && prefix.IsIPv6 ? DefaultPriority6 : priority;
        _typeOfService = typeOfService;
    }

    /// <summary>Where the route leads.</summary>
    public IPNetwork Destination => Prefix.ToIPNetwork();

    /// <summary>The metric as the kernel stores it.</summary>
    public uint Priority => _priority;

    /// <summary>The type of service.</summary>
    public byte TypeOfService => _typeOfService;

    /// <inheritdoc/>
    public bool Equals(RouteKey other) => Prefix == other.Prefix && _priority == other._priority && _typeOfService == other._typeOfService;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RouteKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Prefix.GetHashCode() ^ (int)(_priority * 0x9E3779B1) ^ _typeOfService;

    /// <summary>Equal in all parts.</summary>
    public static bool operator ==(RouteKey left, RouteKey right) => left.Equals(right);

    /// <summary>Different in some part.</summary>
    public static bool operator !=(RouteKey left, RouteKey right) => !left.Equals(right);

    /// <summary>Destination, and metric if any.</summary>
    public override string ToString() => _priority == 0 ? Prefix.ToString() : $"{Prefix} metric {_priority}";
}
