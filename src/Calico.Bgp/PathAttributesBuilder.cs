using System.Buffers.Binary;
using System.Net;

namespace Calico.Bgp;

/// <summary>Makes attributes, or a changed copy of some.</summary>
public sealed class PathAttributesBuilder
{
    private readonly SortedDictionary<AttributeType, (AttributeFlags Flags, byte[] Value)> _attributes = [];
    private byte[] _nextHop = [];

    /// <summary>Starts with ORIGIN IGP and an empty AS path.</summary>
    public PathAttributesBuilder()
    {
        SetOrigin(RouteOrigin.Igp);
        SetAsPath(AsPath.Empty);
    }

    /// <summary>Starts with a copy.</summary>
    /// <param name="attributes">What to start from.</param>
    public PathAttributesBuilder(PathAttributes attributes)
    {
        var reader = new AttributeReader(attributes.Wire);
        while (reader.TryRead(out PathAttribute attribute))
            _attributes[attribute.Type] = (attribute.Flags & ~AttributeFlags.ExtendedLength, attribute.Value.ToArray());
        _nextHop = attributes.NextHopWire.ToArray();
    }

    /// <summary>Sets ORIGIN.</summary>
    /// <param name="origin">IGP, EGP or incomplete.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetOrigin(RouteOrigin origin) => Set(AttributeType.Origin, AttributeFlags.Transitive, [(byte)origin]);

    /// <summary>Sets AS_PATH.</summary>
    /// <param name="path">The whole path.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetAsPath(AsPath path) => Set(AttributeType.AsPath, AttributeFlags.Transitive, path.Wire);

    /// <summary>Puts numbers before the AS path; they stand in it in the order given.</summary>
    /// <param name="asns">The numbers.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Prepend(params ReadOnlySpan<Asn> asns)
    {
        byte[] path = Value(AttributeType.AsPath);
        for (int i = asns.Length - 1; i >= 0; i--) path = AsPathEdit.Prepend(path, asns[i].Value, (byte)AsPathSegmentType.Sequence);
        return Set(AttributeType.AsPath, AttributeFlags.Transitive, path);
    }

    /// <summary>Sets the next hop.</summary>
    /// <param name="nextHop">An IPv4 or IPv6 address.</param>
    /// <param name="linkLocal">For a global IPv6 next hop: the link-local address of the same router (RFC 2545); null for none.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetNextHop(IPAddress nextHop, IPAddress? linkLocal = null)
    {
        _nextHop = linkLocal is null ? nextHop.GetAddressBytes() : [.. nextHop.GetAddressBytes(), .. linkLocal.GetAddressBytes()];
        return this;
    }

    internal PathAttributesBuilder SetNextHop(ReadOnlySpan<byte> wire)
    {
        _nextHop = wire.ToArray();
        return this;
    }

    /// <summary>Sets or removes MULTI_EXIT_DISC.</summary>
    /// <param name="med">The value; null removes it.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetMed(uint? med) => SetUInt32(AttributeType.MultiExitDiscriminator, AttributeFlags.Optional, med);

    /// <summary>Sets or removes LOCAL_PREF.</summary>
    /// <param name="preference">The value, higher is preferred; null removes it.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetLocalPreference(uint? preference) => SetUInt32(AttributeType.LocalPreference, AttributeFlags.Transitive, preference);

    /// <summary>Sets AGGREGATOR.</summary>
    /// <param name="aggregator">Who formed the aggregate; an IPv4 address.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetAggregator(Aggregator aggregator)
    {
        var value = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(value, aggregator.Asn.Value);
        if (!aggregator.Address.TryWriteBytes(value.AsSpan(4), out int written) || written != 4)
            throw new ArgumentException($"AGGREGATOR needs an IPv4 address, not '{aggregator.Address}'.", nameof(aggregator));
        return Set(AttributeType.Aggregator, AttributeFlags.Optional | AttributeFlags.Transitive, value);
    }

    /// <summary>Sets or removes ATOMIC_AGGREGATE.</summary>
    /// <param name="present">Whether it is there.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder SetAtomicAggregate(bool present) =>
        present ? Set(AttributeType.AtomicAggregate, AttributeFlags.Transitive, []) : Remove(AttributeType.AtomicAggregate);

    /// <summary>Adds a community unless it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Add(Community community)
    {
        byte[] value = Value(AttributeType.Communities);
        if (AttributeValues.Contains(value, community)) return this;
        Span<byte> item = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(item, community.Value);
        return Append(AttributeType.Communities, value, item);
    }

