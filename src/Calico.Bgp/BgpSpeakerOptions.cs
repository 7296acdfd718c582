using System.Net;

namespace Calico.Bgp;

/// <summary>What a speaker should be: who it is, where it listens, who its neighbours are.</summary>
/// <remarks>Desired state. Give a changed copy to <c>BgpSpeaker.ApplyAsync</c> and only what differs is touched.</remarks>
public sealed record BgpSpeakerOptions
{
    /// <summary>The own autonomous system; not 0, 23456, 65535 or 4294967295.</summary>
    public required Asn Asn { get; init; }

    /// <summary>The BGP identifier (RFC 6286): any non-zero 32 bits, unique in the AS, written as an IPv4 address.</summary>
    public required IPAddress RouterId { get; init; }

    /// <summary>Where to accept connections; empty for a speaker that only dials. Port 0 takes a free one.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>The neighbours, by address or by range. Two entries with the same address, or with the same range, are an error.</summary>
    public IReadOnlyList<NeighborOptions> Neighbors { get; init; } = [];

    /// <summary>The hold time proposed to neighbours: 0 (never expires) or 3 s to 65535 s. Default 90 s (RFC 4271 section 10).</summary>
    public TimeSpan HoldTime { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Between attempts to dial a neighbour, before jitter of 75 to 100 %. Default 5 s.</summary>
    public TimeSpan ConnectRetryTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an accepted or dialled connection may go without an OPEN. Default 60 s.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The route reflection cluster (RFC 4456); the router id when null.</summary>
    public IPAddress? ClusterId { get; init; }

    /// <summary>The confederation (RFC 5065) this speaker's AS is a member of; null for none.</summary>
    public ConfederationOptions? Confederation { get; init; }

    /// <summary>Whether an external neighbour without import or export filter gets and gives nothing (RFC 8212). Default true.</summary>
    public bool EbgpRequiresPolicy { get; init; } = true;

    /// <summary>LOCAL_PREF of routes that come without one. Default 100.</summary>
    public uint DefaultLocalPreference { get; init; } = 100;

    /// <summary>How routes are compared.</summary>
    public BestPathOptions BestPath { get; init; } = new();

    /// <summary>Whether this start is a restart after which neighbours still keep our routes (R and F bits of RFC 4724).</summary>
    /// <remarks>Routes are then announced, and <see cref="RouteChangeBatch.Synchronized"/> raised, only after every neighbour has sent its
    /// End-of-RIB or <see cref="SelectionDeferral"/> has passed.</remarks>
    public bool Restarting { get; init; }

    /// <summary>The longest wait for neighbours' End-of-RIB after a restart (RFC 4724 section 4.1). Default 120 s.</summary>
    public TimeSpan SelectionDeferral { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How many dynamic neighbours may exist at once, all ranges together. Default 1000.</summary>
    public int DynamicNeighborLimit { get; init; } = 1000;

    /// <summary>Decides whether a next hop can be reached and how far it is; null takes every next hop as reachable at distance 0.</summary>
    public INextHopResolver? NextHopResolver { get; init; }

    /// <summary>Looks for contradictions.</summary>
    /// <exception cref="ArgumentException">There is one; the message names the option and the neighbour.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);
}

/// <summary>A confederation of member ASes (RFC 5065).</summary>
/// <param name="Identifier">The AS number that the confederation shows outside.</param>
/// <param name="Members">Other member ASes; neighbours with these numbers are confederation-external.</param>
public sealed record ConfederationOptions(Asn Identifier, IReadOnlyList<Asn> Members);

/// <summary>How MED values are compared (RFC 4271 section 9.1.2.2 c).</summary>
public enum MedMode
{
    /// <summary>Between routes of the same neighbouring AS only.</summary>
    SameNeighborAs,

    /// <summary>Between all routes.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>Route selection (RFC 4271 section 9.1).</summary>
public sealed record BestPathOptions
{
    /// <summary>How MED is compared. Default: same neighbouring AS only.</summary>
    public MedMode Med { get; init; }

    /// <summary>Whether a missing MED counts as the worst value instead of 0. Default false.</summary>
    public bool MissingMedIsWorst { get; init; }

    /// <summary>The most equally good routes given as next hops together (ECMP); 1 to 255. Default 1.</summary>
    public int MaximumPaths { get; init; } = 1;

    /// <summary>Whether routes of different neighbouring ASes may share (equal path length is enough). Default false.</summary>
    public bool MultipathRelax { get; init; }
}

/// <summary>Answers whether and how far a BGP next hop can be reached; called while routes are selected, so it must be quick and must not block.</summary>
/// <remarks>When answers change, call <c>BgpSpeaker.NextHopsChanged</c>.</remarks>
public interface INextHopResolver
{
    /// <summary>The distance to a next hop.</summary>
    /// <param name="nextHop">The address.</param>
    /// <param name="metric">The interior cost; lower is better.</param>
    /// <returns>False when the next hop cannot be reached: its routes are then not used.</returns>
    bool TryResolve(IPAddress nextHop, out uint metric);
}
