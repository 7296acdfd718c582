using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>What a session has settled that changes how UPDATEs are read.</summary>
public sealed record UpdateDecoderOptions
{
    /// <summary>Whether AS numbers have four octets: both sides have the capability (RFC 6793).</summary>
    public bool FourOctetAsn { get; init; } = true;

    /// <summary>Whether the neighbour is in another AS; a member of the own confederation counts as another here only for ORIGINATOR_ID and CLUSTER_LIST.</summary>
    public bool IsExternal { get; init; } = true;

    /// <summary>Whether the neighbour belongs to the own confederation, so that confederation segments and LOCAL_PREF are in order.</summary>
    public bool IsConfederation { get; init; }

    /// <summary>The AS a path has to begin with; null: any.</summary>
    public Asn? FirstAsn { get; init; }

    /// <summary>Families of the session; null: all that are known. UPDATEs of others are read and passed over.</summary>
    public IReadOnlyList<Family>? Families { get; init; }

    /// <summary>Families whose NLRI carry path identifiers.</summary>
    public IReadOnlyList<Family> AddPath { get; init; } = [];

    /// <summary>Whether IPv4 NLRI may have IPv6 next hops (RFC 8950).</summary>
    public bool ExtendedNextHop { get; init; }
}

/// <summary>Reads UPDATEs with the error handling of RFC 7606. Keeps its buffers: one for each session, not for several threads.</summary>
public sealed partial class UpdateDecoder
{
    private readonly UpdateDecoderOptions _options;
    private readonly AttributeSlot[] _slots = new AttributeSlot[256];
    private readonly ulong[] _seen = new ulong[4];
    private byte[] _canonical = new byte[1024];
    private byte[] _path = [];
    private int _slotCount;

    /// <summary>A decoder for a session.</summary>
    /// <param name="options">What the session has settled.</param>
    public UpdateDecoder(UpdateDecoderOptions options) => _options = options;

    private enum ValueSource : byte { Message, Path }

    private record struct AttributeSlot(AttributeFlags Flags, AttributeType Type, ValueSource Source, int At, int Length);

    /// <summary>Reads one UPDATE.</summary>
    /// <param name="body">The message after its header.</param>
    /// <returns>Its parts, and what is wrong with it; valid until the next call.</returns>
    public DecodedUpdate Decode(ReadOnlySpan<byte> body)
    {
        var result = new DecodedUpdate(this);
        if (!UpdateReader.TryRead(body, out UpdateReader update, out BgpError error)) return result.Reset(error);
        _slotCount = 0;
        _seen.AsSpan().Clear();
        result.Withdrawn = update.Withdrawn;
        result.Nlri = update.Nlri;
        if (update.Attributes.IsEmpty && update.Nlri.IsEmpty)
        {
            if (update.Withdrawn.IsEmpty) result.EndOfRib = Family.Ipv4Unicast;
        }
        else
        {
            Walk(update.Attributes, ref result);
            if (result.Treatment == ErrorTreatment.SessionReset) return result;
        }

        bool addPath = Contains(_options.AddPath, Family.Ipv4Unicast);
        if (!NlriForm.IsWellFormed(Family.Ipv4Unicast, update.Withdrawn, addPath) || !NlriForm.IsWellFormed(Family.Ipv4Unicast, update.Nlri, addPath))
            return result.Reset(BgpError.Update(10));

        if (!update.Nlri.IsEmpty || !update.Withdrawn.IsEmpty || !result.ReachNlri.IsEmpty) result.EndOfRib = null;
        if (!update.Nlri.IsEmpty || !result.ReachNlri.IsEmpty) CheckMandatory(!update.Nlri.IsEmpty, ref result);
        if (result.Treatment < ErrorTreatment.TreatAsWithdraw) Canonicalize(update.Attributes, ref result);
        return result;
    }

