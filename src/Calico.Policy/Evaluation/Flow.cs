using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Model;

namespace Calico.Policy.Evaluation;

/// <summary>What connection tracking says of a packet.</summary>
public enum ConntrackState : byte
{
    /// <summary>The first packet of a connection.</summary>
    New,

    /// <summary>Part of a connection that was let through.</summary>
    Established,

    /// <summary>Belongs to one, as an ICMP error does.</summary>
    Related,

    /// <summary>Makes no sense to connection tracking.</summary>
    Invalid,
}

/// <summary>A packet to be judged, as the receiver would see it: after DNAT.</summary>
public sealed record Flow
{
    /// <summary>The sender's address.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>The receiver's address.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>The protocol.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    /// <summary>Source port, host byte order, for protocols with ports.</summary>
    public ushort SourcePort { get; init; } = 40000;

    /// <summary>Destination port, host byte order, for protocols with ports.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>ICMP type; 8 (echo request) for IPv4 unless given.</summary>
    public byte IcmpType { get; init; } = 8;

    /// <summary>ICMP code.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>What connection tracking says.</summary>
    public ConntrackState State { get; init; }

    /// <summary>The destination before DNAT, where DNAT took place; null otherwise.</summary>
    public IPEndPoint? OriginalDestination { get; init; }

    /// <summary>The family.</summary>
    public IpVersion IpVersion => Source.AddressFamily == AddressFamily.InterNetwork ? IpVersion.IPv4 : IpVersion.IPv6;

    /// <summary><c>TCP 10.0.0.1:40000 → 10.0.0.2:80</c>.</summary>
    public override string ToString() => Protocol switch
    {
        { HasPorts: true } => string.Create(CultureInfo.InvariantCulture, $"{Protocol} {new IPEndPoint(Source, SourcePort)} → {new IPEndPoint(Destination, DestinationPort)}"),
        { IsIcmp: true } => string.Create(CultureInfo.InvariantCulture, $"{Protocol} {IcmpType}/{IcmpCode} {Source} → {Destination}"),
        _ => $"{Protocol} {Source} → {Destination}",
    };
}
