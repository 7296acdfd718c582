namespace Calico.Netlink;

/// <summary>Numbers of RTA_METRICS (linux/rtnetlink.h, RTAX_*).</summary>
public enum RouteMetric
{
    /// <summary>RTAX_LOCK: bit n locks metric n against path-MTU discovery and the like.</summary>
    Lock = 1,

    /// <summary>RTAX_MTU in bytes.</summary>
    Mtu = 2,

    /// <summary>RTAX_WINDOW: largest TCP window in bytes.</summary>
    Window = 3,

    /// <summary>RTAX_RTT in 1/8 milliseconds.</summary>
    RoundTripTime = 4,

    /// <summary>RTAX_RTTVAR in 1/4 milliseconds.</summary>
    RoundTripTimeVariance = 5,

    /// <summary>RTAX_SSTHRESH in segments.</summary>
    SlowStartThreshold = 6,

    /// <summary>RTAX_CWND in segments.</summary>
    CongestionWindow = 7,

    /// <summary>RTAX_ADVMSS: announced maximum segment size in bytes.</summary>
    AdvertisedMss = 8,

    /// <summary>RTAX_REORDERING in segments.</summary>
    Reordering = 9,

    /// <summary>RTAX_HOPLIMIT, 1 to 255.</summary>
    HopLimit = 10,

    /// <summary>RTAX_INITCWND in segments.</summary>
    InitialCongestionWindow = 11,

    /// <summary>RTAX_FEATURES: bit 0 is ECN.</summary>
    Features = 12,

    /// <summary>RTAX_RTO_MIN in milliseconds.</summary>
    MinimumRetransmissionTimeout = 13,

    /// <summary>RTAX_INITRWND in segments.</summary>
    InitialReceiveWindow = 14,

    /// <summary>RTAX_QUICKACK: 0 or 1.</summary>
    QuickAck = 15,

    /// <summary>RTAX_FASTOPEN_NO_COOKIE: 0 or 1.</summary>
    FastOpenNoCookie = 17,
}

/// <summary>The metrics of a route. Immutable; compared by value.</summary>
public sealed class RouteMetrics : IEquatable<RouteMetrics>
{
    internal const int CongestionControlType = 16;
    private const int Count = 18;

    private readonly uint?[] _values = new uint?[Count];

    /// <summary>No metric.</summary>
    public RouteMetrics()
    {
    }

    /// <summary>The given metrics.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A metric is not one of the enumeration.</exception>
    public RouteMetrics(IEnumerable<KeyValuePair<RouteMetric, uint>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach ((RouteMetric metric, uint value) in values) Set(metric, value);
    }

    /// <summary>Any metric by its number; null when not set.</summary>
    public uint? this[RouteMetric metric] => (uint)metric < Count ? _values[(int)metric] : null;

    /// <summary>RTAX_MTU in bytes.</summary>
    public uint? Mtu
    {
        get => this[RouteMetric.Mtu];
        init => Set(RouteMetric.Mtu, value);
    }

    /// <summary>RTAX_ADVMSS in bytes.</summary>
    public uint? AdvertisedMss
    {
        get => this[RouteMetric.AdvertisedMss];
        init => Set(RouteMetric.AdvertisedMss, value);
    }

    /// <summary>RTAX_HOPLIMIT, 1 to 255.</summary>
    public uint? HopLimit
    {
        get => this[RouteMetric.HopLimit];
        init => Set(RouteMetric.HopLimit, value);
    }

    /// <summary>RTAX_LOCK: bit n locks metric n.</summary>
    public uint? Lock
    {
        get => this[RouteMetric.Lock];
        init => Set(RouteMetric.Lock, value);
    }

    /// <summary>RTAX_CC_ALGO: name of the TCP congestion control; null without.</summary>
    public string? CongestionControl { get; init; }

    internal void Write(NetlinkMessageWriter message)
    {
        using NetlinkNest nest = message.Nest(8, flagged: false);
        for (ushort i = 1; i < Count; i++)
        {
            if (i == CongestionControlType && CongestionControl is not null) message.AttributeString(i, CongestionControl);
            else if (_values[i] is uint value) message.AttributeUInt32(i, value);
        }
    }

    internal static RouteMetrics Read(NetlinkAttributeReader attributes)
    {
        string? congestionControl = null;
        List<KeyValuePair<RouteMetric, uint>> values = [];
        while (attributes.MoveNext())
        {
            if (attributes.Type == CongestionControlType) congestionControl = attributes.ReadString();
            else if (attributes.Type is > 0 and < Count) values.Add(new((RouteMetric)attributes.Type, attributes.ReadUInt32()));
        }

        return new RouteMetrics(values) { CongestionControl = congestionControl };
    }

    /// <inheritdoc/>
    public bool Equals(RouteMetrics? other) =>
        other is not null && CongestionControl == other.CongestionControl && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RouteMetrics);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mtu, AdvertisedMss, HopLimit, CongestionControl);

    private void Set(RouteMetric metric, uint? value)
    {
        if (metric is <= 0 or (RouteMetric)CongestionControlType || (int)metric >= Count)
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "Not a numeric route metric.");
        _values[(int)metric] = value;
    }
}
