using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Calico.Bgp;

/// <summary>How a route came into BGP (RFC 4271 section 5.1.1); lower is preferred.</summary>
public enum RouteOrigin : byte
{
    /// <summary>From inside the originating AS.</summary>
    Igp = 0,

    /// <summary>By EGP.</summary>
    Egp = 1,

    /// <summary>By other means.</summary>
    Incomplete = 2,
}

/// <summary>AGGREGATOR: who formed an aggregate (RFC 4271 section 5.1.7).</summary>
/// <param name="Asn">Its AS.</param>
/// <param name="Address">Its IPv4 address or identifier.</param>
public readonly record struct Aggregator(Asn Asn, IPAddress Address);

/// <summary>The attributes of a route, immutable, in one canonical form: equal attributes are equal octets.</summary>
/// <remarks>Attributes are in ascending order of type, AS numbers have four octets, AS4_PATH and AS4_AGGREGATOR are merged,
/// and the next hop stands apart because IPv4 and other families carry it in different places.</remarks>
public sealed class PathAttributes : IEquatable<PathAttributes>
{
    /// <summary>ORIGIN IGP, an empty AS path and no next hop: what a local route starts from.</summary>
    public static PathAttributes LocalDefault { get; } = new PathAttributesBuilder().Build();

    private readonly byte[] _octets;
    private readonly ushort _attributesLength;
    private readonly ushort _asPathAt;
    private readonly ushort _asPathLength;
    private readonly ushort _communitiesAt;
    private readonly ushort _communitiesLength;

    internal readonly uint Med;
    internal readonly uint LocalPref;
    internal readonly uint NeighborAs;
    internal readonly uint Originator;
    internal readonly ushort PathLength;
    internal readonly byte ClusterCount;
    internal readonly byte OriginCode;
    internal readonly AttributePresence Present;
    internal readonly int Hash;

    // Owned by AttributeTable: place, users and chain in the intern table.
    internal int Id;
    internal int References;
    internal int NextInBucket;

    // Owned by the speaker's next-hop tracking.
    internal uint Metric;
    internal bool Unreachable;

    internal PathAttributes(byte[] octets, int attributesLength, int hash)
    {
        _octets = octets;
        _attributesLength = (ushort)attributesLength;
        Hash = hash;
        var reader = new AttributeReader(Wire);
        while (reader.TryRead(out PathAttribute attribute))
        {
            ReadOnlySpan<byte> value = attribute.Value;
            int at = attributesLength - reader.Rest.Length - value.Length;
            switch (attribute.Type)
            {
                case AttributeType.Origin:
                    OriginCode = value[0];
                    break;
                case AttributeType.AsPath:
                    _asPathAt = (ushort)at;
                    _asPathLength = (ushort)value.Length;
                    PathLength = (ushort)AsPathWire.Length(value);
                    NeighborAs = AsPathWire.Leftmost(value);
                    break;
                case AttributeType.MultiExitDiscriminator:
                    Med = BinaryPrimitives.ReadUInt32BigEndian(value);
                    Present |= AttributePresence.Med;
                    break;
                case AttributeType.LocalPreference:
                    LocalPref = BinaryPrimitives.ReadUInt32BigEndian(value);
                    Present |= AttributePresence.LocalPref;
                    break;
                case AttributeType.Communities:
                    _communitiesAt = (ushort)at;
                    _communitiesLength = (ushort)value.Length;
                    Present |= AttributePresenceOf.Communities(value);
                    break;
                case AttributeType.OriginatorId:
                    Originator = BinaryPrimitives.ReadUInt32BigEndian(value);
                    Present |= AttributePresence.Originator;
                    break;
                case AttributeType.ClusterList:
                    ClusterCount = (byte)Math.Min(255, value.Length / 4);
                    break;
                case AttributeType.OnlyToCustomer:
                    Present |= AttributePresence.OnlyToCustomer;
                    break;
                case AttributeType.AtomicAggregate or AttributeType.Aggregator:
                    break;
                case AttributeType.Aigp:
                    Present |= AttributePresence.Aigp;
                    break;
                case AttributeType.ExtendedCommunities or AttributeType.LargeCommunities or AttributeType.Ipv6ExtendedCommunities:
                    Present |= AttributePresence.OtherCommunities;
                    break;
                default:
                    Present |= AttributePresence.Unknown;
                    break;
            }
        }
    }

