using System.Net;

namespace Calico.Bgp;

/// <summary>State of a neighbour's session (RFC 4271 section 8.2.2).</summary>
public enum BgpState
{
    /// <summary>Refuses connections.</summary>
    Idle,

    /// <summary>Waits for the dialled connection.</summary>
    Connect,

    /// <summary>Waits for the neighbour to connect, or for the next attempt.</summary>
    Active,

    /// <summary>Waits for the neighbour's OPEN.</summary>
    OpenSent,

    /// <summary>Waits for the neighbour's first KEEPALIVE.</summary>
    OpenConfirm,

    /// <summary>Exchanges routes.</summary>
    Established,
}

/// <summary>A neighbour at one moment.</summary>
public sealed record NeighborStatus
{
    /// <summary>Name or address.</summary>
    public required string Name { get; init; }

    /// <summary>The address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The AS that was configured or, on a session, announced; null while not known.</summary>
    public Asn? Asn { get; init; }

    /// <summary>Whether the neighbour is in our AS.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Whether the neighbour came by a range.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>State of the session, the furthest of two while they collide.</summary>
    public BgpState State { get; init; }

    /// <summary>Since when the session has been in this state.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The neighbour's BGP identifier, while a session is open.</summary>
    public IPAddress? RouterId { get; init; }

    /// <summary>Own end of the connection.</summary>
    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>The neighbour's end of the connection.</summary>
    public IPEndPoint? RemoteEndPoint { get; init; }

    /// <summary>The negotiated hold time; zero: never expires.</summary>
    public TimeSpan HoldTime { get; init; }

    /// <summary>Families both sides have.</summary>
    public IReadOnlyList<Family> Families { get; init; } = [];

    /// <summary>Messages received since the start.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages sent since the start.</summary>
    public long MessagesSent { get; init; }

    /// <summary>UPDATEs received since the start.</summary>
    public long UpdatesReceived { get; init; }

    /// <summary>UPDATEs sent since the start.</summary>
    public long UpdatesSent { get; init; }

    /// <summary>Routes received from the neighbour, over all families: those it has announced and not withdrawn when they are kept before policy
    /// (<see cref="NeighborOptions.SoftReconfiguration"/>), otherwise <see cref="PrefixesAccepted"/> + <see cref="PrefixesRejected"/>.</summary>
    public long PrefixesReceived { get; init; }

    /// <summary>Prefixes accepted from the neighbour, over all families.</summary>
    public int PrefixesAccepted { get; init; }

    /// <summary>Routes that the import filter refused since the session came up.</summary>
    public long PrefixesRejected { get; init; }

    /// <summary>Routes that the neighbour has been sent and not had withdrawn (Adj-RIB-Out), over all families.</summary>
    public long PrefixesAdvertised { get; init; }

    /// <summary>How often the session has been established.</summary>
    public int TimesEstablished { get; init; }

    /// <summary>UPDATEs treated as withdrawals or with attributes discarded since the start (RFC 7606).</summary>
    public long MalformedUpdates { get; init; }

    /// <summary>Whether the neighbour is away and its routes are kept (graceful restart).</summary>
    public bool IsRestarting { get; init; }

    /// <summary>Octets waiting to be written to the connection.</summary>
    public long BytesQueued { get; init; }

    /// <summary>Why the last session or attempt ended; null when none has.</summary>
    public string? LastError { get; init; }
}
