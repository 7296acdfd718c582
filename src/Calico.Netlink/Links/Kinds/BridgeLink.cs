namespace Calico.Netlink;

/// <summary>An Ethernet bridge (IFLA_BR_*). What is null keeps the kernel's default.</summary>
public sealed record BridgeLink : LinkKind
{
    private const ushort ForwardDelayType = 1, HelloTimeType = 2, AgeingTimeType = 4, SpanningTreeType = 5, VlanFilteringType = 7, MulticastSnoopingType = 23, DefaultPvidType = 39;

    /// <summary>IFLA_BR_FORWARD_DELAY in 1/100 seconds.</summary>
    public uint? ForwardDelay { get; init; }

    /// <summary>IFLA_BR_HELLO_TIME in 1/100 seconds.</summary>
    public uint? HelloTime { get; init; }

    /// <summary>IFLA_BR_AGEING_TIME in 1/100 seconds.</summary>
    public uint? AgeingTime { get; init; }

    /// <summary>IFLA_BR_STP_STATE: whether the spanning-tree protocol runs.</summary>
    public bool? SpanningTree { get; init; }

    /// <summary>IFLA_BR_VLAN_FILTERING.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>IFLA_BR_VLAN_DEFAULT_PVID, 0 for none.</summary>
    public ushort? DefaultPvid { get; init; }

    /// <summary>IFLA_BR_MCAST_SNOOPING.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <inheritdoc/>
    public override string Name => "bridge";

    internal override bool HasAttributes => this != new BridgeLink();

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        if (ForwardDelay is uint delay) message.AttributeUInt32(ForwardDelayType, delay);
        if (HelloTime is uint hello) message.AttributeUInt32(HelloTimeType, hello);
        if (AgeingTime is uint ageing) message.AttributeUInt32(AgeingTimeType, ageing);
        if (SpanningTree is bool tree) message.AttributeUInt32(SpanningTreeType, tree ? 1u : 0);
        if (VlanFiltering is bool filtering) message.AttributeUInt8(VlanFilteringType, filtering ? (byte)1 : (byte)0);
        if (DefaultPvid is ushort pvid) message.AttributeUInt16(DefaultPvidType, pvid);
        if (MulticastSnooping is bool snooping) message.AttributeUInt8(MulticastSnoopingType, snooping ? (byte)1 : (byte)0);
    }

    internal static BridgeLink Read(NetlinkAttributeReader attributes)
    {
        BridgeLink bridge = new();
        while (attributes.MoveNext())
        {
            bridge = attributes.Type switch
            {
                ForwardDelayType => bridge with { ForwardDelay = attributes.ReadUInt32() },
                HelloTimeType => bridge with { HelloTime = attributes.ReadUInt32() },
                AgeingTimeType => bridge with { AgeingTime = attributes.ReadUInt32() },
                SpanningTreeType => bridge with { SpanningTree = attributes.ReadUInt32() != 0 },
                VlanFilteringType => bridge with { VlanFiltering = attributes.ReadUInt8() != 0 },
                DefaultPvidType => bridge with { DefaultPvid = attributes.ReadUInt16() },
                MulticastSnoopingType => bridge with { MulticastSnooping = attributes.ReadUInt8() != 0 },
                _ => bridge,
            };
        }

        return bridge;
    }
}
