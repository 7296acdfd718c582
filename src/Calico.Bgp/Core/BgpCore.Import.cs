using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp;

// From a decoded UPDATE into the table: is the route usable (RFC 4271 section 9.1.2, RFC 4456, 9234), and does policy want it?
public sealed partial class BgpCore
{
    private readonly PolicyGate _gate = new();

    internal void UpdateReceived(Session session, in DecodedUpdate update)
    {
        bool withdrawAll = update.Treatment >= ErrorTreatment.TreatAsWithdraw;
        if ((!update.Withdrawn.IsEmpty || !update.Nlri.IsEmpty) && session.Families.Contains(Family.Ipv4Unicast))
        {
            NeighborFamily family = session.Neighbor.FamilyOf(Family.Ipv4Unicast);
            if (!update.Withdrawn.IsEmpty) Withdraw(family, update.Withdrawn);
            if (!update.Nlri.IsEmpty)
            {
                if (withdrawAll) Withdraw(family, update.Nlri);
                else Import(session, family, update.Nlri, update.NextHop, update);
            }
        }

        if (session.IsClosed) return;
        if (!update.UnreachNlri.IsEmpty) Withdraw(session.Neighbor.FamilyOf(update.UnreachFamily), update.UnreachNlri);
        if (!update.ReachNlri.IsEmpty)
        {
            NeighborFamily family = session.Neighbor.FamilyOf(update.ReachFamily);
            if (withdrawAll) Withdraw(family, update.ReachNlri);
            else Import(session, family, update.ReachNlri, update.ReachNextHop, update);
        }

        if (update.EndOfRib is { } ended && session.Families.Contains(ended)) EndOfRib(session, session.Neighbor.FamilyOf(ended));
    }

    private static void Withdraw(NeighborFamily family, ReadOnlySpan<byte> field)
    {
        family.Accepted -= family.Rib.Withdraw(field, family.AddPathReceive, family.SourceIndex);
        if (family.AdjRibIn is { } kept) ForEach(family, field, (prefix, pathId) => kept.Remove((prefix, pathId)));
    }

    private static void ForEach(NeighborFamily family, ReadOnlySpan<byte> field, Action<IpPrefix, uint> act)
    {
        var reader = new NlriReader(family.Rib.Family, field, family.AddPathReceive);
        while (reader.TryRead(out Nlri nlri))
        {
            if (NlriForm.TryGetPrefix(nlri.Family, nlri.Octets, out IpPrefix prefix)) act(prefix, nlri.PathId);
        }
    }

    private void Import(Session session, NeighborFamily family, ReadOnlySpan<byte> field, ReadOnlySpan<byte> nextHop, in DecodedUpdate update)
    {
        ReadOnlySpan<byte> octets = update.Octets(nextHop, out int length);
        PathAttributes? last = session.LastAttributes;
        PathAttributes attributes = last is { Id: not 0 } && last.Wire.Length == length && last.Octets.SequenceEqual(octets)
            ? last : Intern(_attributes.Intern(octets, length));
        session.LastAttributes = attributes;
        if (family.AdjRibIn is { } kept) ForEach(family, field, (prefix, pathId) => kept[(prefix, pathId)] = attributes);
        Import(session, family, field, attributes);
        _attributes.ReleaseIfUnused(attributes);
    }

    private void Import(Session session, NeighborFamily family, ReadOnlySpan<byte> field, PathAttributes received)
    {
        NeighborOptions options = session.Neighbor.Options;
        PathAttributes attributes = received;
        if (!IsUsable(session, attributes) || (options.Import is null && session.Neighbor.Source.IsExternal && Options.EbgpRequiresPolicy))
        {
            session.Neighbor.Rejected++;
            family.Accepted -= family.Rib.Withdraw(field, family.AddPathReceive, family.SourceIndex);
            return;
        }

        attributes = Adjust(session, attributes);
        if (options.Import is null || ReferenceEquals(options.Import, RouteFilter.AcceptAll))
        {
            family.Accepted += family.Rib.Announce(field, family.AddPathReceive, family.SourceIndex, attributes, 100);
        }
        else
        {
            _gate.Prepare(this, session.Neighbor, family.Rib.Family, options.Import);
            family.Accepted += family.Rib.Announce(field, family.AddPathReceive, family.SourceIndex, attributes, _gate);
        }

        if (!ReferenceEquals(attributes, received)) _attributes.ReleaseIfUnused(attributes);
        if (options.MaxPrefixes is int limit && family.Accepted > limit) TooManyPrefixes(session, family, limit);
    }

