using System.Net;

namespace Calico.Bgp;

/// <summary>What kind of neighbour routes go to, as far as attributes are concerned.</summary>
internal enum PeerKind : byte
{
    External,
    ConfedExternal,
    Internal,
    Client,
}

/// <summary>All that makes what is sent to one neighbour differ from what is sent to another: neighbours with equal profiles share encoded updates.</summary>
internal sealed record ExportProfile
{
    public required Family Family { get; init; }
    public required PeerKind Kind { get; init; }
    public bool RouteServer { get; init; }
    public required uint LocalAsn { get; init; }
    public uint? ConfederationId { get; init; }
    public bool FourOctetAsn { get; init; }
    public int MaximumLength { get; init; } = MessageFrame.MaximumLength;
    public bool AddPath { get; init; }
    public int AddPathLimit { get; init; }
    public bool ExtendedNextHop { get; init; }
    public NextHopMode NextHop { get; init; }

    /// <summary>The own next hop in wire form for this family; empty when the session has no address of it.</summary>
    public required EquatableBytes OwnNextHop { get; init; }
    public RouteFilter? Filter { get; init; }
    public bool RemovePrivateAs { get; init; }
    public uint? AsOverride { get; init; }
    public CommunityKinds SendCommunities { get; init; }
    public BgpRole? Role { get; init; }
    public bool LongLived { get; init; }
    public uint ClusterId { get; init; }
    public uint DefaultLocalPreference { get; init; } = 100;

    /// <summary>Set when the filter looks at the neighbour, or is absent where policy is required: then nothing is shared.</summary>
    public RouteParty? Neighbor { get; init; }

    private static readonly RouteParty AnyExternal = new() { IsExternal = true };
    private static readonly RouteParty AnyInternal = new();

    /// <summary>What a filter that does not look at the neighbour is shown.</summary>
    public static RouteParty AnyNeighbor(PeerKind kind) => kind == PeerKind.External ? AnyExternal : AnyInternal;
}

/// <summary>Octets with value equality.</summary>
internal readonly struct EquatableBytes(byte[] octets) : IEquatable<EquatableBytes>
{
    private readonly byte[] _octets = octets;

    public ReadOnlySpan<byte> Span => _octets;

    public bool Equals(EquatableBytes other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is EquatableBytes other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_octets);
        return hash.ToHashCode();
    }
}
