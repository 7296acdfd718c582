using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Which tracked connections are meant; what is null matches any.</summary>
public sealed record ConntrackFilter
{
    internal static readonly ConntrackFilter All = new();

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily? Family { get; init; }

    /// <summary>IP protocol number.</summary>
    public byte? Protocol { get; init; }

    /// <summary>The connection mark under <see cref="MarkMask"/>. The kernel filters by it.</summary>
    public uint? Mark { get; init; }

    /// <summary>Which bits of the mark count. Default all.</summary>
    public uint MarkMask { get; init; } = uint.MaxValue;

    /// <summary>The zone.</summary>
    public ushort? Zone { get; init; }

    /// <summary>An address that is one of the four ends, as when a workload's address is given up.</summary>
    public IPAddress? AnyAddress { get; init; }

    /// <summary>Source of the original direction.</summary>
    public IPNetwork? Source { get; init; }

    /// <summary>Destination of the original direction.</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>Source port of the original direction.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>Destination port of the original direction.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>State bits that must be set.</summary>
    public FlowStatus Status { get; init; }

    /// <summary>Whether a connection is meant.</summary>
    public bool Matches(TrackedFlow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        FlowTuple original = flow.Original;
        return (Family is null || Family == AddressFamily.InterNetworkV6 == original.IsIPv6)
            && (Protocol is null || Protocol == original.Protocol)
            && (Mark is null || ((Mark ^ flow.Mark) & MarkMask) == 0)
            && (Zone is null || Zone == flow.Zone)
            && (AnyAddress is null || IsEnd(AnyAddress, original) || IsEnd(AnyAddress, flow.Reply))
            && (Source is null || Source.Value.Contains(original.Source))
            && (Destination is null || Destination.Value.Contains(original.Destination))
            && (SourcePort is null || SourcePort == original.SourcePort)
            && (DestinationPort is null || DestinationPort == original.DestinationPort)
            && (flow.Status & Status) == Status;
    }

    private static bool IsEnd(IPAddress address, FlowTuple tuple) => tuple.Source.Equals(address) || tuple.Destination.Equals(address);
}
