using System.Net;

namespace Calico.Bgp;

/// <summary>One neighbour, or a range of addresses any of which may connect.</summary>
public sealed record NeighborOptions
{
    /// <summary>The neighbour's address; a link-local one needs a scope id or <see cref="Interface"/>. Exactly one of this and <see cref="Range"/> is set.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Addresses from which neighbours may connect without being listed (dynamic neighbours); they are never dialled.</summary>
    public IPNetwork? Range { get; init; }

    /// <summary>A name for logs and status; the address when null.</summary>
    public string? Name { get; init; }

    /// <summary>The neighbour's AS; null accepts whichever AS its OPEN says.</summary>
    public Asn? Asn { get; init; }

    /// <summary>The port to dial. Default 179.</summary>
    public int Port { get; init; } = 179;

    /// <summary>The own address of the session; connections to another address are refused. Null: any.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>Binds the connection to this network interface (SO_BINDTODEVICE).</summary>
    public string? Interface { get; init; }

    /// <summary>Whether to wait for the neighbour to connect instead of dialling. Default false.</summary>
    public bool Passive { get; init; }

    /// <summary>Whether the session is administratively down (Cease/2 is sent when it was up).</summary>
    public bool Shutdown { get; init; }

    /// <summary>Said to the neighbour when <see cref="Shutdown"/> ends its session (RFC 9003); at most 255 octets of UTF-8.</summary>
    public string? ShutdownMessage { get; init; }

    /// <summary>The families to negotiate. Default IPv4 and IPv6 unicast.</summary>
    public IReadOnlyList<Family> Families { get; init; } = [Family.Ipv4Unicast, Family.Ipv6Unicast];

    /// <summary>What happens to routes that come in; null: all are accepted, except from external neighbours under RFC 8212.</summary>
    public RouteFilter? Import { get; init; }

    /// <summary>What happens to routes that go out; null: all are sent, except to external neighbours under RFC 8212.</summary>
    public RouteFilter? Export { get; init; }

    /// <summary>Whether the neighbour is a client of this route reflector (RFC 4456); internal neighbours only.</summary>
    public bool RouteReflectorClient { get; init; }

    /// <summary>Whether the neighbour is a client of this route server (RFC 7947): AS path, next hop and MED pass through unchanged.</summary>
    public bool RouteServerClient { get; init; }

    /// <summary>What NEXT_HOP is sent.</summary>
    public NextHopMode NextHop { get; init; }

    /// <summary>The own next hop for IPv4 routes; null: the session's own address, which is no IPv4 address on an IPv6 session.</summary>
    /// <remarks>Routes that need our next hop are not sent where there is none: without this or <see cref="ExtendedNextHop"/>, IPv4 routes on an IPv6 session.</remarks>
    public IPAddress? LocalNextHopIPv4 { get; init; }

    /// <summary>The own next hop for IPv6 routes (RFC 4760 section 3); null: the session's own address, which is no IPv6 address on an IPv4 session.</summary>
    /// <remarks>On a session between link-local addresses the session's own address goes along with it (RFC 2545 section 3).</remarks>
    public IPAddress? LocalNextHopIPv6 { get; init; }

    /// <summary>TCP MD5 signature key (RFC 2385); null for none. 1 to 80 octets.</summary>
    public string? Md5Password { get; init; }

    /// <summary>Generalized TTL security (RFC 5082): the neighbour is at most this many hops away; 1 is directly connected. Null: off.</summary>
    public byte? TtlSecurity { get; init; }

    /// <summary>TTL of sent packets; null: the system's default (multihop).</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>Proposed hold time; null: the speaker's.</summary>
    public TimeSpan? HoldTime { get; init; }

    /// <summary>Between KEEPALIVEs; null: a third of the negotiated hold time. Never more than that third.</summary>
    public TimeSpan? KeepaliveTime { get; init; }

    /// <summary>Between attempts to dial; null: the speaker's.</summary>
    public TimeSpan? ConnectRetryTime { get; init; }

    /// <summary>Wait this long for the neighbour's OPEN before sending ours (DelayOpen, RFC 4271 section 8.1.1). Null: send at once.</summary>
    public TimeSpan? DelayOpen { get; init; }

    /// <summary>Several paths per prefix (RFC 7911).</summary>
    public AddPathMode AddPath { get; init; }

    /// <summary>The most paths sent per prefix with ADD-PATH; 0: all.</summary>
    public int AddPathLimit { get; init; }

    /// <summary>The own AS towards this neighbour, if it is not the speaker's.</summary>
    public Asn? LocalAsn { get; init; }

    /// <summary>How often the own AS may stand in a received path before the route is a loop. Default 0.</summary>
    public int AllowOwnAs { get; init; }

