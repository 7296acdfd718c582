namespace Calico.Bgp.Status;

/// <summary>A neighbour as told over a status socket: <see cref="NeighborStatus"/> in JSON types.</summary>
public sealed record BgpNeighborReport
{
    /// <summary>Name or address.</summary>
    public required string Name { get; init; }

    /// <summary>The address.</summary>
    public required string Address { get; init; }

    /// <summary>The AS; null while not known.</summary>
    public uint? Asn { get; init; }

    /// <summary>State of the session.</summary>
    public required BgpState State { get; init; }

    /// <summary>Since when the session has been in this state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Whether the neighbour is in the speaker's AS.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Whether the neighbour came by a range.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Whether the neighbour is away and its routes are kept (graceful restart).</summary>
    public bool IsRestarting { get; init; }

    /// <summary>The neighbour's BGP identifier, while a session is open.</summary>
    public string? RouterId { get; init; }

    /// <summary>The speaker's end of the connection.</summary>
    public string? LocalEndPoint { get; init; }

    /// <summary>The neighbour's end of the connection.</summary>
    public string? RemoteEndPoint { get; init; }

    /// <summary>The negotiated hold time in seconds; 0: never expires.</summary>
    public double HoldTime { get; init; }

    /// <summary>Families both sides have.</summary>
    public IReadOnlyList<string> Families { get; init; } = [];

    /// <inheritdoc cref="NeighborStatus.PrefixesReceived"/>
    public long PrefixesReceived { get; init; }

    /// <inheritdoc cref="NeighborStatus.PrefixesAccepted"/>
    public long PrefixesAccepted { get; init; }

    /// <inheritdoc cref="NeighborStatus.PrefixesRejected"/>
    public long PrefixesRejected { get; init; }

    /// <inheritdoc cref="NeighborStatus.PrefixesAdvertised"/>
    public long PrefixesAdvertised { get; init; }

    /// <inheritdoc cref="NeighborStatus.MessagesReceived"/>
    public long MessagesReceived { get; init; }

    /// <inheritdoc cref="NeighborStatus.MessagesSent"/>
    public long MessagesSent { get; init; }

    /// <inheritdoc cref="NeighborStatus.UpdatesReceived"/>
    public long UpdatesReceived { get; init; }

    /// <inheritdoc cref="NeighborStatus.UpdatesSent"/>
    public long UpdatesSent { get; init; }

    /// <inheritdoc cref="NeighborStatus.TimesEstablished"/>
    public int TimesEstablished { get; init; }

    /// <inheritdoc cref="NeighborStatus.MalformedUpdates"/>
    public long MalformedUpdates { get; init; }

    /// <inheritdoc cref="NeighborStatus.BytesQueued"/>
    public long BytesQueued { get; init; }

    /// <inheritdoc cref="NeighborStatus.LastError"/>
    public string? LastError { get; init; }

    internal static BgpNeighborReport Of(NeighborStatus n) => new()
    {
        Name = n.Name,
        Address = n.Address.ToString(),
        Asn = n.Asn?.Value,
        State = n.State,
        Since = n.Since,
        IsInternal = n.IsInternal,
        IsDynamic = n.IsDynamic,
        IsRestarting = n.IsRestarting,
        RouterId = n.RouterId?.ToString(),
        LocalEndPoint = n.LocalEndPoint?.ToString(),
        RemoteEndPoint = n.RemoteEndPoint?.ToString(),
        HoldTime = n.HoldTime.TotalSeconds,
        Families = [.. n.Families.Select(f => f.ToString())],
        PrefixesReceived = n.PrefixesReceived,
        PrefixesAccepted = n.PrefixesAccepted,
        PrefixesRejected = n.PrefixesRejected,
        PrefixesAdvertised = n.PrefixesAdvertised,
        MessagesReceived = n.MessagesReceived,
        MessagesSent = n.MessagesSent,
        UpdatesReceived = n.UpdatesReceived,
        UpdatesSent = n.UpdatesSent,
        TimesEstablished = n.TimesEstablished,
        MalformedUpdates = n.MalformedUpdates,
        BytesQueued = n.BytesQueued,
        LastError = n.LastError,
    };
}

/// <summary>A route as told over a status socket: <see cref="RibRoute"/> in JSON types.</summary>
public sealed record BgpRouteReport
{
    /// <summary>The destination.</summary>
    public required string Prefix { get; init; }

    /// <summary>The family, such as <c>ipv4-unicast</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Address of the neighbour it came from; null for a local route.</summary>
    public string? Neighbor { get; init; }

    /// <summary>Whether it is the one in use.</summary>
    public bool IsBest { get; init; }

    /// <summary>Whether its neighbour is away (RFC 4724).</summary>
    public bool IsStale { get; init; }

    /// <summary>The path identifier (RFC 7911); 0 without.</summary>
    public uint PathId { get; init; }

    /// <summary>The next hop; null for a local route without one.</summary>
    public string? NextHop { get; init; }

    /// <summary>How the route came into BGP.</summary>
    public RouteOrigin Origin { get; init; }

    /// <summary>The AS path, such as <c>65001 65002 {65003,65004}</c>.</summary>
    public string AsPath { get; init; } = "";

    /// <summary>LOCAL_PREF; null when absent.</summary>
    public uint? LocalPreference { get; init; }

    /// <summary>MULTI_EXIT_DISC; null when absent.</summary>
    public uint? MultiExitDiscriminator { get; init; }

    /// <summary>Standard, extended and large communities, each in its text form.</summary>
    public IReadOnlyList<string> Communities { get; init; } = [];

    /// <summary>All attributes on one line, for people.</summary>
    public string Attributes { get; init; } = "";

    internal static BgpRouteReport Of(RibRoute r) => new()
    {
        Prefix = r.Prefix.ToString(),
        Family = r.Family.ToString(),
        Neighbor = r.Neighbor?.ToString(),
        IsBest = r.IsBest,
        IsStale = r.IsStale,
        PathId = r.PathId,
        NextHop = r.Attributes.NextHop?.ToString(),
        Origin = r.Attributes.Origin,
        AsPath = r.Attributes.AsPath.ToString(),
        LocalPreference = r.Attributes.LocalPreference,
        MultiExitDiscriminator = r.Attributes.MultiExitDiscriminator,
        Communities = [.. r.Attributes.Communities.Select(c => c.ToString()), .. r.Attributes.ExtendedCommunities.Select(c => c.ToString()), .. r.Attributes.LargeCommunities.Select(c => c.ToString())],
        Attributes = r.Attributes.ToString(),
    };
}
