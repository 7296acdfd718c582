namespace Calico.Netlink;

/// <summary>How the interfaces on one parent see each other (linux/if_link.h, MACVLAN_MODE_*).</summary>
public enum MacvlanMode : uint
{
    /// <summary>They do not.</summary>
    Private = 1,

    /// <summary>Through the switch outside.</summary>
    Vepa = 2,

    /// <summary>Directly.</summary>
    Bridge = 4,

    /// <summary>One interface has the parent for itself.</summary>
    Passthru = 8,

    /// <summary>From listed source addresses.</summary>
    Source = 16,
}

/// <summary>An interface with a MAC address of its own on a parent interface (IFLA_MACVLAN_*). Made with the parent's index.</summary>
/// <param name="Mode">How siblings see each other.</param>
public sealed record MacvlanLink(MacvlanMode Mode = MacvlanMode.Bridge) : LinkKind
{
    private const ushort ModeType = 1;

    /// <inheritdoc/>
    public override string Name => "macvlan";

    internal override void WriteAttributes(NetlinkMessageWriter message) => message.AttributeUInt32(ModeType, (uint)Mode);

    internal static MacvlanLink Read(NetlinkAttributeReader attributes)
    {
        MacvlanMode mode = 0;
        while (attributes.MoveNext())
        {
            if (attributes.Type == ModeType) mode = (MacvlanMode)attributes.ReadUInt32();
        }

        return new MacvlanLink(mode);
    }
}

/// <summary>An 802.1Q interface on a parent interface (IFLA_VLAN_*). Made with the parent's index.</summary>
/// <param name="Id">The VLAN, 0 to 4094.</param>
public sealed record VlanLink(ushort Id) : LinkKind
{
    private const ushort IdType = 1;

    /// <inheritdoc/>
    public override string Name => "vlan";

    internal override void WriteAttributes(NetlinkMessageWriter message) => message.AttributeUInt16(IdType, Id);

    internal static VlanLink Read(NetlinkAttributeReader attributes)
    {
        ushort id = 0;
        while (attributes.MoveNext())
        {
            if (attributes.Type == IdType) id = attributes.ReadUInt16();
        }

        return new VlanLink(id);
    }
}

/// <summary>A virtual routing and forwarding domain (IFLA_VRF_*).</summary>
/// <param name="Table">The routing table of its members.</param>
public sealed record VrfLink(uint Table) : LinkKind
{
    private const ushort TableType = 1;

    /// <inheritdoc/>
    public override string Name => "vrf";

    internal override void WriteAttributes(NetlinkMessageWriter message) => message.AttributeUInt32(TableType, Table);

    internal static VrfLink Read(NetlinkAttributeReader attributes)
    {
        uint table = 0;
        while (attributes.MoveNext())
        {
            if (attributes.Type == TableType) table = attributes.ReadUInt32();
        }

        return new VrfLink(table);
    }
}

/// <summary>A TUN or TAP interface (IFLA_TUN_*). The kernel makes these through /dev/net/tun only: see <see cref="TunDevice"/>.</summary>
/// <param name="IsTap">True when frames are exchanged, false for IP packets.</param>
/// <param name="IsPersistent">True when it outlives its file descriptor.</param>
public sealed record TunLink(bool IsTap, bool IsPersistent) : LinkKind
{
    private const ushort TypeType = 3, PersistType = 6;
    private const byte Tap = 2;

    /// <inheritdoc/>
    public override string Name => "tun";

    internal override void WriteAttributes(NetlinkMessageWriter message) =>
        throw new ArgumentException("TUN and TAP interfaces are made through TunDevice, not by a netlink request.");

    internal static TunLink Read(NetlinkAttributeReader attributes)
    {
        TunLink link = new(IsTap: false, IsPersistent: false);
        while (attributes.MoveNext())
        {
            if (attributes.Type == TypeType) link = link with { IsTap = attributes.ReadUInt8() == Tap };
            else if (attributes.Type == PersistType) link = link with { IsPersistent = attributes.ReadUInt8() != 0 };
        }

        return link;
    }
}
