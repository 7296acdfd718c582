using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>A packet's connection as conntrack has it. Rules may change its mark, labels and NAT.</summary>
public sealed class NftConnection
{
    /// <summary>The packet's state in the connection: new, established, related.</summary>
    public NftCtState State { get; set; } = NftCtState.New;

    /// <summary>The packet's direction.</summary>
    public NftCtDirection Direction { get; set; }

    /// <summary>IPS_* bits.</summary>
    public uint Status { get; set; }

    /// <summary>The connection's mark.</summary>
    public uint Mark { get; set; }

    /// <summary>The zone.</summary>
    public ushort Zone { get; set; }

    /// <summary>128 label bits.</summary>
    public UInt128 Labels { get; set; }

    /// <summary>What is left of its life, in milliseconds.</summary>
    public uint ExpirationMilliseconds { get; set; }

    /// <summary>The helper's name; empty without.</summary>
    public string Helper { get; set; } = "";

    /// <summary>Addresses and ports of the opener's packets.</summary>
    public NftTuple? Original { get; set; }

    /// <summary>Addresses and ports of the answers.</summary>
    public NftTuple? Reply { get; set; }

    /// <summary>The connection's id.</summary>
    public uint Id { get; set; }

    /// <summary>Packets and bytes of the opener.</summary>
    public (ulong Packets, ulong Bytes) OriginalCounters { get; set; }

    /// <summary>Packets and bytes of the answers.</summary>
    public (ulong Packets, ulong Bytes) ReplyCounters { get; set; }

    /// <summary>Whether it has ended: it does not count for <c>ct count</c> any more.</summary>
    public bool IsClosed { get; set; }
}

/// <summary>Addresses and ports of one direction of a connection.</summary>
/// <param name="Source">The source address, 4 or 16 bytes.</param>
/// <param name="Destination">The destination address, 4 or 16 bytes.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="SourcePort">The source port.</param>
/// <param name="DestinationPort">The destination port.</param>
public sealed record NftTuple(NftValue Source, NftValue Destination, byte Protocol, ushort SourcePort, ushort DestinationPort);
