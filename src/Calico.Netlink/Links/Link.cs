using System.Globalization;
using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>Flags of an interface (linux/if.h, IFF_*).</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "ifi_flags is the field's name.")]
public enum LinkFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>IFF_UP: administratively up.</summary>
    Up = 0x1,

    /// <summary>IFF_BROADCAST.</summary>
    Broadcast = 0x2,

    /// <summary>IFF_LOOPBACK.</summary>
    Loopback = 0x8,

    /// <summary>IFF_POINTOPOINT.</summary>
    PointToPoint = 0x10,

    /// <summary>IFF_RUNNING: operational.</summary>
    Running = 0x40,

    /// <summary>IFF_NOARP.</summary>
    NoArp = 0x80,

    /// <summary>IFF_PROMISC.</summary>
    Promiscuous = 0x100,

    /// <summary>IFF_ALLMULTI.</summary>
    AllMulticast = 0x200,

    /// <summary>IFF_MASTER.</summary>
    Master = 0x400,

    /// <summary>IFF_SLAVE.</summary>
    Slave = 0x800,

    /// <summary>IFF_MULTICAST.</summary>
    Multicast = 0x1000,

    /// <summary>IFF_LOWER_UP: the carrier is there.</summary>
    LowerUp = 0x10000,

    /// <summary>IFF_DORMANT.</summary>
    Dormant = 0x20000,
}

/// <summary>Operational state of an interface (RFC 2863; linux/if.h, IF_OPER_*).</summary>
public enum LinkOperationalState : byte
{
    /// <summary>IF_OPER_UNKNOWN: the driver does not say; true of loopback and many virtual links that work.</summary>
    Unknown = 0,

    /// <summary>IF_OPER_NOTPRESENT.</summary>
    NotPresent = 1,

    /// <summary>IF_OPER_DOWN.</summary>
    Down = 2,

    /// <summary>IF_OPER_LOWERLAYERDOWN.</summary>
    LowerLayerDown = 3,

    /// <summary>IF_OPER_TESTING.</summary>
    Testing = 4,

    /// <summary>IF_OPER_DORMANT.</summary>
    Dormant = 5,

    /// <summary>IF_OPER_UP.</summary>
    Up = 6,
}

/// <summary>A network interface (<c>struct ifinfomsg</c> and IFLA_*).</summary>
public sealed record Link
{
    /// <summary>ifi_index, unique in its namespace.</summary>
    public required int Index { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>ARPHRD_* of linux/if_arp.h: 1 for Ethernet, 772 for loopback, 65534 for none.</summary>
    public ushort HardwareType { get; init; }

    /// <summary>Flags.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>True when administratively up.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    /// <summary>Operational state.</summary>
    public LinkOperationalState OperationalState { get; init; }

    /// <summary>MTU in bytes.</summary>
    public uint Mtu { get; init; }

    /// <summary>The link-layer address; null without.</summary>
    public PhysicalAddress? HardwareAddress { get; init; }

    /// <summary>What kind of virtual interface it is, with its attributes; null for a physical one and for loopback.</summary>
    public LinkKind? Kind { get; init; }

    /// <summary>Index of the bridge, VRF or bond it belongs to; null without.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>IFLA_LINK: index of the interface below it, or of the other end of a veth pair; in the namespace of <see cref="LinkNamespaceId"/> if set.</summary>
    public int? ParentIndex { get; init; }

    /// <summary>IFLA_LINK_NETNSID: this namespace's id of the namespace that <see cref="ParentIndex"/> is in; null for this one.</summary>
    public int? LinkNamespaceId { get; init; }

    /// <summary>A text for people; null without.</summary>
    public string? Alias { get; init; }

    /// <summary>Further names.</summary>
    public IReadOnlyList<string> AlternativeNames { get; init; } = [];

    /// <summary>Length of the transmit queue in packets.</summary>
    public uint TransmitQueueLength { get; init; }

    /// <summary>The group it is in; 0 by default.</summary>
    public uint Group { get; init; }

    /// <summary>Name of its queueing discipline; null without.</summary>
    public string? QueueingDiscipline { get; init; }

    /// <summary>Counters; null when the kernel sent none.</summary>
    public LinkStatistics? Statistics { get; init; }

    /// <summary>Index and name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}: {Name} <{Flags}> mtu {Mtu} {Kind?.Name}");

    /// <summary>Decodes RTM_NEWLINK or RTM_DELLINK; false for anything else and for bytes that are no link.</summary>
    public static bool TryDecode(in NetlinkMessage message, out Link link) => LinkDecoder.TryDecode(message, out link);
}
