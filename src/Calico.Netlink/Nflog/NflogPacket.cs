using System.Net.NetworkInformation;

namespace Calico.Netlink;

/// <summary>A packet that a <c>log group</c> rule reported (linux/netfilter/nfnetlink_log.h, NFULA_*).</summary>
public sealed record NflogPacket
{
    /// <summary>The group it was logged to.</summary>
    public required ushort Group { get; init; }

    /// <summary>The rule's prefix; empty without.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>EtherType of the packet: 0x0800 for IPv4, 0x86dd for IPv6.</summary>
    public ushort HardwareProtocol { get; init; }

    /// <summary>The hook it passed (NF_INET_*): 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.</summary>
    public byte Hook { get; init; }

    /// <summary>The packet mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Index of the interface it came in by; 0 without.</summary>
    public int InputInterface { get; init; }

    /// <summary>Index of the interface it goes out by; 0 without.</summary>
    public int OutputInterface { get; init; }

    /// <summary>Index of the bridge port it came in by; 0 without.</summary>
    public int PhysicalInputInterface { get; init; }

    /// <summary>Index of the bridge port it goes out by; 0 without.</summary>
    public int PhysicalOutputInterface { get; init; }

    /// <summary>Link-layer address of the sender; null without.</summary>
    public PhysicalAddress? SourceAddress { get; init; }

    /// <summary>User id of the sending socket; null for packets from elsewhere.</summary>
    public uint? UserId { get; init; }

    /// <summary>When it was received; null when the kernel did not stamp it.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Number of the packet within its group since it was bound.</summary>
    public uint Sequence { get; init; }

    /// <summary>How many packets before this one were lost because the reader was too slow.</summary>
    public uint LostBefore { get; init; }

    /// <summary>The packet from its network header on, up to the copy range.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Decodes a message of the nflog subsystem; false for anything else.</summary>
    public static bool TryDecode(in NetlinkMessage message, out NflogPacket packet) => NflogMessages.TryDecode(message, out packet);
}