    /// <summary>The attributes in wire form without next hop.</summary>
    public ReadOnlySpan<byte> Wire => _octets.AsSpan(0, _attributesLength);

    /// <summary>The next hop in wire form: 0, 4, 16 or 32 octets (global and link-local), or with a route distinguisher before each.</summary>
    public ReadOnlySpan<byte> NextHopWire => _octets.AsSpan(_attributesLength);

    internal ReadOnlySpan<byte> Octets => _octets;

    internal ReadOnlySpan<byte> AsPathOctets => _octets.AsSpan(_asPathAt, _asPathLength);

    internal ReadOnlySpan<byte> CommunityOctets => _octets.AsSpan(_communitiesAt, _communitiesLength);

    /// <summary>How the route came into BGP.</summary>
    public RouteOrigin Origin => (RouteOrigin)OriginCode;

    /// <summary>The AS path.</summary>
    public AsPath AsPath => new(_octets.AsMemory(_asPathAt, _asPathLength));

    /// <summary>The next hop; null for a local route without one.</summary>
    public IPAddress? NextHop => NextHopForm.Primary(NextHopWire);

    /// <summary>The link-local next hop given with a global IPv6 one (RFC 2545); null when there is none.</summary>
    public IPAddress? LinkLocalNextHop => NextHopForm.LinkLocal(NextHopWire);

    /// <summary>MULTI_EXIT_DISC; null when absent.</summary>
    public uint? MultiExitDiscriminator => (Present & AttributePresence.Med) != 0 ? Med : null;

    /// <summary>LOCAL_PREF; null when absent.</summary>
    public uint? LocalPreference => (Present & AttributePresence.LocalPref) != 0 ? LocalPref : null;

    /// <summary>Whether ATOMIC_AGGREGATE is there.</summary>
    public bool AtomicAggregate => TryGet(AttributeType.AtomicAggregate, out _, out _);

    /// <summary>AGGREGATOR; null when absent.</summary>
    public Aggregator? Aggregator => TryGet(AttributeType.Aggregator, out _, out ReadOnlySpan<byte> value)
        ? new Aggregator(BinaryPrimitives.ReadUInt32BigEndian(value), new IPAddress(value.Slice(4, 4))) : null;

    /// <summary>Standard communities, in the order received.</summary>
    public IReadOnlyList<Community> Communities
    {
        get
        {
            var list = new Community[_communitiesLength / 4];
            for (int i = 0; i < list.Length; i++) list[i] = new Community(BinaryPrimitives.ReadUInt32BigEndian(CommunityOctets[(4 * i)..]));
            return list;
        }
    }

    /// <summary>Extended communities, in the order received.</summary>
    public IReadOnlyList<ExtendedCommunity> ExtendedCommunities
    {
        get
        {
            if (!TryGet(AttributeType.ExtendedCommunities, out _, out ReadOnlySpan<byte> value)) return [];
            var list = new ExtendedCommunity[value.Length / 8];
            for (int i = 0; i < list.Length; i++) list[i] = new ExtendedCommunity(BinaryPrimitives.ReadUInt64BigEndian(value[(8 * i)..]));
            return list;
        }
    }

    /// <summary>Large communities, in the order received.</summary>
    public IReadOnlyList<LargeCommunity> LargeCommunities
    {
        get
        {
            if (!TryGet(AttributeType.LargeCommunities, out _, out ReadOnlySpan<byte> value)) return [];
            var list = new LargeCommunity[value.Length / 12];
            for (int i = 0; i < list.Length; i++) list[i] = AttributeValues.ReadLarge(value[(12 * i)..]);
            return list;
        }
    }

    /// <summary>ORIGINATOR_ID (RFC 4456); null when absent.</summary>
    public IPAddress? OriginatorId => (Present & AttributePresence.Originator) != 0 ? Net.IpPrefix.V4(Originator).ToAddress() : null;

