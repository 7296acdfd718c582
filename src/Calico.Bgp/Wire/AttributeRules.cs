namespace Calico.Bgp;

/// <summary>What RFC 7606 says to do with an erroneous UPDATE, mildest first.</summary>
public enum ErrorTreatment
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The attribute is dropped, the routes are kept.</summary>
    AttributeDiscard,

    /// <summary>The routes of the UPDATE are withdrawn.</summary>
    TreatAsWithdraw,

    /// <summary>The session ends with a NOTIFICATION.</summary>
    SessionReset,
}

/// <summary>The form of each known attribute and the treatment of a malformed one (RFC 7606 section 7 and the attributes' own RFCs).</summary>
internal static class AttributeRules
{
    private const AttributeFlags WellKnown = AttributeFlags.Transitive;
    private const AttributeFlags OptionalNonTransitive = AttributeFlags.Optional;
    private const AttributeFlags OptionalTransitive = AttributeFlags.Optional | AttributeFlags.Transitive;
    private const AttributeFlags KindMask = AttributeFlags.Optional | AttributeFlags.Transitive;

    /// <summary>The Optional and Transitive bits of a known type; null for an unknown one.</summary>
    public static AttributeFlags? KindOf(AttributeType type) => type switch
    {
        AttributeType.Origin or AttributeType.AsPath or AttributeType.NextHop or AttributeType.LocalPreference or AttributeType.AtomicAggregate => WellKnown,
        AttributeType.MultiExitDiscriminator or AttributeType.OriginatorId or AttributeType.ClusterList
            or AttributeType.MpReachNlri or AttributeType.MpUnreachNlri or AttributeType.Aigp => OptionalNonTransitive,
        AttributeType.Aggregator or AttributeType.Communities or AttributeType.ExtendedCommunities or AttributeType.As4Path
            or AttributeType.As4Aggregator or AttributeType.PmsiTunnel or AttributeType.TunnelEncapsulation
            or AttributeType.Ipv6ExtendedCommunities or AttributeType.LargeCommunities or AttributeType.OnlyToCustomer => OptionalTransitive,
        _ => null,
    };

    public static bool FlagsConflict(AttributeFlags flags, AttributeFlags kind) => (flags & KindMask) != kind;

    /// <summary>Whether a value has not the form its type prescribes.</summary>
    /// <param name="type">The attribute.</param>
    /// <param name="value">Its value.</param>
    /// <param name="asWidth">Octets of an AS number in AS_PATH and AGGREGATOR: 2 or 4.</param>
    public static bool LengthIsWrong(AttributeType type, ReadOnlySpan<byte> value, int asWidth) => type switch
    {
        AttributeType.Origin => value.Length != 1 || value[0] > 2,
        AttributeType.AsPath => !AsPathWire.IsWellFormed(value, asWidth),
        AttributeType.NextHop or AttributeType.MultiExitDiscriminator or AttributeType.LocalPreference
            or AttributeType.OriginatorId or AttributeType.OnlyToCustomer => value.Length != 4,
        AttributeType.AtomicAggregate => !value.IsEmpty,
        AttributeType.Aggregator => value.Length != 4 + asWidth || value[..asWidth].IndexOfAnyExcept((byte)0) < 0,
        AttributeType.As4Aggregator => value.Length != 8 || value[..4].IndexOfAnyExcept((byte)0) < 0,
        AttributeType.Communities or AttributeType.ClusterList => value.IsEmpty || value.Length % 4 != 0,
        AttributeType.ExtendedCommunities => value.IsEmpty || value.Length % 8 != 0,
        AttributeType.LargeCommunities => value.IsEmpty || value.Length % 12 != 0,
        AttributeType.Ipv6ExtendedCommunities => value.IsEmpty || value.Length % 20 != 0,
        AttributeType.As4Path => !AsPathWire.IsWellFormed(value, 4) || AsPathWire.ContainsZero(value, 4) || AsPathWire.HasConfedSegment(value),
        AttributeType.Aigp => AttributeValues.AigpMetric(value) is null,
        AttributeType.PmsiTunnel => value.Length < 5,
        _ => false,
    };

    public static ErrorTreatment TreatmentOf(AttributeType type) => type switch
    {
        AttributeType.AtomicAggregate or AttributeType.Aggregator or AttributeType.As4Path or AttributeType.As4Aggregator or AttributeType.Aigp
            => ErrorTreatment.AttributeDiscard,
        _ => ErrorTreatment.TreatAsWithdraw,
    };
}
