using System.Buffers.Binary;
using System.Net;

namespace Calico.Netlink;

/// <summary>What a route wraps packets in (linux/lwtunnel.h, mpls_iptunnel.h).</summary>
public abstract record RouteEncapsulation
{
    private protected RouteEncapsulation()
    {
    }

    internal const ushort Mpls = 1, Ip = 2, Ip6 = 4;

    internal abstract ushort Kind { get; }

    internal abstract void WriteAttributes(NetlinkMessageWriter message);

    internal static RouteEncapsulation? Read(ushort kind, ReadOnlySpan<byte> value, NetlinkAttributeReader attributes) => kind switch
    {
        Mpls => MplsEncapsulation.Read(attributes),
        Ip or Ip6 => IpEncapsulation.Read(kind, attributes),
        0 => null,
        _ => new RawEncapsulation(kind, value.ToArray()),
    };
}

/// <summary>Tunnel metadata for a collect-metadata device such as VXLAN (LWTUNNEL_ENCAP_IP and _IP6).</summary>
public sealed record IpEncapsulation : RouteEncapsulation
{
    /// <summary>Tunnel key, such as the VNI.</summary>
    public ulong Id { get; init; }

    /// <summary>The tunnel's remote end; its family decides the kind of encapsulation.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>The tunnel's local end; null for the kernel's choice.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Time to live or hop limit of the outer header; 0 for the default.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>Type of service or traffic class of the outer header.</summary>
    public byte TypeOfService { get; init; }

    internal override ushort Kind => Destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Ip6 : Ip;

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        if (Id != 0) message.AttributeUInt64BigEndian(1, Id);
        message.AttributeAddress(2, Destination);
        if (Source is not null) message.AttributeAddress(3, Source);
        if (TypeOfService != 0) message.AttributeUInt8(5, TypeOfService);
        if (TimeToLive != 0) message.AttributeUInt8(4, TimeToLive);
    }

    internal static IpEncapsulation Read(ushort kind, NetlinkAttributeReader attributes)
    {
        IpEncapsulation result = new() { Destination = kind == Ip6 ? IPAddress.IPv6Any : IPAddress.Any };
        while (attributes.MoveNext())
        {
            result = attributes.Type switch
            {
                1 => result with { Id = attributes.ReadUInt64BigEndian() },
                2 => result with { Destination = attributes.ReadAddress() ?? result.Destination },
                3 => attributes.ReadAddress() is { } source && !source.Equals(IPAddress.Any) && !source.Equals(IPAddress.IPv6Any) ? result with { Source = source } : result,
                4 => result with { TimeToLive = attributes.ReadUInt8() },
                5 => result with { TypeOfService = attributes.ReadUInt8() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>An MPLS label stack (LWTUNNEL_ENCAP_MPLS).</summary>
/// <param name="Labels">The labels from the outermost in, each 0 to 1,048,575.</param>
public sealed record MplsEncapsulation(IReadOnlyList<uint> Labels) : RouteEncapsulation
{
    internal override ushort Kind => Mpls;

    /// <inheritdoc/>
    public bool Equals(MplsEncapsulation? other) => other is not null && Labels.SequenceEqual(other.Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Labels.Count, Labels.Count > 0 ? Labels[0] : 0);

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        Span<byte> stack = message.Attribute(1, 4 * Labels.Count);
        for (int i = 0; i < Labels.Count; i++)
        {
            uint bottom = i == Labels.Count - 1 ? 1u << 8 : 0;
            BinaryPrimitives.WriteUInt32BigEndian(stack[(4 * i)..], Labels[i] << 12 | bottom);
        }
    }

    internal static MplsEncapsulation Read(NetlinkAttributeReader attributes)
    {
        uint[] labels = [];
        while (attributes.MoveNext())
        {
            if (attributes.Type != 1) continue;
            labels = new uint[attributes.Value.Length / 4];
            for (int i = 0; i < labels.Length; i++) labels[i] = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value[(4 * i)..]) >> 12;
        }

        return new MplsEncapsulation(labels);
    }
}

/// <summary>An encapsulation this package does not model, kept as the kernel gave it.</summary>
/// <param name="EncapsulationType">LWTUNNEL_ENCAP_*.</param>
/// <param name="Attributes">The attributes inside RTA_ENCAP.</param>
public sealed record RawEncapsulation(ushort EncapsulationType, ReadOnlyMemory<byte> Attributes) : RouteEncapsulation
{
    internal override ushort Kind => EncapsulationType;

    /// <inheritdoc/>
    public bool Equals(RawEncapsulation? other) =>
        other is not null && EncapsulationType == other.EncapsulationType && Attributes.Span.SequenceEqual(other.Attributes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EncapsulationType, Attributes.Length);

    internal override void WriteAttributes(NetlinkMessageWriter message) => message.Put(Attributes.Span);
}