    /// <summary>CLUSTER_LIST (RFC 4456), nearest first.</summary>
    public IReadOnlyList<IPAddress> ClusterList
    {
        get
        {
            if (!TryGet(AttributeType.ClusterList, out _, out ReadOnlySpan<byte> value)) return [];
            var list = new IPAddress[value.Length / 4];
            for (int i = 0; i < list.Length; i++) list[i] = new IPAddress(value.Slice(4 * i, 4));
            return list;
        }
    }

    /// <summary>The AS in ONLY_TO_CUSTOMER (RFC 9234); null when absent.</summary>
    public Asn? OnlyToCustomer => TryGet(AttributeType.OnlyToCustomer, out _, out ReadOnlySpan<byte> value)
        ? new Asn(BinaryPrimitives.ReadUInt32BigEndian(value)) : null;

    /// <summary>The accumulated IGP metric (RFC 7311); null when absent.</summary>
    public ulong? AccumulatedIgpMetric => TryGet(AttributeType.Aigp, out _, out ReadOnlySpan<byte> value) ? AttributeValues.AigpMetric(value) : null;

    /// <summary>Whether a standard community is there; allocates nothing.</summary>
    /// <param name="community">The community.</param>
    public bool Has(Community community) => CommunityOctets.Length >= 4 && AttributeValues.Contains(CommunityOctets, community);

    /// <summary>Whether a large community is there; allocates nothing.</summary>
    /// <param name="community">The community.</param>
    public bool Has(LargeCommunity community) =>
        TryGet(AttributeType.LargeCommunities, out _, out ReadOnlySpan<byte> value) && AttributeValues.Contains(value, community);

    /// <summary>Whether an extended community is there; allocates nothing.</summary>
    /// <param name="community">The community.</param>
    public bool Has(ExtendedCommunity community) =>
        TryGet(AttributeType.ExtendedCommunities, out _, out ReadOnlySpan<byte> value) && AttributeValues.Contains(value, community);

    /// <summary>The value of any attribute, known or not.</summary>
    /// <param name="type">The type code.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when it is absent.</returns>
    public bool TryGet(AttributeType type, out AttributeFlags flags, out ReadOnlySpan<byte> value)
    {
        var reader = new AttributeReader(Wire);
        while (reader.TryRead(out PathAttribute attribute))
        {
            if (attribute.Type != type) continue;
            flags = attribute.Flags;
            value = attribute.Value;
            return true;
        }

        flags = default;
        value = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(PathAttributes? other) =>
        other is not null && (ReferenceEquals(this, other) || (_attributesLength == other._attributesLength && Octets.SequenceEqual(other.Octets)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PathAttributes);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash;

    /// <summary>A line for people.</summary>
    /// <returns>For example <c>via 10.0.0.1 path [65000 65001] origin igp local-pref 100</c>.</returns>
    public override string ToString() => PathAttributesText.Format(this);
}

/// <summary>What a set of attributes holds, for decisions that run per route.</summary>
[Flags]
internal enum AttributePresence : ushort
{
    None = 0,
    Med = 1,
    LocalPref = 2,
    Originator = 4,
    NoExport = 8,
    NoAdvertise = 16,
    NoExportSubconfed = 32,
    LlgrStale = 64,
    NoLlgr = 128,
    GracefulShutdown = 256,
    OnlyToCustomer = 512,
    Unknown = 1024,
    Aigp = 2048,
    OtherCommunities = 4096,
    Communities = 8192,
}

internal static class AttributePresenceOf
{
    public static AttributePresence Communities(ReadOnlySpan<byte> value)
    {
        var present = AttributePresence.Communities;
        for (; value.Length >= 4; value = value[4..])
        {
            if (value[0] != 0xFF) continue;
            present |= BinaryPrimitives.ReadUInt32BigEndian(value) switch
            {
                0xFFFFFF01 => AttributePresence.NoExport,
                0xFFFFFF02 => AttributePresence.NoAdvertise,
                0xFFFFFF03 => AttributePresence.NoExportSubconfed,
                0xFFFF0006 => AttributePresence.LlgrStale,
                0xFFFF0007 => AttributePresence.NoLlgr,
                0xFFFF0000 => AttributePresence.GracefulShutdown,
                _ => AttributePresence.None,
            };
        }

        return present;
    }
}
