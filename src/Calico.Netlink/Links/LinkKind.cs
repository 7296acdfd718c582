namespace Calico.Netlink;

/// <summary>A kind of virtual interface with its attributes (IFLA_LINKINFO).</summary>
public abstract record LinkKind
{
    private protected LinkKind()
    {
    }

    /// <summary>The kind's name in the kernel: "veth", "bridge", "vxlan"….</summary>
    public abstract string Name { get; }

    internal virtual bool HasAttributes => true;

    internal abstract void WriteAttributes(NetlinkMessageWriter message);

    internal static LinkKind Read(string name, ReadOnlySpan<byte> data, NetlinkAttributeReader attributes) => name switch
    {
        "veth" => new VethLink(),
        "dummy" => new DummyLink(),
        "ifb" => new IfbLink(),
        "wireguard" => new WireGuardLink(),
        "bridge" => BridgeLink.Read(attributes),
        "vxlan" => VxlanLink.Read(attributes),
        "macvlan" => MacvlanLink.Read(attributes),
        "vlan" => VlanLink.Read(attributes),
        "vrf" => VrfLink.Read(attributes),
        "tun" => TunLink.Read(attributes),
        "ipip" or "sit" or "ip6tnl" => IpTunnelLink.Read(name, attributes),
        _ => new OtherLink(name, data.ToArray()),
    };
}

/// <summary>A kind this package does not model, kept as the kernel gave it.</summary>
/// <param name="KindName">The kind's name in the kernel.</param>
/// <param name="Attributes">The attributes inside IFLA_INFO_DATA.</param>
public sealed record OtherLink(string KindName, ReadOnlyMemory<byte> Attributes) : LinkKind
{
    /// <inheritdoc/>
    public override string Name => KindName;

    internal override bool HasAttributes => !Attributes.IsEmpty;

    /// <inheritdoc/>
    public bool Equals(OtherLink? other) => other is not null && KindName == other.KindName && Attributes.Span.SequenceEqual(other.Attributes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KindName, Attributes.Length);

    internal override void WriteAttributes(NetlinkMessageWriter message) => message.Put(Attributes.Span);
}
