using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>A VXLAN tunnel interface (RFC 7348; IFLA_VXLAN_*). What is null keeps the kernel's default.</summary>
public sealed record VxlanLink : LinkKind
{
    private const ushort IdType = 1, GroupType = 2, LinkType = 3, LocalType = 4, TtlType = 5, TosType = 6, LearningType = 7, AgeingType = 8, PortRangeType = 10,
        ProxyType = 11, L2MissType = 13, L3MissType = 14, PortType = 15, Group6Type = 16, Local6Type = 17, UdpChecksumType = 18, ZeroChecksum6SendType = 19,
        ZeroChecksum6ReceiveType = 20, GbpType = 23, CollectMetadataType = 25;

    /// <summary>The network identifier, 0 to 16,777,215.</summary>
    public uint? Id { get; init; }

    /// <summary>Index of the interface below; null for none.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>Source address of the outer header.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>The remote end or multicast group for unknown destinations.</summary>
    public IPAddress? Group { get; init; }

    /// <summary>UDP destination port; 4789 is IANA's, the kernel's default is 8472.</summary>
    public ushort? Port { get; init; }

    /// <summary>Range of UDP source ports.</summary>
    public RuleRange? SourcePorts { get; init; }

    /// <summary>Whether remote ends are learned from received frames.</summary>
    public bool? Learning { get; init; }

    /// <summary>Seconds until learned entries are forgotten.</summary>
    public uint? AgeingSeconds { get; init; }

    /// <summary>Time to live of the outer header.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>Type of service of the outer header.</summary>
    public byte? TypeOfService { get; init; }

    /// <summary>Whether ARP is answered from the neighbour table.</summary>
    public bool? Proxy { get; init; }

    /// <summary>Whether missing forwarding entries are notified.</summary>
    public bool? NotifyL2Miss { get; init; }

    /// <summary>Whether missing neighbours are notified.</summary>
    public bool? NotifyL3Miss { get; init; }

    /// <summary>Whether UDP checksums are sent over IPv4.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>Whether zero UDP checksums are sent over IPv6.</summary>
    public bool? ZeroChecksum6Send { get; init; }

    /// <summary>Whether zero UDP checksums are accepted over IPv6.</summary>
    public bool? ZeroChecksum6Receive { get; init; }

    /// <summary>Whether the group policy extension is used.</summary>
    public bool GroupPolicy { get; init; }

    /// <summary>Whether tunnel parameters come with each packet (external mode).</summary>
    public bool? CollectMetadata { get; init; }

    /// <inheritdoc/>
    public override string Name => "vxlan";

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        if (Id > 0xffffff) throw new ArgumentException($"VXLAN id {Id} is not within 0..16777215.");
        if (LinkIndex is int link) message.AttributeInt32(LinkType, link);
        Flag(message, UdpChecksumType, UdpChecksum);
        Flag(message, ZeroChecksum6SendType, ZeroChecksum6Send);
        Flag(message, ZeroChecksum6ReceiveType, ZeroChecksum6Receive);
        if (Id is uint id) message.AttributeUInt32(IdType, id);
        if (Group is not null) message.AttributeAddress(Group.AddressFamily == AddressFamily.InterNetworkV6 ? Group6Type : GroupType, Group);
        if (Local is not null) message.AttributeAddress(Local.AddressFamily == AddressFamily.InterNetworkV6 ? Local6Type : LocalType, Local);
        if (TimeToLive is byte ttl) message.AttributeUInt8(TtlType, ttl);
        if (TypeOfService is byte tos) message.AttributeUInt8(TosType, tos);
        Flag(message, LearningType, Learning);
        Flag(message, ProxyType, Proxy);
        Flag(message, L2MissType, NotifyL2Miss);
        Flag(message, L3MissType, NotifyL3Miss);
        Flag(message, CollectMetadataType, CollectMetadata);
        if (AgeingSeconds is uint ageing) message.AttributeUInt32(AgeingType, ageing);
        if (SourcePorts is { } range) WriteRange(message, range);
        if (Port is ushort port) message.AttributeUInt16BigEndian(PortType, port);
        if (GroupPolicy) message.AttributeFlag(GbpType);
    }

    private static void Flag(NetlinkMessageWriter message, ushort type, bool? value)
    {
        if (value is bool set) message.AttributeUInt8(type, set ? (byte)1 : (byte)0);
    }

    private static void WriteRange(NetlinkMessageWriter message, RuleRange range)
    {
        if (range.Last > ushort.MaxValue || range.First > range.Last) throw new ArgumentException($"{range} is not a range of ports.");
        Span<byte> value = message.Attribute(PortRangeType, 4);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)range.First);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)range.Last);
    }

    internal static VxlanLink Read(NetlinkAttributeReader attributes)
    {
        VxlanLink vxlan = new();
        while (attributes.MoveNext())
        {
            vxlan = attributes.Type switch
            {
                IdType => vxlan with { Id = attributes.ReadUInt32() },
                LinkType => vxlan with { LinkIndex = attributes.ReadInt32() },
                GroupType or Group6Type => vxlan with { Group = attributes.ReadAddress() },
                LocalType or Local6Type => vxlan with { Local = attributes.ReadAddress() },
                TtlType => vxlan with { TimeToLive = attributes.ReadUInt8() },
                TosType => vxlan with { TypeOfService = attributes.ReadUInt8() },
                LearningType => vxlan with { Learning = attributes.ReadUInt8() != 0 },
                ProxyType => vxlan with { Proxy = attributes.ReadUInt8() != 0 },
                L2MissType => vxlan with { NotifyL2Miss = attributes.ReadUInt8() != 0 },
                L3MissType => vxlan with { NotifyL3Miss = attributes.ReadUInt8() != 0 },
                CollectMetadataType => vxlan with { CollectMetadata = attributes.ReadUInt8() != 0 },
                AgeingType => vxlan with { AgeingSeconds = attributes.ReadUInt32() },
                PortType => vxlan with { Port = attributes.ReadUInt16BigEndian() },
                PortRangeType => vxlan with { SourcePorts = new RuleRange(attributes.ReadUInt32BigEndian() >> 16, attributes.ReadUInt32BigEndian() & 0xffff) },
                UdpChecksumType => vxlan with { UdpChecksum = attributes.ReadUInt8() != 0 },
                ZeroChecksum6SendType => vxlan with { ZeroChecksum6Send = attributes.ReadUInt8() != 0 },
                ZeroChecksum6ReceiveType => vxlan with { ZeroChecksum6Receive = attributes.ReadUInt8() != 0 },
                GbpType => vxlan with { GroupPolicy = true },
                _ => vxlan,
            };
        }

        return vxlan;
    }
}
