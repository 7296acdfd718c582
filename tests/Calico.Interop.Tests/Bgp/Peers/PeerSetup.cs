using System.Globalization;
using System.Net.Sockets;

namespace Calico.Interop.Tests.Bgp;

/// <summary>What a daemon is to be: each peer class writes it in its own language.</summary>
internal sealed record PeerSetup
{
    public uint Asn { get; init; } = 65002;
    public IReadOnlyList<PeerSession> Sessions { get; init; } = [new()];
    public IReadOnlyList<PeerRoute> Routes { get; init; } = [];

    /// <summary>The daemon's end of a session to an address of ours.</summary>
    public static string Local(string ours) => ours.StartsWith("fe80", StringComparison.Ordinal) ? "fe80::2" : ours.Contains(':', StringComparison.Ordinal) ? "fd77::2" : "10.77.0.2";

    public IEnumerable<PeerRoute> Ipv4 => Routes.Where(r => !r.IsIpv6);

    public IEnumerable<PeerRoute> Ipv6 => Routes.Where(r => r.IsIpv6);

    /// <summary>Routes 30.0.0.0/24, 30.0.1.0/24 … and 2001:db8:0::/48, 2001:db8:1::/48 …</summary>
    public static PeerRoute[] Many(int ipv4, int ipv6 = 0) =>
    [
        .. Enumerable.Range(0, ipv4).Select(i => new PeerRoute($"30.{i / 256}.{i % 256}.0/24")),
        .. Enumerable.Range(0, ipv6).Select(i => new PeerRoute(string.Create(CultureInfo.InvariantCulture, $"2001:db8:{i:x}::/48"))),
    ];
}

/// <summary>A session of the daemon's with an address of ours.</summary>
internal sealed record PeerSession
{
    public string Ours { get; init; } = "10.77.0.1";
    public uint OurAsn { get; init; } = 65001;
    public bool Ipv6 { get; init; } = true;
    public bool Passive { get; init; }
    public string? Md5 { get; init; }
    public bool Gtsm { get; init; }
    public bool AddPath { get; init; }

    /// <summary>Whether we are a client of the daemon's, a route reflector then.</summary>
    public bool Client { get; init; }
    public bool GracefulRestart { get; init; } = true;
    public bool FourOctetAsn { get; init; } = true;
    public int? MaxPrefixes { get; init; }
    public int HoldTime { get; init; } = 90;

    /// <summary>Whether IPv4 routes may have IPv6 next hops (RFC 8950).</summary>
    public bool ExtendedNextHop { get; init; }
    public string Local => PeerSetup.Local(Ours);
    public AddressFamily Transport => Ours.Contains(':', StringComparison.Ordinal) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
}

/// <summary>A route that the daemon originates.</summary>
internal sealed record PeerRoute(string Prefix)
{
    public string? Community { get; init; }
    public string? LargeCommunity { get; init; }

    /// <summary>A route target, as AS:number.</summary>
    public string? RouteTarget { get; init; }
    public bool IsIpv6 => Prefix.Contains(':', StringComparison.Ordinal);
    public bool IsPlain => Community is null && LargeCommunity is null && RouteTarget is null;
}

/// <summary>A path in the daemon's table, values in the notation of this project.</summary>
internal sealed record PeerPath(string From, string NextHop, string AsPath)
{
    public IReadOnlyList<string> Communities { get; init; } = [];
    public IReadOnlyList<string> LargeCommunities { get; init; } = [];

    /// <summary>Route targets, as AS:number.</summary>
    public IReadOnlyList<string> RouteTargets { get; init; } = [];
    public string? Originator { get; init; }
    public IReadOnlyList<string> Clusters { get; init; } = [];
    public uint? LocalPreference { get; init; }
}
