using System.Net;

namespace Calico.Netlink;

/// <summary>Which headers an IP tunnel joins.</summary>
public enum IpTunnelKind
{
    /// <summary>"ipip": IPv4 in IPv4.</summary>
    IpIp,

    /// <summary>"sit": IPv6 in IPv4.</summary>
    Sit,

    /// <summary>"ip6tnl": IPv4 or IPv6 in IPv6.</summary>
    Ip6,
}

/// <summary>An IP-in-IP tunnel interface (linux/if_tunnel.h, IFLA_IPTUN_*). What is null keeps the kernel's default.</summary>
/// <param name="Kind">Which headers it joins.</param>
public sealed record IpTunnelLink(IpTunnelKind Kind) : LinkKind
{
    private const ushort LinkType = 1, LocalType = 2, RemoteType = 3, TtlType = 4, TosType = 5, EncapLimitType = 6, ProtocolType = 9, PathMtuType = 10, MarkType = 20;

    /// <summary>Address of this end.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>Address of the other end; null for a tunnel to many, such as Calico's tunl0.</summary>
    public IPAddress? Remote { get; init; }

    /// <summary>Index of the interface below.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>Time to live or hop limit of the outer header; 0 copies the inner one.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>Type of service of the outer header (IPv4).</summary>
    public byte? TypeOfService { get; init; }

    /// <summary>Whether the outer header forbids fragmentation (IPv4).</summary>
    public bool? PathMtuDiscovery { get; init; }

    /// <summary>Tunnel encapsulation limit (IPv6, RFC 2473).</summary>
    public byte? EncapsulationLimit { get; init; }

    /// <summary>The inner protocol: 4 for IPv4, 41 for IPv6, 0 for both (sit and ip6tnl).</summary>
    public byte? Protocol { get; init; }

    /// <summary>Mark for the route lookup of the outer packet.</summary>
    public uint? Mark { get; init; }

    /// <inheritdoc/>
    public override string Name => Kind switch { IpTunnelKind.IpIp => "ipip", IpTunnelKind.Sit => "sit", _ => "ip6tnl" };

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        if (LinkIndex is int link) message.AttributeInt32(LinkType, link);
        if (Local is not null) message.AttributeAddress(LocalType, Local);
        if (Remote is not null) message.AttributeAddress(RemoteType, Remote);
        if (TimeToLive is byte ttl) message.AttributeUInt8(TtlType, ttl);
        if (TypeOfService is byte tos) message.AttributeUInt8(TosType, tos);
        if (PathMtuDiscovery is bool discovery) message.AttributeUInt8(PathMtuType, discovery ? (byte)1 : (byte)0);
        if (EncapsulationLimit is byte limit) message.AttributeUInt8(EncapLimitType, limit);
        if (Protocol is byte protocol) message.AttributeUInt8(ProtocolType, protocol);
        if (Mark is uint mark) message.AttributeUInt32(MarkType, mark);
    }

    internal static IpTunnelLink Read(string name, NetlinkAttributeReader attributes)
    {
        IpTunnelLink tunnel = new(name switch { "ipip" => IpTunnelKind.IpIp, "sit" => IpTunnelKind.Sit, _ => IpTunnelKind.Ip6 });
        while (attributes.MoveNext())
        {
            tunnel = attributes.Type switch
            {
                LinkType => tunnel with { LinkIndex = attributes.ReadInt32() },
                LocalType => tunnel with { Local = attributes.ReadAddress() },
                RemoteType => tunnel with { Remote = attributes.ReadAddress() },
                TtlType => tunnel with { TimeToLive = attributes.ReadUInt8() },
                TosType => tunnel with { TypeOfService = attributes.ReadUInt8() },
                PathMtuType => tunnel with { PathMtuDiscovery = attributes.ReadUInt8() != 0 },
                EncapLimitType => tunnel with { EncapsulationLimit = attributes.ReadUInt8() },
                ProtocolType => tunnel with { Protocol = attributes.ReadUInt8() },
                MarkType => tunnel with { Mark = attributes.ReadUInt32() },
                _ => tunnel,
            };
        }

        return tunnel;
    }
}
