using System.Globalization;
using System.Net;

namespace Calico.Netlink;

/// <summary>Flags of an address (linux/if_addr.h, IFA_F_*).</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "ifa_flags is the field's name.")]
public enum AddressFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>IFA_F_SECONDARY (IPv4) or IFA_F_TEMPORARY (IPv6).</summary>
    Secondary = 0x01,

    /// <summary>IFA_F_NODAD: no duplicate-address detection.</summary>
    NoDuplicateDetection = 0x02,

    /// <summary>IFA_F_OPTIMISTIC.</summary>
    Optimistic = 0x04,

    /// <summary>IFA_F_DADFAILED: another host has the address.</summary>
    DuplicateDetected = 0x08,

    /// <summary>IFA_F_HOMEADDRESS.</summary>
    HomeAddress = 0x10,

    /// <summary>IFA_F_DEPRECATED: not for new connections.</summary>
    Deprecated = 0x20,

    /// <summary>IFA_F_TENTATIVE: duplicate-address detection is running.</summary>
    Tentative = 0x40,

    /// <summary>IFA_F_PERMANENT: no lifetime.</summary>
    Permanent = 0x80,

    /// <summary>IFA_F_MANAGETEMPADDR.</summary>
    ManageTemporary = 0x100,

    /// <summary>IFA_F_NOPREFIXROUTE: make no route for the prefix.</summary>
    NoPrefixRoute = 0x200,

    /// <summary>IFA_F_MCAUTOJOIN.</summary>
    MulticastAutoJoin = 0x400,

    /// <summary>IFA_F_STABLE_PRIVACY.</summary>
    StablePrivacy = 0x800,
}

/// <summary>An address of an interface (<c>struct ifaddrmsg</c> and IFA_*).</summary>
public sealed record InterfaceAddress
{
    /// <summary>Index of the interface.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>The address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Length of the prefix that is on the link: 0 to 32 or 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>The other end of a point-to-point link; null otherwise.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>IPv4 broadcast address; null without.</summary>
    public IPAddress? Broadcast { get; init; }

    /// <summary>IPv4 label: the interface's name, optionally with ":" and a suffix; null without.</summary>
    public string? Label { get; init; }

    /// <summary>Scope. Default <see cref="RouteScope.Universe"/>.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>Flags.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>Seconds for which the address is valid; null for ever.</summary>
    public uint? ValidSeconds { get; init; }

    /// <summary>Seconds for which the address is preferred for new connections; null for ever.</summary>
    public uint? PreferredSeconds { get; init; }

    /// <summary>Metric of the prefix's route; 0 for the default.</summary>
    public uint RoutePriority { get; init; }

    /// <summary>IFA_PROTO: who made the address; 0 without.</summary>
    public byte Protocol { get; init; }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    /// <summary>The address with its prefix length.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength} dev #{InterfaceIndex}");

    /// <summary>Decodes RTM_NEWADDR or RTM_DELADDR; false for anything else and for bytes that are no address.</summary>
    public static bool TryDecode(in NetlinkMessage message, out InterfaceAddress address) => AddressMessages.TryDecode(message, out address);
}