    /// <summary>Adds a large community unless it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Add(LargeCommunity community)
    {
        byte[] value = Value(AttributeType.LargeCommunities);
        if (AttributeValues.Contains(value, community)) return this;
        Span<byte> item = stackalloc byte[12];
        AttributeValues.WriteLarge(item, community);
        return Append(AttributeType.LargeCommunities, value, item);
    }

    /// <summary>Adds an extended community unless it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Add(ExtendedCommunity community)
    {
        byte[] value = Value(AttributeType.ExtendedCommunities);
        if (AttributeValues.Contains(value, community)) return this;
        Span<byte> item = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(item, community.Value);
        return Append(AttributeType.ExtendedCommunities, value, item);
    }

    /// <summary>Takes a community out, if it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Remove(Community community)
    {
        Span<byte> item = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(item, community.Value);
        return RemoveItem(AttributeType.Communities, item);
    }

    /// <summary>Takes a large community out, if it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Remove(LargeCommunity community)
    {
        Span<byte> item = stackalloc byte[12];
        AttributeValues.WriteLarge(item, community);
        return RemoveItem(AttributeType.LargeCommunities, item);
    }

    /// <summary>Takes an extended community out, if it is there.</summary>
    /// <param name="community">The community.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Remove(ExtendedCommunity community)
    {
        Span<byte> item = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(item, community.Value);
        return RemoveItem(AttributeType.ExtendedCommunities, item);
    }

    /// <summary>Sets any attribute to raw octets.</summary>
    /// <param name="type">The type code; not NEXT_HOP, MP_REACH_NLRI or MP_UNREACH_NLRI.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="value">Its value, up to 65535 octets; AS numbers in four octets.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Set(AttributeType type, AttributeFlags flags, ReadOnlySpan<byte> value)
    {
        if (type is AttributeType.NextHop or AttributeType.MpReachNlri or AttributeType.MpUnreachNlri)
            throw new ArgumentException($"{type} is not part of a route's attributes: use SetNextHop.", nameof(type));
        if (AttributeRules.LengthIsWrong(type, value, 4))
            throw new ArgumentException($"{value.Length} octets are not a well-formed {type}.", nameof(value));
        _attributes[type] = (flags & ~AttributeFlags.ExtendedLength, value.ToArray());
        return this;
    }

    /// <summary>Takes an attribute out, if it is there; ORIGIN and AS_PATH stay.</summary>
    /// <param name="type">The type code.</param>
    /// <returns>This builder.</returns>
    public PathAttributesBuilder Remove(AttributeType type)
    {
        if (type is not (AttributeType.Origin or AttributeType.AsPath)) _attributes.Remove(type);
        return this;
    }

    /// <summary>The attributes as they are now.</summary>
    /// <returns>A new immutable set.</returns>
    /// <exception cref="InvalidOperationException">Together they are longer than the 65,000 octets any message could carry.</exception>
    public PathAttributes Build()
    {
        int length = 0;
        foreach ((_, (_, byte[] value)) in _attributes) length += value.Length + (value.Length > 255 ? 4 : 3);
        if (length + _nextHop.Length > 65000) throw new InvalidOperationException($"The attributes have {length} octets; no message holds more than 65,000.");
        var octets = new byte[length + _nextHop.Length];
        int at = 0;
        foreach ((AttributeType type, (AttributeFlags flags, byte[] value)) in _attributes) at += AttributeWriter.Write(octets.AsSpan(at), flags, type, value);
        _nextHop.CopyTo(octets, at);
        return new PathAttributes(octets, at, AttributeHash.Of(octets));
    }

    private byte[] Value(AttributeType type) => _attributes.TryGetValue(type, out (AttributeFlags, byte[] Value) found) ? found.Value : [];

    private PathAttributesBuilder SetUInt32(AttributeType type, AttributeFlags flags, uint? value)
    {
        if (value is not uint number) return Remove(type);
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, number);
        return Set(type, flags, octets);
    }

    private PathAttributesBuilder Append(AttributeType type, byte[] value, ReadOnlySpan<byte> item) =>
        Set(type, AttributeFlags.Optional | AttributeFlags.Transitive, [.. value, .. item]);

    private PathAttributesBuilder RemoveItem(AttributeType type, ReadOnlySpan<byte> item)
    {
        byte[] value = Value(type);
        var kept = new List<byte>(value.Length);
        for (int i = 0; i < value.Length; i += item.Length)
        {
            ReadOnlySpan<byte> one = value.AsSpan(i, item.Length);
            if (!one.SequenceEqual(item)) kept.AddRange(one);
        }

        if (kept.Count == value.Length) return this;
        return kept.Count == 0 ? Remove(type) : Set(type, AttributeFlags.Optional | AttributeFlags.Transitive, [.. kept]);
    }
}
