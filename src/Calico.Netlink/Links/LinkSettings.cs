using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>How IPv6 link-local addresses are made (linux/if_link.h, IN6_ADDR_GEN_MODE_*).</summary>
public enum Ipv6AddressGeneration : byte
{
    /// <summary>From the MAC address (EUI-64).</summary>
    Eui64 = 0,

    /// <summary>None is made.</summary>
    None = 1,

    /// <summary>Stable and private, from the namespace's secret (RFC 7217).</summary>
    StablePrivacy = 2,

    /// <summary>Random.</summary>
    Random = 3,
}

/// <summary>What to set on an interface; what is null stays as it is.</summary>
public sealed record LinkSettings
{
    internal static readonly LinkSettings None = new();

    /// <summary>The name: 1 to 15 bytes, no '/', ':' or white space. The interface must be down to take a new one.</summary>
    public string? Name { get; init; }

    /// <summary>Administratively up or down.</summary>
    public bool? Up { get; init; }

    /// <summary>MTU in bytes.</summary>
    public uint? Mtu { get; init; }

    /// <summary>The link-layer address.</summary>
    public PhysicalAddress? HardwareAddress { get; init; }

    /// <summary>Index of the bridge, VRF or bond to belong to; 0 for none.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>A text for people, up to 255 bytes; empty removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>Length of the transmit queue in packets.</summary>
    public uint? TransmitQueueLength { get; init; }

    /// <summary>The group to be in.</summary>
    public uint? Group { get; init; }

    /// <summary>Whether ARP is used.</summary>
    public bool? Arp { get; init; }

    /// <summary>Whether all frames are received.</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Whether frames to any multicast address are received.</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>How IPv6 link-local addresses are made.</summary>
    public Ipv6AddressGeneration? Ipv6Addresses { get; init; }

    /// <summary>The namespace to move to, or to be made in.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>A process whose namespace to move to, or to be made in.</summary>
    public int? NamespaceProcess { get; init; }
}
