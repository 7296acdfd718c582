using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Turns a route's attributes into those a neighbour gets (RFC 4271 section 5, RFC 4456, 5065, 6793, 7947, 9234).</summary>
internal static class ExportEncoder
{
    /// <summary>Whether routes of a source go to such neighbours at all, filters aside.</summary>
    public static bool MayExport(ExportProfile profile, PathSource source, PathAttributes attributes, bool longStale)
    {
        AttributePresence present = attributes.Present;
        if ((present & AttributePresence.NoAdvertise) != 0) return false;
        if (profile.Kind == PeerKind.External && (present & (AttributePresence.NoExport | AttributePresence.NoExportSubconfed)) != 0) return false;
        if (profile.Kind == PeerKind.ConfedExternal && (present & AttributePresence.NoExportSubconfed) != 0) return false;
        if (longStale && !profile.LongLived) return false;
        bool fromInternal = source is { IsLocal: false, IsExternal: false, IsConfedExternal: false };
        if (fromInternal && profile.Kind == PeerKind.Internal && !source.IsClient) return false;
        // RFC 9234 section 5: what came from a provider, peer or route server goes to customers alone.
        return (present & AttributePresence.OnlyToCustomer) == 0 || profile.Role is not (BgpRole.Customer or BgpRole.Peer or BgpRole.RouteServerClient);
    }

    /// <summary>Writes all attributes except MP_REACH_NLRI; NEXT_HOP too when <paramref name="inAttributes"/>. Returns the length.</summary>
    public static int Write(Span<byte> destination, ExportProfile profile, PathSource source, PathAttributes attributes, bool longStale, ReadOnlySpan<byte> nextHop, bool inAttributes)
    {
        bool toExternal = profile.Kind == PeerKind.External;
        bool reflected = source is { IsLocal: false, IsExternal: false, IsConfedExternal: false } && profile.Kind is PeerKind.Internal or PeerKind.Client;
        bool keepMed = !toExternal || profile.RouteServer || source.IsLocal;
        int at = 0;
        bool nextHopDone = !inAttributes, preferenceDone = toExternal || (attributes.Present & AttributePresence.LocalPref) != 0, originatorDone = !reflected, clusterDone = !reflected, otcDone = !AddsOtc(profile);
        bool staleDone = !longStale;
        var reader = new AttributeReader(attributes.Wire);
        while (reader.TryRead(out PathAttribute attribute))
        {
            AttributeType type = attribute.Type;
            if (!nextHopDone && type > AttributeType.NextHop) Put(destination, ref at, AttributeFlags.Transitive, AttributeType.NextHop, nextHop, ref nextHopDone);
            if (!preferenceDone && type > AttributeType.LocalPreference) PutDefaultPreference(destination, ref at, profile, ref preferenceDone);
            if (!originatorDone && type > AttributeType.OriginatorId) PutOriginator(destination, ref at, attributes, source, ref originatorDone);
            if (!clusterDone && type > AttributeType.ClusterList) PutCluster(destination, ref at, profile, [], ref clusterDone);
            if (!staleDone && type > AttributeType.Communities) PutStale(destination, ref at, [], ref staleDone);
            switch (type)
            {
                case AttributeType.AsPath:
                    at += AsPathExport.Write(destination[at..], profile, source, attribute.Value);
                    continue;
                case AttributeType.MultiExitDiscriminator when !keepMed:
                case AttributeType.Aigp when toExternal:
                case AttributeType.OriginatorId or AttributeType.ClusterList when toExternal || profile.Kind == PeerKind.ConfedExternal:
                    continue;
                case AttributeType.LocalPreference:
                    if (toExternal) continue;
                    break;
                case AttributeType.Aggregator when !profile.FourOctetAsn:
                    at += AsPathExport.WriteAggregator(destination[at..], attribute);
                    continue;
                case AttributeType.OriginatorId:
                    originatorDone = true;
                    break;
                case AttributeType.ClusterList when reflected:
                    PutCluster(destination, ref at, profile, attribute.Value, ref clusterDone);
                    continue;
                case AttributeType.Communities:
                    if ((profile.SendCommunities & CommunityKinds.Standard) == 0) continue;
                    if (longStale && !staleDone)
                    {
                        PutStale(destination, ref at, attribute.Value, ref staleDone);
                        continue;
                    }

                    break;
                case AttributeType.ExtendedCommunities:
                    if ((profile.SendCommunities & CommunityKinds.Extended) == 0) continue;
                    if (toExternal)
                    {
                        PutTransitive(destination, ref at, attribute);
                        continue;
                    }

                    break;
                case AttributeType.Ipv6ExtendedCommunities when (profile.SendCommunities & CommunityKinds.Extended) == 0:
                case AttributeType.LargeCommunities when (profile.SendCommunities & CommunityKinds.Large) == 0:
                    continue;
                case AttributeType.OnlyToCustomer:
                    otcDone = true;
                    break;
            }

            attribute.Raw.CopyTo(destination[at..]);
            at += attribute.Raw.Length;
        }

        if (!nextHopDone) Put(destination, ref at, AttributeFlags.Transitive, AttributeType.NextHop, nextHop, ref nextHopDone);
        if (!preferenceDone) PutDefaultPreference(destination, ref at, profile, ref preferenceDone);
        if (!staleDone) PutStale(destination, ref at, [], ref staleDone);
        if (!originatorDone) PutOriginator(destination, ref at, attributes, source, ref originatorDone);
        if (!clusterDone) PutCluster(destination, ref at, profile, [], ref clusterDone);
        if (!profile.FourOctetAsn) at += AsPathExport.WriteAs4(destination[at..], profile, source, attributes);
        if (!otcDone) PutNumber(destination, ref at, AttributeFlags.Optional | AttributeFlags.Transitive, AttributeType.OnlyToCustomer, profile.LocalAsn, ref otcDone);
        return at;
    }