    /// <summary>An interned set with its next hop looked up.</summary>
    private PathAttributes Intern(PathAttributes attributes)
    {
        if (attributes.References == 0) Resolve(attributes);
        return attributes;
    }

    private void Resolve(PathAttributes attributes)
    {
        attributes.Metric = 0;
        attributes.Unreachable = false;
        if (Options.NextHopResolver is not { } resolver || attributes.NextHop is not { } nextHop) return;
        attributes.Unreachable = !resolver.TryResolve(nextHop, out uint metric);
        attributes.Metric = metric;
    }

    private bool IsUsable(Session session, PathAttributes attributes)
    {
        PathSource source = session.Neighbor.Source;
        if (!NextHopIsUsable(attributes.NextHopWire, session)) return false;
        ReadOnlySpan<byte> path = attributes.AsPathOctets;
        int allowed = session.Neighbor.Options.AllowOwnAs;
        uint own = LocalAsnFor(session.Neighbor).Value;
        if (AsPathWire.Count(path, own) > allowed) return false;
        if (own != Options.Asn.Value && AsPathWire.Count(path, Options.Asn.Value) > allowed) return false;
        if (Options.Confederation is { } confederation && AsPathWire.Count(path, confederation.Identifier.Value) > allowed) return false;
        if (!source.IsExternal)
        {
            if ((attributes.Present & AttributePresence.Originator) != 0 && attributes.Originator == RouterId) return false;
            if (attributes.ClusterCount > 0 && attributes.TryGet(AttributeType.ClusterList, out _, out ReadOnlySpan<byte> clusters)
                && AttributeValues.Contains(clusters, new Community(ClusterId))) return false;
            return true;
        }

        if ((attributes.Present & AttributePresence.OnlyToCustomer) == 0) return true;
        return session.Neighbor.Options.Role switch
        {
            BgpRole.Provider or BgpRole.RouteServer => false,
            BgpRole.Peer => attributes.OnlyToCustomer == session.RemoteAsn,
            _ => true,
        };
    }

    private static bool NextHopIsUsable(ReadOnlySpan<byte> nextHop, Session session)
    {
        if (nextHop.Length is 0) return false;
        Span<byte> own = stackalloc byte[16];
        IPAddress local = session.Connection.LocalEndPoint.Address;
        if (local.IsIPv4MappedToIPv6) local = local.MapToIPv4();
        local.TryWriteBytes(own, out int ownLength);
        if (nextHop.Length == 4) return nextHop[0] is not (0 or 127) && nextHop[0] < 224 && !(ownLength == 4 && nextHop.SequenceEqual(own[..4]));
        ReadOnlySpan<byte> first = nextHop[..Math.Min(16, nextHop.Length)];
        if (nextHop.Length == 32 && first.IndexOfAnyExcept((byte)0) < 0) first = nextHop[16..];
        bool isUnspecified = first.IndexOfAnyExcept((byte)0) < 0;
        bool isLoopback = first.Length == 16 && first[..15].IndexOfAnyExcept((byte)0) < 0 && first[15] == 1;
        return !isUnspecified && !isLoopback && first[0] != 0xFF && !(ownLength == 16 && first.SequenceEqual(own));
    }

