using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp;

// Best routes out: subscriptions and queries.
public sealed partial class BgpCore
{
    private readonly List<CoreSubscription> _subscriptions = [];

    /// <summary>Starts a stream of changes; it begins with everything there is.</summary>
    /// <param name="options">What is wanted; null: the defaults.</param>
    /// <returns>The subscription.</returns>
    public CoreSubscription Subscribe(RouteSubscriptionOptions? options = null)
    {
        var subscription = new CoreSubscription(this, options ?? new RouteSubscriptionOptions());
        _subscriptions.Add(subscription);
        return subscription;
    }

    /// <summary>Ends a subscription.</summary>
    /// <param name="subscription">Which.</param>
    public void Unsubscribe(CoreSubscription subscription)
    {
        if (_subscriptions.Remove(subscription)) subscription.Close();
    }

    /// <summary>The best route of a slot as a subscriber is told; null when there is nothing to tell.</summary>
    internal RouteChange? Describe(Rib rib, int slot, RouteSubscriptionOptions options)
    {
        int best = rib.Best(slot);
        if (best == 0) return null;
        RibPath path = rib.Paths[best];
        PathSource source = SourceOf(path.Source);
        if (source.IsLocal && !options.IncludeLocal) return null;
        PathAttributes attributes = _attributes[path.Attributes];
        if (options.Filter is { } filter)
        {
            var context = new RouteContext(FilterDirection.Subscription, rib.Family, rib.Prefix(slot), attributes, source.Party, null, rib.LocalRoute(slot, source), path.Preference);
            if (filter.Decide(ref context) != FilterVerdict.Accept) return null;
            attributes = context.Attributes;
        }

        return new RouteChange(RouteChangeKind.Add, rib.Family, rib.Prefix(slot).ToIPNetwork(), NextHops(rib, best, attributes, source), attributes, source.Party.Address);
    }

    private List<RouteNextHop> NextHops(Rib rib, int best, PathAttributes attributes, PathSource source)
    {
        var hops = new List<RouteNextHop>(1);
        AddNextHop(hops, attributes, source);
        if (Options.BestPath.MaximumPaths <= 1) return hops;
        for (int index = rib.Paths[best].Next; index != 0 && hops.Count < Options.BestPath.MaximumPaths; index = rib.Paths[index].Next)
        {
            if (_decision.IsEquallyGood(rib.Paths[best], rib.Paths[index]))
                AddNextHop(hops, _attributes[rib.Paths[index].Attributes], SourceOf(rib.Paths[index].Source));
        }

        // Shares count only when every path names one (link bandwidth, RFC 4360 type 0x40 or 0x00, subtype 4).
        if (hops.Exists(h => h.Weight == 0)) return hops.ConvertAll(h => h with { Weight = 1 });
        int smallest = hops.Min(h => h.Weight);
        return hops.ConvertAll(h => h with { Weight = Math.Clamp((int)Math.Round((double)h.Weight / smallest), 1, 255) });
    }

    private static void AddNextHop(List<RouteNextHop> hops, PathAttributes attributes, PathSource source)
    {
        IPAddress? address = attributes.NextHop;
        if (address is null) return;
        bool linkLocal = address.IsIPv6LinkLocal;
        if (linkLocal && source.Party.LocalAddress is { ScopeId: not 0 } local) address = new IPAddress(address.GetAddressBytes(), local.ScopeId);
        if (hops.Exists(h => h.Address.Equals(address))) return;
        hops.Add(new RouteNextHop(address, LinkBandwidth(attributes), linkLocal ? source.Interface : null));
    }

    private static int LinkBandwidth(PathAttributes attributes)
    {
        foreach (ExtendedCommunity community in attributes.ExtendedCommunities)
        {
            if (community is { SubType: 4, Type: 0x40 or 0x00 }) return (int)Math.Clamp(BitConverter.UInt32BitsToSingle((uint)community.Value) / 1000, 1, int.MaxValue);
        }

        return 0;
    }

    /// <summary>Routes of the Loc-RIB.</summary>
    /// <param name="query">Which; null: the best of every prefix.</param>
    /// <returns>Routes in no order.</returns>
    public IReadOnlyList<RibRoute> Routes(RibQuery? query = null)
    {
        query ??= new RibQuery();
        var found = new List<RibRoute>();
        if (!_ribs.TryGetValue(query.Family, out Rib? rib)) return found;
        ushort neighbor = 0;
        if (query.Neighbor is { } address)
        {
            if (!_neighbors.TryGetValue(Normalize(address), out Neighbor? known)) return found;
            neighbor = known.Source.Index;
        }

        foreach (int slot in Slots(rib, query))
        {
            int best = rib.Best(slot);
            for (int index = rib.Head(slot); index != 0; index = rib.Paths[index].Next)
            {
                if (!query.AllPaths && query.Neighbor is null && index != best) continue;
                if (neighbor != 0 && rib.Paths[index].Source != neighbor) continue;
                found.Add(Route(rib, slot, index, index == best));
                if (found.Count >= query.Limit) return found;
            }
        }

        return found;
    }

    /// <summary>What a neighbour has been sent: destinations of its Adj-RIB-Out with the routes of the Loc-RIB they stand for.</summary>
    /// <param name="neighbor">The neighbour's address.</param>
    /// <param name="family">The family.</param>
    /// <returns>Routes before export policy, in no order; empty while there is no session.</returns>
    public IReadOnlyList<RibRoute> Advertised(IPAddress neighbor, Family family)
    {
        var found = new List<RibRoute>();
        if (!_neighbors.TryGetValue(Normalize(neighbor), out Neighbor? known) || !known.Families.TryGetValue(family, out NeighborFamily? member) || member.Lane is not { } lane)
            return found;
        Rib rib = member.Rib;
        for (int slot = 1; slot < rib.SlotLimit; slot++)
        {
            int best = rib.Best(slot);
            if (best != 0 && lane.HasTold(slot) && lane.Told(slot) != member.SourceIndex) found.Add(Route(rib, slot, best, isBest: true));
        }

        return found;
    }

    private RibRoute Route(Rib rib, int slot, int index, bool isBest)
    {
        RibPath path = rib.Paths[index];
        RouteParty party = SourceOf(path.Source).Party;
        return new RibRoute(rib.Family, rib.Prefix(slot).ToIPNetwork(), path.PathId, _attributes[path.Attributes], party.Address, isBest, (path.Flags & PathFlags.Stale) != 0);
    }

    private static IEnumerable<int> Slots(Rib rib, RibQuery query)
    {
        if (query.Prefix is not { } network)
        {
            for (int slot = 1; slot < rib.SlotLimit; slot++)
            {
                if (rib.Head(slot) != 0) yield return slot;
            }

            yield break;
        }

        IpPrefix prefix = IpPrefix.From(network);
        switch (query.Match)
        {
            case RibMatch.Exact:
                int exact = rib.Find(prefix);
                if (exact != 0 && rib.Head(exact) != 0) yield return exact;
                break;
            case RibMatch.Longest:
                for (int length = prefix.Length; length >= 0; length--)
                {
                    int slot = rib.Find(prefix.Truncate(length));
                    if (slot == 0 || rib.Head(slot) == 0) continue;
                    yield return slot;
                    break;
                }

                break;
            default:
                for (int slot = 1; slot < rib.SlotLimit; slot++)
                {
                    if (rib.Head(slot) != 0 && prefix.Contains(rib.Prefix(slot))) yield return slot;
                }

                break;
        }
    }
}