    private static bool Contains(IReadOnlyList<Family> families, Family family)
    {
        for (int i = 0; i < families.Count; i++)
        {
            if (families[i] == family) return true;
        }

        return false;
    }

    private void Walk(ReadOnlySpan<byte> attributes, ref DecodedUpdate result)
    {
        var reader = new AttributeReader(attributes);
        while (reader.TryRead(out PathAttribute attribute))
        {
            int at = attributes.Length - reader.Rest.Length - attribute.Value.Length;
            Take(attribute, at, ref result);
            if (result.Treatment == ErrorTreatment.SessionReset) return;
        }

        if (!reader.IsTruncated) return;
        // RFC 7606 section 4: the rest cannot be read, but NLRI can be found, unless it was in the part that was cut.
        if (reader.Rest.Length >= 2 && (AttributeType)reader.Rest[1] is AttributeType.MpReachNlri or AttributeType.MpUnreachNlri)
            result = result.Reset(BgpError.Update(9, reader.Rest));
        else
            result.Withdraw(BgpError.Update(5, reader.Rest));
    }

    private void Take(in PathAttribute attribute, int at, ref DecodedUpdate result)
    {
        AttributeType type = attribute.Type;
        ref ulong seen = ref _seen[(byte)type >> 6];
        ulong bit = 1UL << ((byte)type & 63);
        if ((seen & bit) != 0)
        {
            if (type is AttributeType.MpReachNlri or AttributeType.MpUnreachNlri) result = result.Reset(BgpError.Update(1));
            else result.Discarded++;
            return;
        }

        seen |= bit;
        if (AttributeRules.KindOf(type) is not { } kind)
        {
            TakeUnknown(attribute, at, ref result);
            return;
        }

        if (AttributeRules.FlagsConflict(attribute.Flags, kind))
        {
            result.Withdraw(BgpError.Update(4, attribute.Raw));
            if (type is not (AttributeType.MpReachNlri or AttributeType.MpUnreachNlri)) return;
        }

        switch (type)
        {
            case AttributeType.MpReachNlri:
                TakeReach(attribute, ref result);
                return;
            case AttributeType.MpUnreachNlri:
                TakeUnreach(attribute, ref result);
                return;
            case AttributeType.LocalPreference when _options is { IsExternal: true, IsConfederation: false }:
            case AttributeType.OriginatorId or AttributeType.ClusterList when _options.IsExternal:
            case AttributeType.Aigp when _options is { IsExternal: true, IsConfederation: false }:
            case AttributeType.As4Path or AttributeType.As4Aggregator when _options.FourOctetAsn:
                result.Discarded++;
                return;
        }

        int width = _options.FourOctetAsn ? 4 : 2;
        if (AttributeRules.LengthIsWrong(type, attribute.Value, width))
        {
            if (AttributeRules.TreatmentOf(type) == ErrorTreatment.AttributeDiscard) result.Discarded++;
            else result.Withdraw(Malformed(attribute));
            return;
        }

        if (type == AttributeType.AsPath && !PathIsAcceptable(attribute.Value, width))
        {
            result.Withdraw(BgpError.Update(11, attribute.Raw));
            return;
        }

        if (type == AttributeType.NextHop) result.NextHop = attribute.Value;
        else Keep(attribute.Flags, type, ValueSource.Message, at, attribute.Value.Length);
    }

    private static BgpError Malformed(in PathAttribute attribute) => BgpError.Update(
        attribute.Type switch
        {
            AttributeType.Origin when attribute.Value.Length == 1 => 6,
            AttributeType.AsPath => 11,
            AttributeType.Origin or AttributeType.NextHop or AttributeType.MultiExitDiscriminator or AttributeType.LocalPreference => 5,
            _ => 9,
        },
        attribute.Raw);

