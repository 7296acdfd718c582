using System.Globalization;
using System.Net;

namespace Calico.Netlink;

/// <summary>One direction of a tracked connection (CTA_TUPLE_*).</summary>
public sealed record FlowTuple
{
    /// <summary>Where packets of this direction come from.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>Where they go.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>IP protocol number.</summary>
    public required byte Protocol { get; init; }

    /// <summary>Source port (TCP, UDP, SCTP, DCCP, UDP-Lite); 0 otherwise.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port; 0 otherwise.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Type of an ICMP or ICMPv6 query; 0 otherwise.</summary>
    public byte IcmpType { get; init; }

    /// <summary>Code of an ICMP or ICMPv6 query; 0 otherwise.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>Identifier of an ICMP or ICMPv6 query; 0 otherwise.</summary>
    public ushort IcmpId { get; init; }

    /// <summary>The zone of this direction alone; 0 without.</summary>
    public ushort Zone { get; init; }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    internal bool IsIcmp => Protocol is ConntrackMessages.Icmp or ConntrackMessages.Icmp6;

    /// <summary>The other direction of a connection without address translation. Ports change places; an ICMP query keeps its identifier, and its type becomes that of the answer.</summary>
    public FlowTuple Reversed() => this with
    {
        Source = Destination,
        Destination = Source,
        SourcePort = DestinationPort,
        DestinationPort = SourcePort,
        IcmpType = IcmpType switch { 8 => 0, 0 => IsIcmp ? (byte)8 : (byte)0, 128 => 129, 129 => 128, byte other => other },
    };

    /// <summary>Addresses, ports and protocol in one line.</summary>
    public override string ToString() => IsIcmp
        ? string.Create(CultureInfo.InvariantCulture, $"{Protocol} {Source} -> {Destination} type {IcmpType} code {IcmpCode} id {IcmpId}")
        : string.Create(CultureInfo.InvariantCulture, $"{Protocol} {Source}:{SourcePort} -> {Destination}:{DestinationPort}");
}
