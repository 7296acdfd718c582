using System.Net;

namespace Calico.Ipam;

/// <summary>How many addresses a node keeps ready, and from where.</summary>
public sealed record WarmAddressOptions
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>How many free IPv4 addresses are kept ready. Default 16.</summary>
    public int IPv4 { get; init; } = 16;

    /// <summary>How many free IPv6 addresses are kept ready. Default 0.</summary>
    public int IPv6 { get; init; }

    /// <summary>IPv4 pools to take from; empty: the allocator chooses.</summary>
    public IReadOnlyList<IPNetwork> IPv4Pools { get; init; } = [];

    /// <summary>IPv6 pools to take from; empty: the allocator chooses.</summary>
    public IReadOnlyList<IPNetwork> IPv6Pools { get; init; } = [];

    /// <summary>How long an address that was given back rests before it is handed out again. Default zero; the least recently used goes out first in any case.</summary>
    public TimeSpan Cooldown { get; init; }
}
