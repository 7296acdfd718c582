using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>State of a neighbour (linux/neighbour.h, NUD_*).</summary>
[Flags]
public enum NeighbourState : ushort
{
    /// <summary>NUD_NONE.</summary>
    None = 0,

    /// <summary>NUD_INCOMPLETE.</summary>
    Incomplete = 0x01,

    /// <summary>NUD_REACHABLE.</summary>
    Reachable = 0x02,

    /// <summary>NUD_STALE.</summary>
    Stale = 0x04,

    /// <summary>NUD_DELAY.</summary>
    Delay = 0x08,

    /// <summary>NUD_PROBE.</summary>
    Probe = 0x10,

    /// <summary>NUD_FAILED.</summary>
    Failed = 0x20,

    /// <summary>NUD_NOARP: needs no resolution.</summary>
    NoArp = 0x40,

    /// <summary>NUD_PERMANENT: never expires.</summary>
    Permanent = 0x80,
}

/// <summary>Flags of a neighbour or forwarding entry (linux/neighbour.h, NTF_*).</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "ndm_flags is the field's name.")]
public enum NeighbourFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NTF_USE.</summary>
    Use = 0x01,

    /// <summary>NTF_SELF: the entry is the device's own (VXLAN).</summary>
    Self = 0x02,

    /// <summary>NTF_MASTER: the entry is the bridge's.</summary>
    Master = 0x04,

    /// <summary>NTF_PROXY: answer for the address.</summary>
    Proxy = 0x08,

    /// <summary>NTF_EXT_LEARNED.</summary>
    ExternallyLearned = 0x10,

    /// <summary>NTF_OFFLOADED.</summary>
    Offloaded = 0x20,

    /// <summary>NTF_STICKY.</summary>
    Sticky = 0x40,

    /// <summary>NTF_ROUTER.</summary>
    Router = 0x80,
}

/// <summary>An entry of the neighbour table, a proxy entry, or an entry of a bridge's or VXLAN device's forwarding database (<c>struct ndmsg</c> and NDA_*).</summary>
public sealed record Neighbour
{
    /// <summary>Index of the interface.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>The neighbour's IP address; in a VXLAN forwarding entry the remote tunnel end.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The link-layer address; null in proxy entries and unresolved neighbours.</summary>
    public PhysicalAddress? LinkAddress { get; init; }

    /// <summary>State. Default <see cref="NeighbourState.Permanent"/>.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>Flags.</summary>
    public NeighbourFlags Flags { get; init; }

    /// <summary>True for an entry of a forwarding database (AF_BRIDGE).</summary>
    public bool IsForwarding { get; init; }

    /// <summary>NDA_VLAN of a bridge entry, 1 to 4094.</summary>
    public ushort? Vlan { get; init; }

    /// <summary>NDA_PORT: UDP port of the remote VXLAN end.</summary>
    public ushort? Port { get; init; }

    /// <summary>NDA_VNI of the remote VXLAN end.</summary>
    public uint? Vni { get; init; }

    /// <summary>NDA_MASTER: index of the bridge.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>NDA_PROTOCOL: who made the entry.</summary>
    public byte Protocol { get; init; }

    /// <summary>NDA_NH_ID: the nexthop object a VXLAN entry points to.</summary>
    public uint? NexthopId { get; init; }

    /// <summary>As <c>ip neigh</c> would print it, with the interface index for its name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address} dev #{InterfaceIndex} lladdr {LinkAddress} {State} {Flags}");

    /// <summary>A forwarding entry of a VXLAN device: frames to <paramref name="linkAddress"/> go to the tunnel end <paramref name="remote"/>. All zeros stand for broadcast and unknown.</summary>
    public static Neighbour Forwarding(int interfaceIndex, PhysicalAddress linkAddress, IPAddress remote) => new()
    {
        InterfaceIndex = interfaceIndex,
        LinkAddress = linkAddress,
        Address = remote,
        IsForwarding = true,
        State = NeighbourState.Permanent | NeighbourState.NoArp,
        Flags = NeighbourFlags.Self,
    };

    /// <summary>Decodes RTM_NEWNEIGH or RTM_DELNEIGH; false for anything else and for bytes that are no neighbour.</summary>
    public static bool TryDecode(in NetlinkMessage message, out Neighbour neighbour) => NeighbourMessages.TryDecode(message, out neighbour);
}