    /// <summary>Whether private AS numbers are taken out of paths sent to this external neighbour.</summary>
    public bool RemovePrivateAs { get; init; }

    /// <summary>Whether the neighbour's own AS in paths sent to it is replaced by ours.</summary>
    public bool AsOverride { get; init; }

    /// <summary>Whether a path from this external neighbour must begin with its AS (not so for a route server). Default false.</summary>
    public bool EnforceFirstAs { get; init; }

    /// <summary>Which communities are sent. Default all.</summary>
    public CommunityKinds SendCommunities { get; init; } = CommunityKinds.All;

    /// <summary>Which communities are kept from received routes. Default all.</summary>
    public CommunityKinds AcceptCommunities { get; init; } = CommunityKinds.All;

    /// <summary>The most prefixes accepted, per family; null: no limit. When passed, the session ends with Cease/1 (RFC 4486).</summary>
    public int? MaxPrefixes { get; init; }

    /// <summary>After <see cref="MaxPrefixes"/> was passed: when to try again; null: when the configuration changes.</summary>
    public TimeSpan? MaxPrefixRestart { get; init; }

    /// <summary>The own role towards this external neighbour (RFC 9234); null: none is announced.</summary>
    public BgpRole? Role { get; init; }

    /// <summary>Whether a neighbour that announces no role is refused. Default false.</summary>
    public bool StrictRole { get; init; }

    /// <summary>Graceful restart (RFC 4724). Default <see cref="GracefulRestartMode.Full"/>.</summary>
    public GracefulRestartMode GracefulRestart { get; init; } = GracefulRestartMode.Full;

    /// <summary>How long the neighbour should keep our routes while we are gone; 0 to 4095 s. Default 120 s.</summary>
    public TimeSpan RestartTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest its stale routes are kept after it came back (until its End-of-RIB). Default 360 s.</summary>
    public TimeSpan StaleRoutesTime { get; init; } = TimeSpan.FromSeconds(360);

    /// <summary>Long-lived graceful restart (RFC 9494): how long stale routes live on; zero is off. Default off.</summary>
    public TimeSpan LongLivedStaleTime { get; init; }

    /// <summary>Whether received routes are kept as they came, so that a changed import filter needs no refresh from the neighbour.</summary>
    public bool SoftReconfiguration { get; init; }

    /// <summary>Whether IPv4 routes may have IPv6 next hops on this session (RFC 8950). Default true for neighbours with IPv6 addresses.</summary>
    public bool? ExtendedNextHop { get; init; }

    /// <summary>The neighbour's name or address, for logs.</summary>
    public string DisplayName => Name ?? Address?.ToString() ?? Range?.ToString() ?? "?";
}

/// <summary>What NEXT_HOP is sent to a neighbour (RFC 4271 section 5.1.3).</summary>
public enum NextHopMode
{
    /// <summary>Ours to external neighbours and for local routes; unchanged to internal neighbours and route server clients.</summary>
    Auto,

    /// <summary>Always ours.</summary>
    Self,

    /// <summary>Always unchanged, where the route has one.</summary>
    Keep,
}

/// <summary>Several paths per prefix on a session (RFC 7911).</summary>
[Flags]
public enum AddPathMode
{
    /// <summary>One path per prefix.</summary>
    None = 0,

    /// <summary>Take several.</summary>
    Receive = 1,

    /// <summary>Send several.</summary>
    Send = 2,

    /// <summary>Both ways.</summary>
    Both = 3,
}

/// <summary>Kinds of communities.</summary>
[Flags]
public enum CommunityKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>RFC 1997.</summary>
    Standard = 1,

    /// <summary>RFC 4360 and RFC 5701.</summary>
    Extended = 2,

    /// <summary>RFC 8092.</summary>
    Large = 4,

    /// <summary>All of them.</summary>
    All = 7,
}

/// <summary>How a session takes part in graceful restart (RFC 4724).</summary>
public enum GracefulRestartMode
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Keeps the routes of a restarting neighbour; does not ask it to keep ours.</summary>
    Helper,

    /// <summary>Keeps the neighbour's routes and asks it to keep ours.</summary>
    Full,
}

/// <summary>Role of this speaker towards an external neighbour (RFC 9234); values as in the capability.</summary>
public enum BgpRole : byte
{
    /// <summary>We provide transit to the neighbour.</summary>
    Provider = 0,

    /// <summary>We are a route server.</summary>
    RouteServer = 1,

    /// <summary>We are a client of the neighbour's route server.</summary>
    RouteServerClient = 2,

    /// <summary>We buy transit from the neighbour.</summary>
    Customer = 3,

    /// <summary>Peers.</summary>
    Peer = 4,
}
