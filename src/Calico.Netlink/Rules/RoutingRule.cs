using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>What a policy routing rule does (linux/fib_rules.h, FR_ACT_*).</summary>
public enum RuleAction : byte
{
    /// <summary>FR_ACT_UNSPEC: any, in requests that delete.</summary>
    Unspecified = 0,

    /// <summary>FR_ACT_TO_TBL: look the table up.</summary>
    Lookup = 1,

    /// <summary>FR_ACT_GOTO: go on at another priority.</summary>
    Goto = 2,

    /// <summary>FR_ACT_NOP.</summary>
    Nop = 3,

    /// <summary>FR_ACT_BLACKHOLE: drop silently.</summary>
    Blackhole = 6,

    /// <summary>FR_ACT_UNREACHABLE.</summary>
    Unreachable = 7,

    /// <summary>FR_ACT_PROHIBIT.</summary>
    Prohibit = 8,
}

/// <summary>An inclusive range of ports or user ids.</summary>
/// <param name="First">The lowest value.</param>
/// <param name="Last">The highest value, not below <paramref name="First"/>.</param>
public readonly record struct RuleRange(uint First, uint Last);

/// <summary>A policy routing rule (<c>struct fib_rule_hdr</c> and FRA_*). What is null matches any packet.</summary>
public sealed record RoutingRule
{
    /// <summary>IPv4 or IPv6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The order of evaluation: the lowest first. Null lets the kernel choose one below the lowest existing.</summary>
    public uint? Priority { get; init; }

    /// <summary>What it does. Default <see cref="RuleAction.Lookup"/>.</summary>
    public RuleAction Action { get; init; } = RuleAction.Lookup;

    /// <summary>The table to look up; 0 without.</summary>
    public uint Table { get; init; }

    /// <summary>True when the rule applies to what its selector does not match.</summary>
    public bool Invert { get; init; }

    /// <summary>Source addresses.</summary>
    public IPNetwork? From { get; init; }

    /// <summary>Destination addresses.</summary>
    public IPNetwork? To { get; init; }

    /// <summary>Name of the incoming interface; "lo" for packets of this host.</summary>
    public string? IncomingInterface { get; init; }

    /// <summary>Name of the interface a socket is bound to.</summary>
    public string? OutgoingInterface { get; init; }

    /// <summary>The packet mark, compared under <see cref="MarkMask"/>.</summary>
    public uint? Mark { get; init; }

    /// <summary>Which bits of the mark count; null for all.</summary>
    public uint? MarkMask { get; init; }

    /// <summary>Type of service; 0 for any.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>IP protocol number; null for any.</summary>
    public byte? IpProtocol { get; init; }

    /// <summary>Source ports.</summary>
    public RuleRange? SourcePorts { get; init; }

    /// <summary>Destination ports.</summary>
    public RuleRange? DestinationPorts { get; init; }

    /// <summary>User ids of the sending socket.</summary>
    public RuleRange? UserIds { get; init; }

    /// <summary>Routes found with a prefix of this length or shorter do not count; null for none.</summary>
    public uint? SuppressPrefixLength { get; init; }

    /// <summary>Routes through an interface of this group do not count; null for none.</summary>
    public uint? SuppressInterfaceGroup { get; init; }

    /// <summary>The priority to go on at (<see cref="RuleAction.Goto"/>).</summary>
    public uint? GotoPriority { get; init; }

    /// <summary>True for a rule that looks up the table of the VRF of the packet's interface.</summary>
    public bool L3Master { get; init; }

    /// <summary>Who made it. Default <see cref="RouteProtocol.Unspecified"/>: not said.</summary>
    public RouteProtocol Protocol { get; init; }

    /// <summary>Priority, selector and action in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Priority}: {(Invert ? "not " : "")}from {From?.ToString() ?? "all"} to {To?.ToString() ?? "all"} mark {Mark}/{MarkMask} {Action} {Table}");

    /// <summary>Decodes RTM_NEWRULE or RTM_DELRULE of IPv4 or IPv6; false for anything else and for bytes that are no rule.</summary>
    public static bool TryDecode(in NetlinkMessage message, out RoutingRule rule) => RuleMessages.TryDecode(message, out rule);
}