    /// <summary>Communities that are not accepted go; OTC is added where it is due.</summary>
    private PathAttributes Adjust(Session session, PathAttributes attributes)
    {
        NeighborOptions options = session.Neighbor.Options;
        bool strip = options.AcceptCommunities != CommunityKinds.All
            && (attributes.Present & (AttributePresence.Communities | AttributePresence.OtherCommunities)) != 0;
        bool mark = session.Neighbor.Source.IsExternal && options.Role is BgpRole.Customer or BgpRole.Peer or BgpRole.RouteServerClient
            && (attributes.Present & AttributePresence.OnlyToCustomer) == 0;
        if (!strip && !mark) return attributes;
        var builder = new PathAttributesBuilder(attributes);
        if ((options.AcceptCommunities & CommunityKinds.Standard) == 0) builder.Remove(AttributeType.Communities);
        if ((options.AcceptCommunities & CommunityKinds.Extended) == 0) builder.Remove(AttributeType.ExtendedCommunities).Remove(AttributeType.Ipv6ExtendedCommunities);
        if ((options.AcceptCommunities & CommunityKinds.Large) == 0) builder.Remove(AttributeType.LargeCommunities);
        if (mark)
        {
            Span<byte> asn = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(asn, session.RemoteAsn.Value);
            builder.Set(AttributeType.OnlyToCustomer, AttributeFlags.Optional | AttributeFlags.Transitive, asn);
        }

        return Intern(_attributes.Intern(builder.Build()));
    }

    private void TooManyPrefixes(Session session, NeighborFamily family, int limit)
    {
        Span<byte> data = stackalloc byte[7];
        BinaryPrimitives.WriteUInt16BigEndian(data, family.Rib.Family.Afi);
        data[2] = family.Rib.Family.Safi;
        BinaryPrimitives.WriteInt32BigEndian(data[3..], limit);
        Neighbor neighbor = session.Neighbor;
        neighbor.IsHeldDown = true;
        Log.TooManyPrefixes(neighbor.Options.DisplayName, family.Rib.Family, limit);
        session.Fire(BgpEvent.AutomaticStop, new BgpError(BgpErrorCode.Cease, CeaseSubcode.MaximumPrefixes, data.ToArray()));
        if (neighbor.Options.MaxPrefixRestart is not { } delay) return;
        Timers.Create(() =>
        {
            neighbor.IsHeldDown = false;
            StartNeighbor(neighbor, first: true);
        }).Start(delay);
    }

    /// <summary>Runs an import filter for each prefix, or once for all when it does not look at the prefix.</summary>
    private sealed class PolicyGate : ImportGate
    {
        private BgpCore _core = null!;
        private Neighbor _neighbor = null!;
        private RouteFilter _filter = null!;
        private Family _family;
        private PathAttributes? _decidedFor;
        private PathAttributes? _decided;
        private ushort _decidedPreference;

        public void Prepare(BgpCore core, Neighbor neighbor, Family family, RouteFilter filter)
        {
            (_core, _neighbor, _family, _filter) = (core, neighbor, family, filter);
            _decidedFor = null;
        }

        public override bool Admit(in IpPrefix prefix, ref PathAttributes attributes, ref ushort preference)
        {
            if (!_filter.DependsOnPrefix && ReferenceEquals(_decidedFor, attributes))
            {
                preference = _decidedPreference;
                attributes = _decided ?? attributes;
                if (_decided is null) _neighbor.Rejected++;
                return _decided is not null;
            }

            _decidedFor = attributes;
            var context = new RouteContext(FilterDirection.Import, _family, prefix, attributes, _neighbor.Source.Party, null, null, preference);
            if (_filter.Decide(ref context) != FilterVerdict.Accept)
            {
                _decided = null;
                _neighbor.Rejected++;
                return false;
            }

            preference = _decidedPreference = context.Preference;
            PathAttributes edited = context.Attributes;
            if (!ReferenceEquals(edited, attributes)) edited = _core.Intern(_core._attributes.Intern(edited));
            _decided = attributes = edited;
            return true;
        }
    }
}