    /// <summary>The next hop for a route; empty when the route cannot be sent because there is none of the family.</summary>
    public static ReadOnlySpan<byte> NextHop(ExportProfile profile, PathSource source, PathAttributes attributes)
    {
        ReadOnlySpan<byte> given = attributes.NextHopWire;
        bool self = profile.NextHop switch
        {
            NextHopMode.Self => true,
            NextHopMode.Keep => false,
            _ => !profile.RouteServer && profile.Kind == PeerKind.External && !source.IsLocal,
        };
        if (!self && !given.IsEmpty && Fits(profile, given))
        {
            // A link-local next hop means nothing beyond its link (RFC 2545 section 3).
            return given.Length == 32 ? given[..16] : given;
        }

        return profile.OwnNextHop.Span;
    }

    private static bool Fits(ExportProfile profile, ReadOnlySpan<byte> nextHop) => profile.Family.Afi == 2
        ? nextHop.Length is 16 or 32 && NextHopForm.IsGlobal(nextHop)
        : nextHop.Length == 4 || (profile.ExtendedNextHop && nextHop.Length is 16 or 32 && NextHopForm.IsGlobal(nextHop));

    private static bool AddsOtc(ExportProfile profile) =>
        profile.Kind == PeerKind.External && profile.Role is BgpRole.Provider or BgpRole.Peer or BgpRole.RouteServer;

    private static void Put(Span<byte> destination, ref int at, AttributeFlags flags, AttributeType type, ReadOnlySpan<byte> value, ref bool done)
    {
        done = true;
        at += AttributeWriter.Write(destination[at..], flags, type, value);
    }

    private static void PutNumber(Span<byte> destination, ref int at, AttributeFlags flags, AttributeType type, uint value, ref bool done)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, value);
        Put(destination, ref at, flags, type, octets, ref done);
    }

    private static void PutDefaultPreference(Span<byte> destination, ref int at, ExportProfile profile, ref bool done) =>
        PutNumber(destination, ref at, AttributeFlags.Transitive, AttributeType.LocalPreference, profile.DefaultLocalPreference, ref done);

    private static void PutOriginator(Span<byte> destination, ref int at, PathAttributes attributes, PathSource source, ref bool done)
    {
        if ((attributes.Present & AttributePresence.Originator) != 0)
        {
            done = true;
            return;
        }

        PutNumber(destination, ref at, AttributeFlags.Optional, AttributeType.OriginatorId, source.RouterId, ref done);
    }

    private static void PutCluster(Span<byte> destination, ref int at, ExportProfile profile, ReadOnlySpan<byte> list, ref bool done)
    {
        done = true;
        int header = AttributeWriter.WriteHeader(destination[at..], AttributeFlags.Optional, AttributeType.ClusterList, list.Length + 4);
        BinaryPrimitives.WriteUInt32BigEndian(destination[(at + header)..], profile.ClusterId);
        list.CopyTo(destination[(at + header + 4)..]);
        at += header + 4 + list.Length;
    }

    private static void PutStale(Span<byte> destination, ref int at, ReadOnlySpan<byte> communities, ref bool done)
    {
        done = true;
        bool there = AttributeValues.Contains(communities, Community.LlgrStale);
        int length = communities.Length + (there ? 0 : 4);
        int header = AttributeWriter.WriteHeader(destination[at..], AttributeFlags.Optional | AttributeFlags.Transitive, AttributeType.Communities, length);
        communities.CopyTo(destination[(at + header)..]);
        if (!there) BinaryPrimitives.WriteUInt32BigEndian(destination[(at + header + communities.Length)..], Community.LlgrStale.Value);
        at += header + length;
    }

    /// <summary>Extended communities that may leave the AS (RFC 4360 section 6).</summary>
    private static void PutTransitive(Span<byte> destination, ref int at, in PathAttribute attribute)
    {
        int kept = 0;
        for (int i = 0; i < attribute.Value.Length; i += 8)
        {
            if ((attribute.Value[i] & 0x40) == 0) kept += 8;
        }

        if (kept == 0) return;
        at += AttributeWriter.WriteHeader(destination[at..], attribute.Flags, attribute.Type, kept);
        for (int i = 0; i < attribute.Value.Length; i += 8)
        {
            if ((attribute.Value[i] & 0x40) != 0) continue;
            attribute.Value.Slice(i, 8).CopyTo(destination[at..]);
            at += 8;
        }
    }
}
