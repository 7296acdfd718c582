using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>What an ipset holds.</summary>
public enum IpSetType
{
    /// <summary>"hash:ip": addresses.</summary>
    HashIp,

    /// <summary>"hash:net": prefixes.</summary>
    HashNet,

    /// <summary>"hash:ip,port": addresses with protocol and port.</summary>
    HashIpPort,
}

/// <summary>An ipset (linux/netfilter/ipset/ip_set.h).</summary>
public sealed record IpSet
{
    internal const uint DefaultMaximumElements = 65_536, DefaultHashSize = 1_024;

    /// <summary>Its name: 1 to 31 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What it holds; null for a type this package does not model.</summary>
    public required IpSetType? Type { get; init; }

    /// <summary>The type's name in the kernel, such as "hash:ip".</summary>
    public string TypeName { get; init; } = "";

    /// <summary>IPv4 or IPv6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The most elements. Default 65,536.</summary>
    public uint MaximumElements { get; init; } = DefaultMaximumElements;

    /// <summary>Buckets to start with. Default 1,024.</summary>
    public uint HashSize { get; init; } = DefaultHashSize;

    /// <summary>Seconds until an element is dropped unless it says otherwise, 0 for never; null for a set without timeouts.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary>True when elements count packets and bytes.</summary>
    public bool HasCounters { get; init; }

    /// <summary>True when elements carry comments.</summary>
    public bool HasComments { get; init; }

    /// <summary>How many rules and lists refer to it. Set by the kernel.</summary>
    public uint References { get; init; }

    /// <summary>Its elements, in no order.</summary>
    public IReadOnlyList<IpSetEntry> Entries { get; init; } = [];
}

/// <summary>An element of an ipset.</summary>
public sealed record IpSetEntry
{
    /// <summary>The address or prefix. A whole address for types without prefixes.</summary>
    public required IPNetwork Network { get; init; }

    /// <summary>IP protocol number ("hash:ip,port"); 0 otherwise.</summary>
    public byte Protocol { get; init; }

    /// <summary>Port, or ICMP type and code ("hash:ip,port"); 0 otherwise.</summary>
    public ushort Port { get; init; }

    /// <summary>Seconds until it is dropped, 0 for never; null for the set's default.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary>A text for people, up to 255 bytes; null without.</summary>
    public string? Comment { get; init; }

    /// <summary>True for an exception: a prefix whose addresses do not match ("hash:net").</summary>
    public bool NoMatch { get; init; }

    /// <summary>Packets counted; null without counters. An element may be added with a count.</summary>
    public ulong? Packets { get; init; }

    /// <summary>Bytes counted; null without counters. An element may be added with a count.</summary>
    public ulong? Bytes { get; init; }

    /// <summary>An element that is one address.</summary>
    public static IpSetEntry Of(IPAddress address) => new() { Network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32) };

    /// <summary>An element that is a prefix.</summary>
    public static IpSetEntry Of(IPNetwork network) => new() { Network = network };

    /// <summary>An element that is an address with protocol and port.</summary>
    public static IpSetEntry Of(IPAddress address, byte protocol, ushort port) => Of(address) with { Protocol = protocol, Port = port };

    /// <summary>As <c>ipset list</c> would print it.</summary>
    public override string ToString() => Protocol != 0 ? $"{Network.BaseAddress},{Protocol}:{Port}" : Network.ToString();
}
