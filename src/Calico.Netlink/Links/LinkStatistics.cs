namespace Calico.Netlink;

/// <summary>Counters of an interface since it was made (<c>struct rtnl_link_stats64</c>).</summary>
public sealed record LinkStatistics
{
    /// <summary>Packets received.</summary>
    public ulong ReceivedPackets { get; init; }

    /// <summary>Packets sent.</summary>
    public ulong SentPackets { get; init; }

    /// <summary>Bytes received.</summary>
    public ulong ReceivedBytes { get; init; }

    /// <summary>Bytes sent.</summary>
    public ulong SentBytes { get; init; }

    /// <summary>Bad packets received.</summary>
    public ulong ReceiveErrors { get; init; }

    /// <summary>Packets that could not be sent.</summary>
    public ulong SendErrors { get; init; }

    /// <summary>Good packets received and dropped.</summary>
    public ulong ReceiveDropped { get; init; }

    /// <summary>Packets dropped on their way out.</summary>
    public ulong SendDropped { get; init; }

    /// <summary>Multicast packets received.</summary>
    public ulong Multicast { get; init; }

    internal static LinkStatistics Read(NetlinkAttributeReader attribute) => new()
    {
        ReceivedPackets = attribute.ReadUInt64At(0),
        SentPackets = attribute.ReadUInt64At(8),
        ReceivedBytes = attribute.ReadUInt64At(16),
        SentBytes = attribute.ReadUInt64At(24),
        ReceiveErrors = attribute.ReadUInt64At(32),
        SendErrors = attribute.ReadUInt64At(40),
        ReceiveDropped = attribute.ReadUInt64At(48),
        SendDropped = attribute.ReadUInt64At(56),
        Multicast = attribute.ReadUInt64At(64),
    };
}