    private bool PathIsAcceptable(ReadOnlySpan<byte> path, int width)
    {
        if (AsPathWire.ContainsZero(path, width)) return false;
        if (_options.IsExternal && !_options.IsConfederation && AsPathWire.HasConfedSegment(path, width)) return false;
        if (_options.FirstAsn is not { } first) return true;
        return AsPathWire.TryReadSegment(ref path, out byte type, out ReadOnlySpan<byte> numbers, width) && type is 2 or 3
            && (width == 4 ? BinaryPrimitives.ReadUInt32BigEndian(numbers) == first.Value
                : BinaryPrimitives.ReadUInt16BigEndian(numbers) == (first.Is2Octet ? first.Value : Asn.Trans.Value));
    }

    private void TakeUnknown(in PathAttribute attribute, int at, ref DecodedUpdate result)
    {
        if ((attribute.Flags & AttributeFlags.Optional) == 0)
            result = result.Reset(BgpError.Update(2, attribute.Raw));
        else if ((attribute.Flags & AttributeFlags.Transitive) == 0)
            result.Discarded++;
        else
            Keep(attribute.Flags | AttributeFlags.Partial, attribute.Type, ValueSource.Message, at, attribute.Value.Length);
    }

    private void TakeReach(in PathAttribute attribute, ref DecodedUpdate result)
    {
        ReadOnlySpan<byte> value = attribute.Value;
        if (value.Length < 5 || value.Length < 5 + value[3])
        {
            result = result.Reset(BgpError.Update(9, attribute.Raw));
            return;
        }

        var family = new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[2]);
        if (!IsOfSession(family)) return;
        ReadOnlySpan<byte> nlri = value[(5 + value[3])..];
        if (!NlriForm.NextHopLengthIsValid(family, value[3], _options.ExtendedNextHop) || !NlriForm.IsWellFormed(family, nlri, Contains(_options.AddPath, family)))
        {
            result = result.Reset(BgpError.Update(9, attribute.Raw));
            return;
        }

        result.ReachFamily = family;
        result.ReachNextHop = value.Slice(4, value[3]);
        result.ReachNlri = nlri;
    }

    private void TakeUnreach(in PathAttribute attribute, ref DecodedUpdate result)
    {
        ReadOnlySpan<byte> value = attribute.Value;
        if (value.Length < 3)
        {
            result = result.Reset(BgpError.Update(9, attribute.Raw));
            return;
        }

        var family = new Family(BinaryPrimitives.ReadUInt16BigEndian(value), value[2]);
        if (!IsOfSession(family)) return;
        if (!NlriForm.IsWellFormed(family, value[3..], Contains(_options.AddPath, family)))
        {
            result = result.Reset(BgpError.Update(9, attribute.Raw));
            return;
        }

        result.UnreachFamily = family;
        result.UnreachNlri = value[3..];
        if (value.Length == 3) result.EndOfRib = family;
    }

    private bool IsOfSession(Family family) => _options.Families is { } families ? Contains(families, family) : family.IsKnown;

    private bool Seen(AttributeType type) => (_seen[(byte)type >> 6] & 1UL << ((byte)type & 63)) != 0;

    private void CheckMandatory(bool hasIpv4, ref DecodedUpdate result)
    {
        if (!Seen(AttributeType.Origin)) result.Withdraw(BgpError.Update(3, (byte)AttributeType.Origin));
        if (!Seen(AttributeType.AsPath)) result.Withdraw(BgpError.Update(3, (byte)AttributeType.AsPath));
        if (!hasIpv4) return;
        if (!Seen(AttributeType.NextHop)) result.Withdraw(BgpError.Update(3, (byte)AttributeType.NextHop));
    }

    private void Keep(AttributeFlags flags, AttributeType type, ValueSource source, int at, int length)
    {
        int i = _slotCount++;
        while (i > 0 && _slots[i - 1].Type > type)
        {
            _slots[i] = _slots[i - 1];
            i--;
        }

        _slots[i] = new AttributeSlot(flags, type, source, at, length);
    }
}
